import { describe, expect, it } from 'vitest';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { Comparison, Completeness, GeneratorsResult, SloResult, StepResult } from '../../contract/results.ts';
import type { ComparisonVerdict } from '../../contract/runs.ts';
import type { Slo } from '../../contract/slo.ts';
import { sloState } from '../../contract/slo-text.ts';
import type { K6Outcome } from '../k6-process/k6-run.ts';
import { failWithoutAnswers, sloResults } from './slo-results.ts';
import { k6Totals, toHeadline } from './summary.ts';
import { decideVerdict, type VerdictFacts } from './verdict.ts';

const summary: K6Summary = { metrics: {}, state: { testRunDurationMs: 1 } };
const k6 = (outcome: Partial<K6Outcome>): K6Outcome => ({
  exit_code: 0,
  summary,
  exceptions: 0,
  errors: [],
  ...outcome,
});
const complete: Completeness = { state: 'complete', samples_sent: 1, samples_stored: 1, tolerance: 0, rows: [] };
const slo: SloResult = { indicator: 'p95_ms', request: null, metric: null, limit: 500, value: 100, ok: true };
const held: StepResult = {
  started: '2026-11-24T12:00:00.000Z',
  offered_per_s: 10,
  throughput_rps: 10,
  users: 10,
  dropped_iterations: 0,
  generator_delay_ms: 0,
  state: 'passed',
  slos: [slo],
};
const broken: SloResult = { ...slo, value: 612, ok: false };
const facts = (change: Partial<VerdictFacts>): VerdictFacts => ({
  interrupted: false,
  k6: k6({}),
  requests: 10,
  slos: [slo],
  completeness: complete,
  comparison: null,
  ...change,
});

const comparison = (judged: ComparisonVerdict): Comparison => ({
  verdict: judged,
  sentence: 'p95 is 30 % above the baseline.',
  baseline: { kind: 'rolling', runs: 8, testid: 'a', branch: null },
  metrics: [],
});
const regressed = { comparison: comparison('regressed') };

