/** Stages, steady state and windows of an SLO, on a target that begins cold, or that breaks in the middle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flux, Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { percentile } from '../analysis/histogram.ts';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { EXIT } from '../contract/exit-codes.ts';
import { GAMMA } from '../contract/histogram.ts';
import { HISTOGRAM, MEASUREMENT, PART_TAG } from '../contract/live-schema.ts';
import type { RunSummary } from '../contract/results.ts';
import { LOADSTAR_SCHEMA } from '../grafana/builder/schemas/loadstar.ts';
import { p95SoFar } from '../grafana/dashboards/live/queries.ts';
import { sloTable } from '../grafana/dashboards/live/slos.ts';
import { states } from '../grafana/dashboards/slos/queries.ts';
import { type InfluxConnection, queryApi } from '../influxdb/connection.ts';
import { readMergedFigures } from '../influxdb/merged-run.ts';
import { readRunWindows, readSteps } from '../influxdb/windows.ts';
import { writePoints } from '../influxdb/write-records.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { interpolated } from './lib/dashboards.ts';
import { type Machine, machine } from './lib/machine.ts';

const FAST_MS = 20;
const SLOW_MS = 500;
const MS_PER_S = 1_000;

let here: Machine;
let target: Server;
let team: string;
/** Seconds since k6's first request in which answers are slow. */
let slow: readonly [from_s: number, to_s: number] = [0, 0];
let first_ms = 0;

