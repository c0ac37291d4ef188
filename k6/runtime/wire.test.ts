import { describe, expect, it, vi } from 'vitest';
import { script, sent } from '../stubs/http.ts';
import { defineScenario } from './scenario.ts';
import { wire } from './wire.ts';

const scenario = defineScenario({
  title: 'T',
  journey: 'J',
  requests: ['GET /a'],
  slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }],
  setup: ({ user }) => ({ first: user().email }),
  run: ({ client, user }, { first }) => {
    client.request({ method: 'GET', route: '/a', query: { first: first ?? '', me: user().email ?? '' } });
  },
});

function wired(env: Record<string, string>, definition = scenario) {
  vi.stubGlobal('__ENV', { BASE_URL: 'http://127.0.0.1:1/', LOADSTAR_SUMMARY_FILE: '/tmp/summary.json', ...env });
  vi.stubGlobal('open', () => JSON.stringify([{ email: 'ann' }, { email: 'bob' }]));
  return wire('browse', definition);
}

describe('a scenario in k6', () => {
  it('runs with its client, a user, and what setup handed on', () => {
    script(() => ({ status: 200 }));
    const { run, setup, options } = wired({ LOADSTAR_USERS_FILE: '/users.json' });
    run(setup() as { first: string });
    expect(sent.map(({ url }) => url)).toEqual(['http://127.0.0.1:1/a?first=ann&me=ann']);
    expect(Object.keys(options.scenarios ?? {})).toEqual(['browse']);
  });

  it('is held to the SLOs of the run, or else its own', () => {
    expect(wired({}).options.thresholds).toEqual({ http_req_duration: ['p(95)<=500'] });
    const slos = JSON.stringify([{ indicator: 'p95_ms', limit: 7, reason: 'r' }]);
    expect(wired({ LOADSTAR_SLOS: slos }).options.thresholds).toEqual({ http_req_duration: ['p(95)<=7'] });
  });

  it('takes from `options` of its file what the profile does not say', () => {
    wired({});
    const own = {
      vus: 9,
      duration: '1h',
      userAgent: 'ours',
      thresholds: { http_req_duration: ['max<9'], mine: ['count>1'] },
    };
    const { options } = wire('browse', scenario, own);
    expect(options).toMatchObject({
      userAgent: 'ours',
      thresholds: { http_req_duration: ['p(95)<=500', 'max<9'], mine: ['count>1'] },
    });
    expect(options).not.toHaveProperty('vus');
    expect(options).not.toHaveProperty('duration');
  });

  it('has the share of users that it says, and no browser of its own accord', () => {
    const executor = (users_factor: number) =>
      wired({}, { ...scenario, users_factor }).options.scenarios?.browse as { stages?: { target: number }[] };
    const peak = ({ stages = [] }: ReturnType<typeof executor>) => Math.max(...stages.map(({ target }) => target));
    expect(peak(executor(1))).toBe(5);
    expect(peak(executor(0.4))).toBe(2);
    expect(executor(1)).not.toHaveProperty('options');
  });

  it('says what to do where it asks for a user and there are none', () => {
    expect(() => wired({}).setup()).toThrow('`users` in loadstar.config.ts');
  });

  it('keeps what setup returned out of the results: it may be a token', () => {
    const written = wired({}).handleSummary({ metrics: {}, setup_data: { token: 't' } });
    expect(written).toEqual({ '/tmp/summary.json': '{"metrics":{}}' });
  });
});

describe('a form', () => {
  it('is sent as one', () => {
    script(() => ({ status: 200 }));
    const { run } = wire('form', {
      ...scenario,
      run: ({ client }) => void client.request({ method: 'POST', route: '/login', form: { user: 'a b', pass: 'ü&' } }),
    });
    run({ first: '' });
    expect(sent[0]).toMatchObject({ body: 'user=a%20b&pass=%C3%BC%26' });
    expect(sent[0]?.params.headers['Content-Type']).toBe('application/x-www-form-urlencoded');
  });
});