describe('verdict', () => {
  it('names the ten worst of many failed SLOs, the worst first, and how many there are beside them', () => {
    const rate: SloResult = { ...slo, indicator: 'throughput_rps', limit: 10, value: 1, ok: false };
    const slos = Array.from({ length: 12 }, (_, place) => ({
      ...broken,
      request: `GET /${place}`,
      value: 501 + place,
    }));
    const { sentence } = decideVerdict(facts({ slos: [...slos, slo, rate] }));
    expect(sentence).toMatch(/^throughput [^,]+, p95 [^,]*GET \/11[^,]*, p95 [^,]*GET \/10/);
    expect(sentence).toMatch(/GET \/3[^,]*, and 3 more SLOs failed: see the report$/);
    expect(decideVerdict(facts({ slos: slos.slice(0, 10) })).sentence).not.toContain('more');
  });

  it.each([
    ['all well', {}, 'passed', 0],
    ['an SLO broken', { slos: [broken], k6: k6({ exit_code: 99 }) }, 'failed', 99],
    ['an SLO broken that k6 let pass, on nothing', { slos: [{ ...slo, value: null, ok: false }] }, 'failed', 99],
    ['a threshold of the script itself', { k6: k6({ exit_code: 99 }) }, 'failed', 99],
    ['no request at all', { requests: 0 }, 'failed', 99],
    ['interrupted by us', { interrupted: true, k6: k6({ exit_code: 105 }) }, 'interrupted', 130],
    ['k6 stopped by somebody else', { k6: k6({ exit_code: 105 }) }, 'broken', 4],
    ['k6 killed', { k6: k6({ exit_code: null, summary: null }) }, 'broken', 4],
    ['a script exception at start', { k6: k6({ exit_code: 107, summary: null, errors: ['boom'] }) }, 'broken', 4],
    ['data lost', { completeness: { ...complete, state: 'incomplete' } }, 'incomplete', 5],
    ['data lost within tolerance', { completeness: { ...complete, state: 'tolerated' } }, 'passed', 0],
    ['a regression', regressed, 'passed', 3],
    ['a suspicion', { comparison: comparison('suspected') }, 'passed', 0],
    ['an improvement', { comparison: comparison('improved') }, 'passed', 0],
    ['too few runs to say', { comparison: comparison('not enough runs') }, 'passed', 0],
    ['a regression and an SLO broken', { ...regressed, slos: [broken] }, 'failed', 99],
    [
      'a regression and data lost',
      { ...regressed, completeness: { ...complete, state: 'incomplete' } },
      'incomplete',
      5,
    ],
    ['InfluxDB gone', { completeness: { ...complete, state: 'unknown' } }, 'broken', 4],
  ] as const)('%s', (_, change, status, exit_code) => {
    expect(decideVerdict(facts(change))).toMatchObject({ status, exit_code });
  });

  it('names the load generator where its own delay can explain a failed SLO', () => {
    const explained: SloResult = { ...broken, generator_effect: 147.2 };
    const { sentence, exit_code } = decideVerdict(facts({ slos: [explained], k6: k6({ exit_code: 99 }) }));
    expect(exit_code).toBe(99);
    expect(sentence).toBe("p95 ≤ 500 ms is 612 ms (the load generator's own delay can explain up to 147 ms of it)");
  });

  it.each([
    ['found', { end: 'slo', steps: [held] }, 105, 'passed', 0],
    ['of the generator alone', { end: 'generator', steps: [held] }, 105, 'passed', 0],
    ['not reached', { end: 'none', steps: [held] }, 0, 'passed', 0],
    ['below the first step', { end: 'slo', steps: [] }, 105, 'failed', 99],
    ['unknown, InfluxDB being silent', { end: 'unreadable', steps: [held] }, 105, 'broken', 4],
    ['unknown, somebody else having stopped k6', { end: 'cut', steps: [held] }, 105, 'broken', 4],
  ] as const)('a limit %s', (_, limit, exit_code, status, expected) => {
    const found = { capacity_rps: null, capacity_users: null, ...limit, steps: [...limit.steps] };
    const judged = decideVerdict(facts({ k6: k6({ exit_code }), slos: [broken], limit: found }));
    expect(judged).toMatchObject({ status, exit_code: expected });
    // Said once, and by the steps.
    expect(judged.sentence).not.toContain('612');
  });

  it('keeps the documented order of exit codes, and says every reason', () => {
    const both = { slos: [broken], completeness: { ...complete, state: 'incomplete' } } as const;
    const judged = decideVerdict(facts(both));
    expect(judged.exit_code).toBe(99);
    expect(judged.sentence).toBe('p95 ≤ 500 ms is 612 ms; data incomplete: 0 metrics differ between k6 and InfluxDB');
    expect(decideVerdict(facts({ ...both, interrupted: true })).exit_code).toBe(130);
  });

  it('says in the words of InfluxDB why data is incomplete', () => {
    const conflict =
      'field type conflict: input field "value" on measurement "orders" is type float, already exists as type integer';
    const row = { metric: 'orders', quantity: 'sum', sent: 5, stored: 0, ok: false };
    const judged = decideVerdict(
      facts({
        completeness: { ...complete, state: 'incomplete', rows: [row] },
        refusal: `failure writing points to database: partial write: ${conflict} dropped=5`,
      }),
    );
    expect(judged).toMatchObject({ status: 'incomplete', exit_code: 5 });
    expect(judged.sentence).toBe(
      `data incomplete: 1 metric differs between k6 and InfluxDB, which refused points: ${conflict}`,
    );
  });

  it('says the regression, also where something else decides', () => {
    expect(decideVerdict(facts(regressed)).sentence).toBe('p95 is 30 % above the baseline');
    const both = decideVerdict(facts({ ...regressed, slos: [broken] }));
    expect(both.sentence).toBe('p95 ≤ 500 ms is 612 ms; p95 is 30 % above the baseline');
  });

  const whole: GeneratorsResult = { expected: 2, ended: ['a', 'b'], lost: [] };
  const torn: GeneratorsResult = { expected: 3, ended: ['a'], lost: ['b'] };
  const differing = { ...complete, state: 'incomplete' } as const;
  it.each([
    ['all of them whole', { generators: whole }, 'passed', 0],
    ['one lost, one never seen', { generators: torn, completeness: differing }, 'incomplete', 5],
    ['nothing known of any', { generators: { ...torn, ended: [] }, requests: 0 }, 'incomplete', 5],
    ['one more than there should be', { generators: { ...whole, expected: 1 } }, 'incomplete', 5],
    ['one lost, and an SLO broken', { generators: torn, slos: [broken] }, 'failed', 99],
    ['whole, and not a request', { generators: whole, requests: 0 }, 'failed', 99],
    [
      'InfluxDB gone',
      { generators: torn, k6: k6({ summary: null }), completeness: { ...complete, state: 'unknown' } },
      'broken',
      4,
    ],
  ] satisfies [string, Partial<VerdictFacts>, string, number][])(
    'several generators, %s',
    (_, change, status, exit_code) => {
      expect(decideVerdict(facts(change))).toMatchObject({ status, exit_code });
    },
  );

  it('says which generators are missing, and not beside it that their totals differ', () => {
    expect(decideVerdict(facts({ generators: torn, completeness: differing })).sentence).toBe(
      '1 of 3 generators came to their end; InfluxDB has no end of b, so what was sent is not known; 1 never wrote anything',
    );
  });

  it('says when a generator was lost, and of many the first names', () => {
    const names = Array.from({ length: 12 }, (_, index) => `pod-${index}`);
    const each = names.map((instance) => ({
      instance,
      state: 'lost' as const,
      last_sign: '2026-11-30T12:00:35.000Z',
      load: null,
      requests: 0,
      failed: 0,
      p95_ms: null,
      peak_machine_cpu: null,
    }));
    const generators = { expected: 13, ended: ['a'], lost: names, each };
    const { sentence } = decideVerdict(facts({ generators, completeness: differing }));
    expect(sentence).toContain('no end of pod-0 (lost at 12:00:35 UTC), pod-1 (lost');
    expect(sentence).toContain('pod-9 (lost at 12:00:35 UTC) and 2 more, so what was sent is not known');
  });

  it('names what k6 said', () => {
    const judged = decideVerdict(facts({ k6: k6({ exit_code: 107, summary: null, errors: ['Error: boom'] }) }));
    expect(judged.sentence).toContain('exception in the test script');
    expect(judged.sentence).toContain('boom');
  });
});