beforeAll(async () => {
  target = createServer((request, response) => {
    // Loadstar asks before the load whether the target answers.
    if (request.headers['user-agent']?.includes('k6')) first_ms ||= Date.now();
    const age_s = first_ms === 0 ? 0 : (Date.now() - first_ms) / MS_PER_S;
    setTimeout(() => response.end('{}'), age_s >= slow[0] && age_s < slow[1] ? SLOW_MS : FAST_MS);
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  team = mkdtempSync(join(tmpdir(), 'loadstar-steady-'));
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    `export default { scenarios_dir: '.', targets: { own: { base_url: '${url}' } } };`,
  );
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  rmSync(team, { recursive: true });
  target.closeAllConnections();
  target.close();
  await here.dispose();
});
beforeEach(() => {
  first_ms = 0;
});

async function run(slos: string, args: readonly string[]) {
  writeFileSync(
    join(team, 'page.ts'),
    `import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Page', journey: 'A page.', requests: ['GET /'], slos: [${slos}],
  run({ client }) { client.request({ method: 'GET', route: '/' }); think(0.2); },
});`,
  );
  const result = await here.loadstar(['run', 'page', '--target', 'own', ...args, '--notify', 'never', '--json']);
  const [summary] = result.stdout ? (JSON.parse(result.stdout) as RunSummary[]) : [];
  if (!summary) throw new Error(`expected a summary, found: ${result.stderr}`);
  return { ...result, summary };
}

const slo = (limit: number, more = '') => `{ indicator: 'p95_ms', limit: ${limit}, reason: 'r'${more} }`;

async function influx() {
  const { tokens } = await new SecretStore(here.state_dir).load();
  const url = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
  return queryApi({ url, org: ORG, token: (tokens as Record<string, string>).cli ?? '' });
}

async function stagesOf(testid: string) {
  const rows = await (await influx()).collectRows<{
    _time: string;
    stage?: string;
    instance?: string;
  }>(flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: -1h)
    |> filter(fn: (r) => r._measurement == "http_reqs.scenario" and r._field == "count" and r.testid == ${testid})
    |> group()
    |> keep(columns: ["_time", "stage", "instance"])
    |> sort(columns: ["_time"])`);
  return rows;
}

describe('a target that begins cold', () => {
  it('fails the SLO of the whole run, and passes that of the steady state', async () => {
    slow = [0, 6];
    const slos = [slo(200), slo(200, ", during: 'steady'")].join();
    // The more windows, the surer a warm-up is found.
    const { code, summary } = await run(slos, ['--profile', 'ci', '--duration', '45s']);
    expect(code).toBe(EXIT.thresholds);
    const [whole, steady] = summary.slos;
    expect(whole).toMatchObject({ limit: 200, ok: false });
    expect(steady, JSON.stringify(summary.plateaus)).toMatchObject({ during: 'steady', ok: true });
    expect(steady?.value).toBeLessThan(200);
    expect(summary.verdict).not.toContain('steady');
  });
});

describe('a target that breaks in the middle', () => {
  it('ends the run by its last seconds, where the run as a whole still passes', async () => {
    slow = [12, 60];
    const sliding = slo(300, ", over: '5s', abort: true");
    const { code, summary, stderr } = await run([slo(450), sliding].join(), ['--profile', 'ci', '--duration', '60s']);
    expect(code).toBe(EXIT.thresholds);
    expect(stderr).toContain('ended early: p95 ≤ 300 ms (any 5 s) is');
    expect(summary.slos.find(({ over }) => over === '5s')).toMatchObject({ ok: false });
    expect(summary.verdict).toMatch(/p95 ≤ 300 ms \(any 5 s\) is .* ms, and the run was ended there/);
    // Some windows after the fault began, and long before the plan's end.
    expect(summary.duration_s).toBeGreaterThan(12);
    expect(summary.duration_s).toBeLessThan(30);
  });

  it('fails the SLO of its windows after the run where it is over by then', async () => {
    slow = [8, 14];
    const { code, summary } = await run([slo(600), slo(300, ", over: '5s'")].join(), ['--profile', 'ci']);
    expect(code).toBe(EXIT.thresholds);
    expect(summary.duration_s).toBeGreaterThan(19);
    const [whole, sliding] = summary.slos;
    expect(whole).toMatchObject({ ok: true });
    expect(sliding).toMatchObject({ over: '5s', ok: false });
    expect(sliding?.value).toBeGreaterThan(SLOW_MS * 0.98);
  });
});

describe('the dashboards', () => {
  it('show SLOs of parts in rows of their own', async () => {
    slow = [0, 0];
    const { summary } = await run([slo(300), slo(200, ", during: 'steady'")].join(), ['--profile', 'smoke']);
    const scope = { run: summary.testid, scenario: 'page', target: 'own', from: new Date(summary.started) };
    const rows = async (text: string) => {
      const shown = interpolated(text, { ...scope, against: '', to: new Date(), step: '10s' });
      const found = await (await influx()).collectRows<{ for: string; SLO: string }>(shown);
      return found.filter(({ SLO }) => SLO === 'p95').map((row) => row.for);
    };
    expect((await rows(sloTable(LOADSTAR_SCHEMA))).sort()).toEqual(['all requests', 'all requests, steady']);
    expect(await rows(states())).toContain('all requests, steady');
  });
});

describe('two generators', () => {
  it('tag their windows by stage, and are judged where both were in it', async () => {
    // Slow on the second plateau alone: 11.25 to 17.5 s.
    slow = [11, 60];
    const slos = [slo(300, ", during: 'plateau 1'"), slo(300, ", during: 'plateau 2'")];
    const args = ['--profile', 'load', '--duration', '20s', '--scale', '0.2', '--instances', '2'];
    const { code, summary } = await run(slos.join(), args);
    expect(code).toBe(EXIT.thresholds);
    expect(summary.slos.filter(({ during }) => during)).toMatchObject([
      { during: 'plateau 1', ok: true },
      { during: 'plateau 2', ok: false },
    ]);
    // Of both together.
    expect(summary.plateaus?.map(({ name, users }) => [name, users])).toEqual([
      ['plateau 1', 10],
      ['plateau 2', 20],
    ]);
    const rows = await stagesOf(summary.testid);
    // Merged: no series is of one generator, and a window in which they were in two stages has a point of each.
    expect(rows.filter(({ instance }) => instance !== undefined)).toEqual([]);
    const windows_of = new Map<string, Set<string>>();
    for (const { _time, stage = '' } of rows) windows_of.set(_time, (windows_of.get(_time) ?? new Set()).add(stage));
    const stages = [...windows_of.values()].flatMap(([stage = '', ...others]) =>
      stage !== '' && others.length === 0 ? [stage] : [],
    );
    expect([...new Set(stages)]).toEqual(['ramp 1', 'plateau 1', 'ramp 2', 'plateau 2', 'ramp 3']);
    // 6.25 s at most: windows that two stages share have no tag.
    for (const plateau of ['plateau 1', 'plateau 2']) {
      const windows = stages.filter((stage) => stage === plateau).length;
      expect(windows, plateau).toBeGreaterThanOrEqual(4);
      expect(windows, plateau).toBeLessThanOrEqual(6);
    }
  });
});

describe('a run whose merger was away for a while', () => {
  let connection: InfluxConnection;
  const testid = 'merger-away';
  const started = new Date(Math.floor(Date.now() / MS_PER_S) * MS_PER_S - 60 * MS_PER_S);
  const at = (second: number) => new Date(started.getTime() + second * MS_PER_S);
  const SECONDS = 30;
  /** From here to there, both generators wrote their windows themselves. */
  const AWAY = [10, 20] as const;
  const PLATEAU_S = 5;
  const COUNT = 10;
  const bucketOf = (latency_ms: number) =>
    `${HISTOGRAM.positive_prefix}${Math.floor(Math.log(latency_ms) / Math.log(GAMMA))}`;

  /** One generator is fast, and one is slow while the merger is away. A window with its latencies, a point each. */
  function windowsAt(
    second: number,
  ): { readonly tag: readonly [string, string]; readonly latencies: readonly number[] }[] {
    const fast = Array.from({ length: COUNT }, () => 10);
    if (second < AWAY[0]) return [{ tag: [PART_TAG, 'a'], latencies: [...fast, ...fast] }];
    if (second >= AWAY[1]) return [{ tag: [PART_TAG, 'b'], latencies: [...fast, ...fast] }];
    return [
      { tag: ['instance', 'pod-1'], latencies: fast },
      { tag: ['instance', 'pod-2'], latencies: fast.map(() => 900) },
    ];
  }
  const all = Array.from({ length: SECONDS }, (_, second) => windowsAt(second)).flat();
  const everything = all.flatMap(({ latencies }) => latencies);

  function histogram(point: Point, latencies: readonly number[]): Point {
    const counts = new Map<string, number>();
    for (const one of latencies) counts.set(bucketOf(one), (counts.get(bucketOf(one)) ?? 0) + 1);
    for (const [field, count] of counts) point.intField(field, count);
    return point.floatField('min', Math.min(...latencies)).floatField('max', Math.max(...latencies));
  }

  beforeAll(async () => {
    const { influx: access } = await nativeEngine(here.context).up();
    const { url, org, tokens } = access;
    connection = { url, org, token: tokens.cli };
    const duration = 'http_req_duration';
    const point = (measurement: string, [key, value]: readonly [string, string], time: Date) =>
      new Point(measurement).tag('testid', testid).tag('scenario', 's').tag(key, value).timestamp(time);
    const total = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0);
    const windows = Array.from({ length: SECONDS }, (_, second) =>
      windowsAt(second).flatMap(({ tag, latencies }) => {
        const stage = second < PLATEAU_S ? 'ramp 1' : 'plateau 1';
        const of = (measurement: string) => point(measurement, tag, at(second)).tag('stage', stage);
        return [
          of(MEASUREMENT.scenario(duration)).floatField('sum', total(latencies)).intField('count', latencies.length),
          histogram(of(MEASUREMENT.scenario_histogram(duration)), latencies),
        ];
      }),
    ).flat();
    const parts = new Map<string, (typeof all)[number][]>();
    for (const one of all) parts.set(one.tag.join(), [...(parts.get(one.tag.join()) ?? []), one]);
    const so_far = [...parts.values()].map((of_part) => {
      const latencies = of_part.flatMap((one) => one.latencies);
      const tag = (of_part[0] as (typeof all)[number]).tag;
      const run_point = histogram(point(MEASUREMENT.run(duration), tag, started), latencies);
      for (const percentile of ['p50', 'p90', 'p95', 'p99']) run_point.floatField(percentile, latencies[0] as number);
      return run_point.floatField('sum', total(latencies)).intField('count', latencies.length);
    });
    await writePoints({ url, org, token: tokens.k6 }, BUCKETS.live, [...windows, ...so_far]);
  });

  it('has its whole plateau, and the latencies of all, wherever they are read', async () => {
    const windows = await readRunWindows(connection, testid, started);
    expect(windows?.stages).toEqual([
      { name: 'ramp 1', from: at(0), to: at(PLATEAU_S) },
      { name: 'plateau 1', from: at(PLATEAU_S), to: at(SECONDS) },
    ]);
    // A quarter of those of the time without a merger are slow, and a sixth of all.
    const sorted = [...everything].sort((a, b) => a - b);
    const [p50, p95] = [0.5, 0.95].map((share) => sorted[Math.round(share * (sorted.length - 1))]) as [number, number];
    expect([p50, p95]).toEqual([10, 900]);
    const near = (value: number | undefined, known: number) =>
      expect(Math.abs((value ?? Number.NaN) / known - 1)).toBeLessThanOrEqual(0.01);

    const span = { from: at(0), to: at(SECONDS) };
    const [step] = await readSteps(connection, { testid, metric: 'http_req_duration', is_trend: true }, span, SECONDS);
    expect(Object.values(step?.histogram?.counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(everything.length);
    near(percentile(step?.histogram ?? null, 0.95) ?? undefined, p95);

    const { metrics } = await readMergedFigures(connection, { testid, started }, []);
    const merged = metrics.get('http_req_duration');
    expect(merged).toMatchObject({ count: everything.length, min: 10, max: 900 });
    near(percentile(merged?.histogram ?? null, 0.5) ?? undefined, p50);

    const chosen = {
      run: testid,
      against: testid,
      scenario: 's',
      target: 'own',
      from: at(-60),
      to: at(120),
      step: '1s',
    };
    const [live] = await queryApi(connection, 30_000).collectRows<{ _value: number }>(
      interpolated(p95SoFar(LOADSTAR_SCHEMA), chosen),
    );
    near(live?._value, p95);
  });
});
