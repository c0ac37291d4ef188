import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SCENARIOS, type Scenario, type ScenarioName } from '../../contract/scenarios.ts';
import { mixOf, type ScenarioContext, type ScenarioDefinition } from '../index.ts';
import { wire } from '../runtime/wire.ts';
import { named, openPages, show, visited } from '../stubs/browser.ts';
import { StubClinic } from '../stubs/clinic.ts';
import { iterate } from '../stubs/execution.ts';
import { script, sent } from '../stubs/http.ts';
import { checks, slept_s } from '../stubs/k6.ts';
import { counted, sampled } from '../stubs/metrics.ts';
import { greetWith, opened } from '../stubs/websockets.ts';

vi.stubGlobal('__ENV', { BASE_URL: 'http://127.0.0.1:1/', LOADSTAR_SUMMARY_FILE: '/tmp/summary.json' });

const failed = () => [...checks].filter(([, results]) => results.includes(false)).map(([name]) => name);
const load = async (name: ScenarioName): Promise<ScenarioDefinition> =>
  (await import(`../scenarios/${name}.ts`)).default;
/** Enough for every branch that has one chance in ten. */
const ROUNDS = 150;
/** Enough for a branch that has nine chances in ten. */
const SOME_ROUNDS = 12;

async function walk(name: ScenarioName, rounds = 1): Promise<void> {
  const { run } = wire(name, await load(name));
  for (let round = 0; round < rounds; round += 1) {
    iterate();
    await run(undefined);
  }
}

beforeEach(() => {
  checks.clear();
  counted.clear();
  sampled.clear();
  slept_s.length = 0;
  script(new StubClinic().answer);
  greetWith({ type: 'ready' });
});

const over_http = (Object.keys(SCENARIOS) as ScenarioName[]).filter((name) => name !== 'page-load');

describe.each(over_http)('%s', (name) => {
  const scenario: Scenario = SCENARIOS[name];

  it('passes every check on a healthy clinic, and makes just the requests of the catalogue', async () => {
    await walk(name, ROUNDS);
    expect(failed()).toEqual([]);
    const names = new Set([...sent.map(({ params }) => params.tags.name), ...opened.map(({ tags }) => tags.name)]);
    expect([...names].sort()).toEqual([...scenario.requests].sort());
    expect(slept_s.length).toBeGreaterThan(0);
  });

  it('gives back what it took: sessions, appointments, orders and files', async () => {
    const clinic = new StubClinic();
    script(clinic.answer);
    await walk(name, ROUNDS);
    expect(clinic.leftovers()).toEqual({ sessions: 0, appointments: 0, carts: 0, files: 0 });
  });

  it.each([
    ['an error without a body', { status: 500 }],
    ['an error that says so in JSON', { status: 503, body: { error: 'injected fault' } }],
  ])('fails checks, and does not throw, when every answer is %s', async (_what, error) => {
    script(() => error);
    greetWith(null);
    await expect(walk(name)).resolves.toBeUndefined();
    expect(failed().length).toBeGreaterThan(0);
  });

  it.each(scenario.requests)('fails checks, and does not throw, when %s alone fails', async (request) => {
    const { answer: healthy } = new StubClinic();
    const error = { status: 503, body: { error: 'injected fault' } };
    script((it) => (it.params.tags.name === request ? error : healthy(it)));
    if (request === 'GET /api/slots/live') greetWith(null);
    await expect(walk(name, name === 'mixed-traffic' ? ROUNDS : SOME_ROUNDS)).resolves.toBeUndefined();
    expect(failed().length).toBeGreaterThan(0);
  });
});