describe("figures from k6's final data", () => {
  const trend = { avg: 2, min: 1, med: 2, max: 9, 'p(50)': 2, 'p(90)': 4, 'p(95)': 5.25, 'p(99)': 8, count: 40 };
  const data: K6Summary = {
    state: { testRunDurationMs: 10_000 },
    metrics: {
      http_reqs: { type: 'counter', values: { count: 40, rate: 4 } },
      http_req_duration: { type: 'trend', values: trend },
      'http_req_duration{name:GET /a}': { type: 'trend', values: { ...trend, 'p(95)': 7 } },
      http_req_failed: { type: 'rate', values: { rate: 0.05, passes: 2, fails: 38 } },
      checks: { type: 'rate', values: { rate: 0, passes: 0, fails: 0 } },
      vus_max: { type: 'gauge', values: { value: 3, min: 3, max: 3 } },
    },
  };

  it('are taken as they are', () => {
    expect(toHeadline(data)).toMatchObject({ requests: 40, throughput_rps: 4, error_rate: 0.05, checks_rate: null });
    expect(toHeadline(data).latency?.p95_ms).toBe(5.25);
  });

  it('judge SLOs, by request too, and never on nothing', () => {
    const results = sloResults(
      [
        { indicator: 'p95_ms', limit: 6, reason: '' },
        { indicator: 'p95_ms', limit: 6, request: 'GET /a', reason: '' },
        { indicator: 'p95_ms', limit: 6, request: 'GET /b', reason: '' },
        { indicator: 'checks_rate', limit: 0.9, reason: '' },
        { indicator: 'throughput_rps', limit: 3, reason: '' },
      ],
      data,
    );
    expect(results.map(({ value, ok }) => [value, ok])).toEqual([
      [5.25, true],
      [7, false],
      [null, false],
      [null, false],
      [4, true],
    ]);
  });

  it('give no data where k6 passes a threshold without a sample, and say what the selector misses', () => {
    const nothing = { avg: 0, min: 0, med: 0, max: 0, 'p(50)': 0, 'p(90)': 0, 'p(95)': 0, 'p(99)': 0, count: 0 };
    const gauge = { value: 0, min: 0, max: 0 };
    const of = (metric: string, expression: string): Slo => ({
      ...{ indicator: 'threshold', metric, limit: 1, reason: '', threshold: { metric, expression } },
    });
    const passed = (expression: string) => ({ [expression]: { ok: true } });
    const metrics: K6Summary['metrics'] = {
      'http_req_duration{kind:x}': { type: 'trend', values: nothing, thresholds: passed('max<1') },
      queue: { type: 'gauge', values: gauge, thresholds: passed('value<1') },
      empty: { type: 'gauge', values: gauge, thresholds: passed('value<1') },
      'errors{kind:x}': { type: 'counter', values: { count: 0, rate: 0 }, thresholds: passed('count<1') },
    };
    const slos = [
      of('http_req_duration{kind:x}', 'max<1'),
      of('queue', 'value<1'),
      of('empty', 'value<1'),
      of('errors{kind:x}', 'count<1'),
    ];
    const unmatched = [
      { metric: 'http_req_duration{kind:x}', tag: 'kind', value: 'x', values: ['read', 'write'] },
      { metric: 'empty' },
      { metric: 'errors{kind:x}', tag: 'kind', value: 'x' },
    ];
    const results = sloResults(slos, { ...data, metrics }, { unmatched });
    expect(results.map((it) => [it.value, sloState(it), it.hint])).toEqual([
      [null, 'no_data', 'no sample has kind:x; kind is read, write'],
      [0, 'passed', undefined],
      [null, 'no_data', undefined],
      // Errors that did not happen are a figure.
      [0, 'passed', undefined],
    ]);
    expect(decideVerdict(facts({ slos: results })).sentence).toMatch(
      /^2 of 4 SLOs passed over .*, 2 without a sample$/,
    );
  });

  it('judge no latency of failed requests alone', () => {
    const on = (request: string | null) => ({ ...slo, request });
    const results = [on(null), on('GET /a'), on('GET /b'), { ...slo, metric: 'ws_connecting' }];
    const judge = (error_rate: number) =>
      failWithoutAnswers(results, { error_rate }, [
        { name: 'GET /a', error_rate: 1 },
        { name: 'GET /b', error_rate: 0.99 },
      ]).map(({ value, ok }) => [value, ok]);
    const [nothing, passed] = [
      [null, false],
      [100, true],
    ];
    expect(judge(0.2)).toEqual([passed, nothing, passed, passed]);
    expect(judge(1)).toEqual([nothing, nothing, nothing, passed]);
    const of_calls = [...results, { ...slo, metric: 'grpc_req_duration' }];
    const failed = failWithoutAnswers(of_calls, { error_rate: 1, protocol: 'grpc' }, []);
    expect(failed.map(({ ok }) => ok)).toEqual([true, true, true, true, false]);
  });

  it('give totals for the completeness check, without submetrics', () => {
    const totals = k6Totals(data);
    expect([...totals.keys()]).not.toContain('http_req_duration{name:GET /a}');
    expect(totals.get('http_req_failed')).toMatchObject({ type: 'rate', sum: 2, count: 40 });
  });
});

