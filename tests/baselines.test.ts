/** Histories as InfluxDB gives them back: branches, repeats, pinned baselines and groups of runs, without a load generator. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { RunSummary } from '../contract/results.ts';
import type { RunsComparison } from '../history/compare-runs.ts';
import { compareWithHistory } from '../history/comparison.ts';
import { readHistory } from '../history/history.ts';
import { toJudge } from '../history/to-judge.ts';
import { BaselineStore } from '../influxdb/baselines.ts';
import type { InfluxConnection } from '../influxdb/connection.ts';
import type { RunStart } from '../influxdb/run-points.ts';
import { RunStore } from '../influxdb/runs.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { endOf, startOf } from './lib/records.ts';

const CONFIGURATION = '30 s, scale 1';
const ROUTE = 'GET /api/search';
const MINUTE_S = 60;
const REQUESTS = 1_000;

let here: Machine;
let influx: InfluxConnection;
beforeAll(async () => {
  here = await machine();
  const stack = await nativeEngine(here.context).up();
  influx = { url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli };
});
afterAll(() => here.dispose());

/** Bucket of the histogram, whose width is 2 %. */
const bucket = (ms: number) => `b${Math.floor(Math.log(ms) / Math.log(1.01 / 0.99))}`;

/** A run so many minutes ago, whose latencies lie around a level. */
async function write(
  testid: string,
  age_min: number,
  level_ms: number,
  more: Partial<RunStart> = {},
  summary: Partial<RunSummary> = {},
) {
  const run = startOf(testid, { age_s: age_min * MINUTE_S, configuration: CONFIGURATION, branch: 'main', ...more });
  const counts: Record<string, number> = {};
  for (let request = 0; request < REQUESTS; request += 1) {
    const name = bucket(level_ms * (0.5 + request / REQUESTS));
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const histogram = { counts, min: level_ms / 2, max: 1.5 * level_ms };
  const latency = {
    min_ms: 1,
    avg_ms: level_ms,
    p50_ms: level_ms,
    p90_ms: 1.4 * level_ms,
    p95_ms: 1.45 * level_ms,
    p99_ms: 1.49 * level_ms,
    max_ms: 1.5 * level_ms,
  };
  await new RunStore(influx).end(run, {
    ...endOf(run, {
      latency,
      requests: REQUESTS,
      by_request: [{ name: ROUTE, requests: REQUESTS, error_rate: 0, ...latency }],
      ...summary,
    }),
    histograms: { '': histogram, [ROUTE]: histogram },
  });
  return run;
}
const question = (branch: string | null) => ({
  ...startOf('asked', { age_s: 0, branch }),
  configuration: CONFIGURATION,
});
const ids = async (branch: string | null) =>
  (await readHistory(influx, question(branch), 'main')).runs.map(({ testid }) => testid);

describe('a history', () => {
  beforeAll(async () => {
    for (const [index, level] of [150, 153, 149, 151, 152].entries()) await write(`main-${index}`, 500 - index, level);
    await write('interrupted', 400, 150, {}, { status: 'interrupted' });
    await write('other-load', 399, 150, { configuration: '60 s, scale 1' });
    await write('repeat', 398, 150, { confirms: 'main-4' });
    await write('elsewhere', 397, 150, { target: 'staging' });
    await write('branch-0', 300, 150, { branch: 'fix' });
  });

  it('has what is comparable, oldest first, with requests and histograms', async () => {
    expect(await ids('main')).toEqual(['main-0', 'main-1', 'main-2', 'main-3', 'main-4']);
    const { to_judge, left_out } = await readHistory(influx, question('main'), 'main');
    expect(left_out).toEqual({ configuration: 1, unfit: 1, machines: [] });
    expect(to_judge[0]).toMatchObject({ testid: 'main-0', p95_ms: 217.5, configuration: CONFIGURATION });
    expect(to_judge[0]?.by_request?.[ROUTE]).toMatchObject({ requests: REQUESTS, p50_ms: 150 });
    expect(to_judge[0]?.by_request?.[ROUTE]?.throughput_rps).toBeCloseTo(REQUESTS / 30, 6);
    const samples = Object.values(to_judge[0]?.histograms?.[ROUTE]?.counts ?? {}).reduce(
      (sum, count) => sum + count,
      0,
    );
    expect(samples).toBe(REQUESTS);
  });

  it('of a branch falls back to the main one, and to no other', async () => {
    expect(await ids('fix')).toEqual(['main-0', 'main-1', 'main-2', 'main-3', 'main-4', 'branch-0']);
    expect(await ids('new')).toEqual(['main-0', 'main-1', 'main-2', 'main-3', 'main-4']);
    const { runs } = await readHistory(influx, question('new'), 'fix');
    expect(runs).toEqual([]);
  });

  it('judges a run by request', async () => {
    const history = await readHistory(influx, question('main'), 'main');
    const [usual] = history.to_judge;
    const slower = { p50_ms: 195, p95_ms: 283, p99_ms: 290, requests: REQUESTS, error_rate: 0 };
    const run = { ...usual, by_request: { [ROUTE]: slower }, histograms: {} };
    const { verdict, metrics } = compareWithHistory({ run, history });
    expect(verdict).toBe('suspected');
    expect(metrics[0]).toMatchObject({ request: ROUTE, verdict: 'suspected' });
  });
});

describe('a pinned baseline', () => {
  it('is shared through InfluxDB, and the newest that is not cleared counts', async () => {
    const store = new BaselineStore(influx);
    for (const id of ['main-2', 'main-1']) {
      const { code, stderr } = await here.loadstar(['baseline', 'set', id, '--who', 'ada']);
      expect(code, stderr).toBe(0);
    }
    const kind = { project: OWN_PROJECT, scenario: 'search', profile: 'smoke', target: 'demo', branch: 'main' };
    expect(await store.current(kind)).toMatchObject({ testid: 'main-1', who: 'ada', why: null });
    expect(await store.current({ ...kind, branch: 'fix' })).toBeNull();
    expect(await ids('main')).toEqual(['main-1', 'main-2', 'main-3', 'main-4']);
    expect(await ids('new')).toEqual(['main-1', 'main-2', 'main-3', 'main-4']);
    await store.clear(await store.list(OWN_PROJECT));
    expect(await store.current(kind)).toBeNull();
    expect(await ids('main')).toHaveLength(5);
  });

  it('goes with its run where the history is exported', async () => {
    const set = await here.loadstar(['baseline', 'set', 'main-3', '--who', 'ada', '--why', 'a "new" level\\']);
    expect(set.code, set.stderr).toBe(0);
    const { stdout } = await here.loadstar(['runs', 'export']);
    const line = stdout.split('\n').find((it) => it.includes('"testid":"main-3"')) ?? '{}';
    const { details } = JSON.parse(line) as { details: { measurement: string; fields: object }[] };
    expect(details.find((it) => it.measurement === 'baseline')?.fields).toMatchObject({
      text: { testid: 'main-3', who: 'ada', why: 'a "new" level\\' },
      boolean: { cleared: false },
    });
    const { code } = await here.loadstar(['baseline', 'clear', '--branch', 'main']);
    expect(code).toBe(0);
  });

  it('is no run that says nothing', async () => {
    const { code, stderr } = await here.loadstar(['baseline', 'set', 'interrupted']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected a run that ended as planned.*\n.*interrupted: interrupted/);
  });
});

describe('groups of runs', () => {
  it('are compared by their merged histograms', async () => {
    for (const [index, level] of [195, 199, 194].entries())
      await write(`slow-${index}`, 200 - index, level, { branch: 'slow' });
    const call = ['compare', 'main-0,main-1,main-2', 'slow-0,slow-1,slow-2', '--json', '--fail-on', 'regression'];
    const { code, stdout, stderr } = await here.loadstar(call);
    expect(code, stderr).toBe(3);
    const { comparison, warnings } = JSON.parse(stdout) as RunsComparison;
    expect(warnings).toEqual([]);
    const p95 = comparison.metrics.find((it) => it.metric === 'p95_ms' && it.request === ROUTE);
    expect(p95).toMatchObject({ verdict: 'regressed' });
    expect(p95?.change).toBeCloseTo(0.3, 1);
  });

  it('of different kinds are compared with a warning', async () => {
    const { code, stdout, stderr } = await here.loadstar(['compare', 'main-0', 'other-load']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('the runs differ in their configuration: 30 s, scale 1 / 60 s, scale 1');
    const weak = await here.loadstar(['compare', 'main-0', 'interrupted']);
    expect(weak.stdout).toContain('interrupted is weak evidence: it is interrupted');
  });

  it('the baseline of a branch without one is that of the main branch', async () => {
    const { code, stdout, stderr } = await here.loadstar(['compare', 'baseline', 'slow-0', '--json']);
    expect(code, stderr).toBe(0);
    const { before, comparison } = JSON.parse(stdout) as RunsComparison;
    expect(before.runs.map(({ testid }) => testid)).toEqual(['main-0', 'main-1', 'main-2', 'main-3', 'main-4']);
    // One run is never more than suspected, whoever asks: the same rule as for the run's own verdict.
    expect(comparison.verdict).toBe('suspected');
  });
});

it('a record is judged as it was written', async () => {
  const [record] = await new RunStore(influx).find(['main-0']);
  expect(record).toMatchObject({ testid: 'main-0', confirms: null, comparison: null, configuration: CONFIGURATION });
  expect(await new RunStore(influx).find(['nope'])).toEqual([null]);
  if (record) expect(toJudge(record)).toMatchObject({ status: 'passed', completeness: 'complete' });
});