describe('a slot that somebody else takes first', () => {
  const conflicting = (request: string) => {
    const { answer: healthy } = new StubClinic();
    script((it) => (it.params.tags.name === request ? { status: 409 } : healthy(it)));
  };

  it('is an outcome of booking: counted, tried again, and given up after three', async () => {
    conflicting('POST /api/appointments');
    await walk('appointment-booking');
    expect(counted.get('booking_conflicts')).toBe(3);
    expect(failed()).toEqual([]);
    expect(sent.some(({ method }) => method === 'DELETE')).toBe(false);
  });

  it('leaves an appointment that was to be moved where it was', async () => {
    conflicting('PATCH /api/appointments/:id');
    await walk('appointment-reschedule');
    expect(counted.get('booking_conflicts')).toBe(3);
    expect(failed()).toEqual([]);
    expect(sent.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });
});

describe('user-login', () => {
  it('calls what it provokes expected: wrong passwords, being held off, tokens that are good no longer', async () => {
    const expected = new Set<number>();
    const { answer: healthy } = new StubClinic();
    script((it) => {
      const answer = healthy(it);
      const { statuses } = (it.params as unknown as { responseCallback: { statuses: unknown[] } }).responseCallback;
      if (answer.status >= 400 && statuses.includes(answer.status)) expected.add(answer.status);
      else expect(answer.status).toBeLessThan(400);
      return answer;
    });
    await walk('user-login', ROUNDS);
    expect([...expected].sort()).toEqual([401, 429]);
  });
});

describe('slot-notifications', () => {
  it('measures from the confirmation to the update', async () => {
    await walk('slot-notifications');
    expect(sampled.get('slot_update_delay')).toHaveLength(1);
    expect(opened[0]?.url).toBe('ws://127.0.0.1:1/api/slots/live?service=a');
  });

  it('fails checks when updates do not come, and cancels all the same', async () => {
    const clinic = new StubClinic({ silent: true });
    script(clinic.answer);
    await walk('slot-notifications');
    expect(failed()).toEqual(['live: the slot is shown as taken', 'live: the slot is shown as free again']);
    expect(sampled.size).toBe(0);
    expect(clinic.leftovers()).toMatchObject({ sessions: 0, appointments: 0 });
  });
});

describe('a mix', () => {
  it('runs each scenario as often as its weight says, in short runs too', () => {
    const weighted = Object.entries<Scenario>(SCENARIOS).filter(([, { weight }]) => weight);
    const total = weighted.reduce((sum, [, { weight = 0 }]) => sum + weight, 0);
    for (const iterations of [50, 1_000]) {
      const times = new Map<string, number>();
      const count = (name: string) => void times.set(name, (times.get(name) ?? 0) + 1);
      const { run } = mixOf(weighted.map(([name, entry]) => ({ ...entry, run: () => count(name) })));
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        iterate();
        run({} as ScenarioContext, []);
      }
      for (const [name, { weight = 0 }] of weighted) {
        expect(Math.abs((times.get(name) ?? 0) - (iterations * weight) / total)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('gives each scenario what its own setup has returned', async () => {
    const got: unknown[] = [];
    const part = (title: string, setup?: () => unknown): ScenarioDefinition => ({
      ...{ title, journey: 'j', requests: [], slos: [], weight: 1 },
      ...(setup ? { setup } : {}),
      run: (_, data) => void got.push([title, data]),
      teardown: (_, data) => void got.push([`${title} ends`, data]),
    });
    const mix = mixOf([part('a', () => 1), part('b'), part('c', async () => 3)]);
    const data = (await mix.setup?.({} as ScenarioContext)) ?? [];
    for (let iteration = 0; iteration < 6; iteration += 1) {
      iterate();
      mix.run({} as ScenarioContext, data);
    }
    expect(new Set(got.map((it) => JSON.stringify(it)))).toEqual(new Set(['["a",1]', '["b",null]', '["c",3]']));
    got.length = 0;
    mix.teardown?.({} as ScenarioContext, data);
    expect(got).toEqual([
      ['a ends', 1],
      ['b ends', undefined],
      ['c ends', 3],
    ]);
  });
});

describe('page-load', () => {
  const texts = {
    '#services button': 'Dental check-up',
    '#services li:first-child button': 'Dental check-up',
    '#slots li:first-child': 'Tomorrow, Dr Adler',
    '#chosen': 'Dental check-up',
  };

  it('passes its checks on the page, names what it asks for, and closes it', async () => {
    show({ status: 200, title: 'Loadstar demo clinic', texts });
    await walk('page-load');
    expect(failed()).toEqual([]);
    expect(visited).toEqual(['http://127.0.0.1:1/']);
    expect(named.map(({ name }) => name).sort()).toEqual([...SCENARIOS['page-load'].requests].sort());
    for (const { name, url } of named) {
      const path = name.replace('GET ', '');
      expect(named.filter((it) => it.url.test(`http://127.0.0.1:1${path}`)).map((it) => it.name)).toEqual([name]);
      expect(url.test('http://127.0.0.1:1/other')).toBe(false);
    }
    expect(openPages()).toBe(0);
  });

  it('fails checks on an empty page, and closes it too', async () => {
    show({ status: 500, title: '', texts: {} });
    await walk('page-load');
    expect(failed()).toEqual(['page: status is 200', 'page: has its title', 'page: shows services']);
    expect(openPages()).toBe(0);
  });

  it('fails a check where the slots do not come', async () => {
    const { '#slots li:first-child': _, ...rest } = texts;
    show({ status: 200, title: 'Loadstar demo clinic', texts: rest });
    await walk('page-load');
    expect(failed()).toEqual(['page: shows its free slots']);
    expect(openPages()).toBe(0);
  });

  it('runs in Chromium, with fewer users than other scenarios', async () => {
    const { options } = wire('page-load', await load('page-load'));
    const scenario = options.scenarios?.['page-load'];
    expect(scenario).toMatchObject({ options: { browser: { type: 'chromium' } } });
    const { stages } = scenario as unknown as { stages: { target: number }[] };
    expect(Math.max(...stages.map(({ target }) => target))).toBe(1);
    expect(options.systemTags).toContain('url');
  });
});