describe('a run that was ended', () => {
  it('because its target was gone says so first, and blames no threshold of the script', () => {
    const k6_end = { k6: k6({ exit_code: 99 }), no_answer_s: 10, ended_by_slo: true };
    const text = 'the target did not answer any request for 10 s, so the load was ended';
    expect(decideVerdict(facts(k6_end))).toMatchObject({ status: 'failed', exit_code: 99, sentence: text });
    expect(decideVerdict(facts({ ...k6_end, slos: [broken] })).sentence).toBe(`${text}; p95 ≤ 500 ms is 612 ms`);
  });

  it('by an SLO says so', () => {
    const failed = facts({ k6: k6({ exit_code: 99 }), slos: [broken], ended_by_slo: true });
    expect(decideVerdict(failed)).toMatchObject({
      exit_code: 99,
      sentence: 'p95 ≤ 500 ms is 612 ms, and the run was ended there',
    });
  });

  it('from elsewhere says by whom, and is no failure of an SLO', () => {
    const stopped = { by: 'ann', at: '2026-11-24T12:00:00.000Z' };
    const judged = decideVerdict(facts({ interrupted: true, stopped, k6: k6({ exit_code: 105 }) }));
    expect(judged).toEqual({
      status: 'interrupted',
      exit_code: 130,
      sentence: 'stopped by ann with `loadstar stop`',
      text: expect.any(String),
    });
  });
});
