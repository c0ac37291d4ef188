/** Several generators, one result: exact counts, percentiles within 1 %, one verdict on the merged data. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS } from '../contract/buckets.ts';
import { GRAFANA } from '../contract/grafana.ts';
import { SYSTEM_TAGS } from '../contract/k6-metrics.ts';
import type { K6Metric, K6Summary } from '../contract/k6-summary.ts';
import { MEASUREMENT, MERGE_COMMAND, PART_TAG } from '../contract/live-schema.ts';
import { TREND_STATISTICS } from '../contract/metrics.ts';
import type { OutputReport } from '../contract/output-report.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { RunSummary } from '../contract/results.ts';
import { sloQuery } from '../grafana/alerting/queries.ts';
import { queryApi } from '../influxdb/connection.ts';
import { RunStore } from '../influxdb/runs.ts';
import { readFiguresSoFar } from '../runs/generators/merged-run.ts';
import { sloResults } from '../runs/judge/slo-results.ts';
import { splitShares } from '../runs/k6-process/shares.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { K6Launcher, Stack } from '../stack/engine/engine.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { dashboards, interpolated, queriesOf } from './lib/dashboards.ts';
import { type Machine, machine } from './lib/machine.ts';

const SCENARIO = 'ping';
/** What the slow requests of one generator take, beyond the limit. */
const SLOW_MS = 2_500;
const LIMIT_MS = 2_000;
const GENERATORS = 3;

let here: Machine;
let stack: Stack;
let k6: K6Launcher;
let target: Server;
let team: string;
const seen = { pings: 0, messages: 0 };
const testids: string[] = [];
/** Requests of setup() and teardown(). */
const meetings: string[] = [];

beforeAll(async () => {
  target = createServer((request, response) => {
    if (request.url?.startsWith('/ping')) seen.pings += 1;
    if (request.url === '/slack') seen.messages += 1;
    if (/^\/(setup|teardown)/.test(request.url ?? '')) meetings.push(request.url ?? '');
    setTimeout(() => response.end('ok'), request.url === '/ping?slow' ? SLOW_MS : 0);
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  team = mkdtempSync(join(tmpdir(), 'loadstar-generators-'));
  mkdirSync(join(team, 'loadtests'));
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    "import { defineConfig } from '@loadstar-hq/loadstar';\nexport default defineConfig({});",
  );
  writeFileSync(join(team, 'loadtests', `${SCENARIO}.ts`), PING);
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
  const engine = nativeEngine(here.context);
  stack = await engine.up();
  k6 = await engine.k6();
}, 300_000);
afterAll(async () => {
  target.close();
  rmSync(team, { recursive: true });
  await here.dispose();
});

const PING = `import { check } from 'k6';
import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Ping', journey: 'Somebody asks whether it is there.', requests: ['GET /ping'],
  slos: [
    { indicator: 'p95_ms', limit: ${LIMIT_MS}, reason: 'one generator alone is above it' },
    { indicator: 'error_rate', limit: 0.01, reason: 'none fails' },
    { indicator: 'checks_rate', limit: 0.99, reason: 'all are answered' },
  ],
  run({ client }) {
    check(client.request({ method: 'GET', route: '/ping' }), { answered: (response) => response.status === 200 });
    think(0.2);
  },
});`;

const url = () => `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
const connection = () => ({ url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli });
const store = () => new RunStore(connection());
const pointsOf = (testid: string) =>
  `from(bucket: "${BUCKETS.live.name}") |> range(start: -1h) |> filter(fn: (r) => r.testid == "${testid}")`;
const ask = async (flux: string) =>
  await queryApi(connection(), 10_000).collectRows<{ instance?: string; _time?: string; _value: number }>(flux);
const readJson = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;
const counted = (metric: K6Metric | undefined) => (metric?.type === 'counter' ? metric.values.count : 0);
const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
const requestsIn = (summaries: readonly K6Summary[]) =>
  total(summaries.map(({ metrics }) => counted(metrics.http_reqs)));

/** A k6 that knows nothing of Loadstar but its output, as a pod does: each tenth request of the slow one is slow. */
const ELSEWHERE = `import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
export const options = {
  scenarios: { ${SCENARIO}: { executor: 'shared-iterations', vus: 15, iterations: 300, maxDuration: '90s' } },
  systemTags: ${JSON.stringify(SYSTEM_TAGS)}, summaryTrendStats: ${JSON.stringify(TREND_STATISTICS)},
};
export default function () {
  const slow = __ENV.SLOW && exec.scenario.iterationInInstance % 10 === 0;
  const response = http.get(__ENV.TARGET + (slow ? '/ping?slow' : '/ping'), { tags: { name: 'GET /ping' } });
  check(response, { answered: (it) => it.status === 200 });
}
export function handleSummary(data) { return { [__ENV.SUMMARY]: JSON.stringify(data) }; }`;

interface Elsewhere {
  readonly summary: K6Summary;
  readonly report: OutputReport;
  readonly raw: readonly number[];
}

async function generate(testid: string, index: number): Promise<Elsewhere> {
  const place = join(team, `${testid}-${index}`);
  mkdirSync(place);
  const [script, raw, summary, report] = ['script.js', 'raw.json', 'summary.json', 'report.json'].map((name) =>
    join(place, name),
  ) as [string, string, string, string];
  writeFileSync(script, ELSEWHERE);
  const spool_dir = join(place, 'spool');
  const output = outputArgs(['loadstar'], { influx: stack.influx, spool_dir, report_file: report, own: {} });
  const lines: string[] = [];
  const share = splitShares('unused', GENERATORS)[index];
  const tag = ['--tag', `testid=${testid}`, '--out', `json=${raw}`];
  const { exited } = k6.start({
    args: ['run', '--address', '', '--quiet', ...(share?.args ?? []), ...tag, ...output.args, script],
    // No tag names the instance: its own setting does.
    env: {
      ...output.env,
      TARGET: url(),
      SUMMARY: summary,
      K6_LOADSTAR_INSTANCE: `pod-${index}`,
      ...(index === 0 ? { SLOW: 'yes' } : {}),
    },
    onLine: (line) => lines.push(line),
  });
  expect(await exited, lines.join('\n')).toBe(0);
  return { summary: readJson(summary), report: readJson(report), raw: rawLatencies(raw) };
}

/** The latencies that k6's own JSON output wrote, in ms. */
function rawLatencies(file: string): number[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const points = lines.filter((line) => line.includes('"http_req_duration"') && line.includes('"Point"'));
  return points.map((line) => (JSON.parse(line) as { data: { value: number } }).data.value);
}

/** As k6 defines percentiles: linear between ranks, p·(n−1). */
function exact(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? 0;
  return low + ((sorted[Math.ceil(rank)] ?? 0) - low) * (rank - Math.floor(rank));
}

/** As a Job on Kubernetes calls it: an address and a token, and no engine. */
async function finish(testid: string, more: readonly string[]) {
  const result = await here.loadstar(['finish', testid, '--json', '--notify', 'always', ...more], {
    env: {
      ENGINE: undefined,
      INFLUX_URL: stack.influx.url,
      INFLUX_TOKEN: stack.influx.tokens.cli,
      INFLUX_ORG: stack.influx.org,
      SLACK_WEBHOOK_URL: `${url()}/slack`,
    },
  });
  return { ...result, summary: (result.stdout ? JSON.parse(result.stdout) : null) as RunSummary | null };
}

const recordsOf = async (testid: string) =>
  (await store().list(100, OWN_PROJECT)).filter((record) => record.testid === testid);

describe('generators elsewhere', () => {
  const testid = 'elsewhere-ping-smoke-b7fd';

  it('are waited for, and judged together: another verdict than one of them alone would have had', async () => {
    testids.push(testid);
    const asked = ['--scenario', SCENARIO, '--profile', 'smoke', '--instances', String(GENERATORS)];
    // It may be there before they are.
    const finishing = finish(testid, [...asked, '--base-url', url(), '--wait', '150s']);
    const generators = await Promise.all([0, 1, 2].map((index) => generate(testid, index)));
    const { code, stderr, summary } = await finishing;
    expect(code, stderr).toBe(0);

    expect(summary?.requests).toBe(300);
    expect(seen.pings).toBe(300);
    expect(requestsIn(generators.map((one) => one.summary))).toBe(300);
    const sent = total(generators.flatMap(({ report }) => Object.values(report.samples)));
    expect(summary?.completeness).toMatchObject({ state: 'complete', samples_sent: sent, samples_stored: sent });
    expect(summary?.generators).toMatchObject({ expected: 3, ended: ['pod-0', 'pod-1', 'pod-2'], lost: [] });
    const each = summary?.generators?.each ?? [];
    expect(each.map(({ instance, state, requests }) => [instance, state, requests])).toEqual(
      generators.map(({ summary: one }, index) => [`pod-${index}`, 'ended', requestsIn([one])]),
    );
    for (const [index, { p95_ms }] of each.entries()) {
      const known = exact(generators[index]?.raw ?? [], 0.95);
      expect(Math.abs((p95_ms ?? Number.NaN) / known - 1), `p95 of pod-${index}`).toBeLessThanOrEqual(0.01);
    }
    // As they say in InfluxDB; the machine of this call does not count.
    expect(summary?.machine).toMatch(/^[^,]+, \d+ cores?, [\d.]+ GB$/);

    const raw = generators.flatMap((one) => one.raw);
    expect(raw).toHaveLength(300);
    for (const [found, share] of [
      [summary?.latency?.p50_ms, 0.5],
      [summary?.latency?.p95_ms, 0.95],
      [summary?.latency?.p99_ms, 0.99],
    ] as const) {
      expect(Math.abs((found ?? Number.NaN) / exact(raw, share) - 1), `p${share}`).toBeLessThanOrEqual(0.01);
    }
    expect(summary?.latency?.max_ms).toBe(Math.max(...raw));

    // What is looked at while a run goes on, whether it should end, is the same; of a request alone too.
    const slos = [{ indicator: 'p95_ms', limit: LIMIT_MS, request: 'GET /ping', reason: '' }] as const;
    const since = { testid, started: new Date(summary?.started ?? '') };
    const load = { from: since.started, to: new Date() };
    const [of_request] = sloResults(slos, await readFiguresSoFar(connection(), since, slos, load));
    expect(of_request).toEqual({ ...summary?.slos[0], request: 'GET /ping' });

    // The one that had all the slow ones would have failed.
    expect(exact(generators[0]?.raw ?? [], 0.95)).toBeGreaterThan(LIMIT_MS);
    expect(summary?.slos).toMatchObject([
      { indicator: 'p95_ms', limit: LIMIT_MS, ok: true },
      { ok: true },
      { ok: true },
    ]);
    expect(await recordsOf(testid)).toMatchObject([{ status: 'passed', requests: 300, completeness: 'complete' }]);
    expect(seen.messages).toBe(1);
    expect(existsSync(join(here.results_dir, testid, 'report.html'))).toBe(true);
  });

  it('are judged the same a second time, by their id alone, and nobody is told again', async () => {
    const before = readJson<RunSummary>(join(here.results_dir, testid, 'summary.json'));
    const { code, stderr, summary } = await finish(testid, []);
    expect(code, stderr).toBe(0);
    expect({ ...summary, target: before.target }).toEqual(before);
    expect(await recordsOf(testid)).toHaveLength(1);
    expect(seen.messages).toBe(1);
  });

  it('of which one is missing leave the run incomplete', async () => {
    const { code, summary, stderr } = await finish(testid, ['--instances', '4', '--wait', '1s']);
    expect(code, stderr).toBe(5);
    expect(summary).toMatchObject({ status: 'incomplete', completeness: { state: 'incomplete' } });
    expect(summary?.verdict).toContain('3 of 4 generators came to their end; 1 never wrote anything');
  });

  it('that never wrote anything, and contradictions to the record, are refused with what to do', async () => {
    const nobody = await finish('nobody-was-here', ['--scenario', SCENARIO, '--wait', '1s']);
    expect(nobody.code, nobody.stderr).toBe(4);
    expect(nobody.stderr).toContain('--tag testid=nobody-was-here');
    const other = await finish(testid, ['--profile', 'load']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('leave the profile out');
  });
});

const POLL_MS = 50;
/** Of six seconds of load or more: by then, merged windows are stored. */
const INTO_LOAD_MS = 2_500;

async function run(name: string, options: { readonly onStart?: () => void; readonly duration?: string } = {}) {
  const { duration = '6s' } = options;
  const args = [
    'run',
    SCENARIO,
    '--base-url',
    url(),
    '--instances',
    String(GENERATORS),
    '--duration',
    duration,
    '--json',
  ];
  const before = seen.pings;
  // The terminal shows the load seldom, and maybe not at all.
  const watching = setInterval(() => {
    if (seen.pings === before) return;
    clearInterval(watching);
    setTimeout(() => options.onStart?.(), INTO_LOAD_MS);
  }, POLL_MS);
  const result = await here.loadstar(args, { env: { K6_LOADSTAR_INSTANCE: name } });
  clearInterval(watching);
  const [summary] = (result.stdout ? JSON.parse(result.stdout) : []) as RunSummary[];
  if (summary) testids.push(summary.testid);
  return { ...result, summary };
}

function k6Summaries(testid: string): K6Summary[] {
  const directory = join(here.results_dir, testid);
  const files = readdirSync(directory).map((name) => join(directory, name, 'k6-summary.json'));
  return files.filter((file) => existsSync(file)).map((file) => readJson<K6Summary>(file));
}

/** The pid of the k6 with this instance tag. */
function pidOf(instance: string): number {
  const { stdout } = spawnSync('pgrep', ['-f', `^[^ ]*k6[^ ]* run .*instance=${instance} `], { encoding: 'utf8' });
  return Number(stdout.trim().split('\n')[0]);
}

/** Of the same call: others may run on this machine. */
function mergerBeside(generator: number): number {
  const call = readFileSync(`/proc/${generator}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] ?? '';
  return Number(spawnSync('pgrep', ['-P', call, '-f', MERGE_COMMAND], { encoding: 'utf8' }).stdout.trim());
}

/** What each merger, and each generator itself, has written of requests in a scenario. */
const partsOf = async (testid: string, measurement: string) =>
  await ask(`${pointsOf(testid)}
    |> filter(fn: (r) => r._measurement == "${measurement}" and r._field == "value" and not exists r.name and exists r.scenario)
    |> group(columns: ["instance", "${PART_TAG}"]) |> sum() |> toFloat()`);

/** An alert on what has just been measured. */
const RECENT = { indicator: 'p95_ms', limit: LIMIT_MS, over: '10s', reason: '' } as const;

/** The newest point of Live's request rate. */
function liveRate(testid: string): string {
  const live = dashboards.find(({ uid }) => uid === GRAFANA.dashboards.live.uid);
  const [, flux] = (live && queriesOf(live).find(([name]) => name === 'Throughput and users A')) ?? [];
  const [from, to] = [new Date(Date.now() - 60_000), new Date()];
  const chosen = { run: testid, against: testid, scenario: SCENARIO, target: 'custom', from, to, step: '1s' };
  return `${interpolated(flux ?? '', chosen)} |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 1)`;
}

/** Kills each merger of a run as soon as it is there. @param look called each second, from when it has an effect */
async function withoutMerger(instance: string, duration_ms: number, look: (testid: string) => Promise<void>) {
  const generator = pidOf(instance);
  const ends = Date.now() + duration_ms;
  const from = Date.now() + 8_000;
  let next = from;
  while (Date.now() < ends) {
    const pid = mergerBeside(generator);
    if (pid > 0) process.kill(pid, 'SIGKILL');
    if (Date.now() >= next) {
      next = Date.now() + 1_000;
      await look(await testidOf(instance));
    }
    await new Promise((wait) => setTimeout(wait, 100));
  }
}

async function testidOf(instance: string): Promise<string> {
  const rows = await queryApi(connection(), 10_000).collectRows<{ testid: string }>(
    `from(bucket: "${BUCKETS.live.name}") |> range(start: -5m) |> filter(fn: (r) => r.instance == "${instance}" and r._field == "window_s")
      |> last()`,
  );
  return rows[0]?.testid ?? '';
}

const longest = ({ metrics }: K6Summary) =>
  metrics.http_req_duration?.type === 'trend' ? (metrics.http_req_duration.values.max ?? 0) : 0;

describe('generators on this machine', () => {
  it('share the load, and what they sent adds up', async () => {
    seen.pings = 0;
    const { code, stderr, summary } = await run('whole');
    expect(code, stderr).toBe(0);
    const summaries = k6Summaries(summary?.testid ?? '');
    expect(summaries).toHaveLength(GENERATORS);
    for (const one of summaries) expect(counted(one.metrics.http_reqs)).toBeGreaterThan(0);
    expect(summary?.requests).toBe(seen.pings);
    expect(requestsIn(summaries)).toBe(seen.pings);
    expect(summary?.completeness.state).toBe('complete');
    expect(summary?.generators).toMatchObject({ expected: 3, ended: ['whole-1', 'whole-2', 'whole-3'], lost: [] });
    expect(summary?.machine).toMatch(/^[^,]+, \d+ cores?, [\d.]+ GB$/);
    // Five users, whoever makes them.
    expect(summary?.vus_max).toBe(5);
  });

  it.each([
    ['killed', 'SIGKILL', '20s'],
    // It is killed ten seconds later, and those that wait for its answer for ten seconds try the next one.
    ['halted', 'SIGSTOP', '40s'],
  ] as const)(
    'are merged while they run, also where the merger is %s in the middle',
    async (_title, signal, duration) => {
      seen.pings = 0;
      const killed: number[] = [];
      const { code, stderr, summary } = await run('merged', {
        duration,
        onStart: () => {
          const pid = mergerBeside(pidOf('merged-1'));
          // It has written windows by then, and the one after it will.
          setTimeout(() => process.kill(pid, signal), 3_000);
          killed.push(pid);
        },
      });
      expect(code, stderr).toBe(0);
      expect(killed).toHaveLength(1);
      expect(summary?.requests).toBe(seen.pings);
      expect(summary?.completeness.state).toBe('complete');
      const testid = summary?.testid ?? '';
      const series = await partsOf(testid, MEASUREMENT.scenario('http_reqs'));
      expect(total(series.map(({ _value }) => _value))).toBe(seen.pings);
      const parts = series.filter(({ instance }) => !instance);
      expect(parts.length, 'the one that was hit and the one after it').toBe(2);
      const sources = await ask(
        `${pointsOf(testid)} |> filter(fn: (r) => r._measurement == "${MEASUREMENT.merged}" and r.${PART_TAG} !~ /^own/)
        |> keep(columns: ["instance"]) |> group() |> distinct(column: "instance") |> map(fn: (r) => ({instance: r._value, _value: 0}))`,
      );
      expect(sources.map(({ instance }) => instance).sort()).toEqual(['merged-1', 'merged-2', 'merged-3']);
    },
  );

  it('write themselves while no merger lives: Live and the alerts go on, and nothing is lost or counts twice', async () => {
    seen.pings = 0;
    const watched: { behind_s: number[]; alerts: number[] } = { behind_s: [], alerts: [] };
    let watching = Promise.resolve();
    const { code, stderr, summary } = await run('alone', {
      duration: '40s',
      onStart: () => {
        watching = withoutMerger('alone-1', 20_000, async (testid) => {
          const [newest] = await ask(liveRate(testid));
          watched.behind_s.push((Date.now() - Date.parse(newest?._time ?? '')) / 1_000);
          watched.alerts.push((await ask(sloQuery({ project: OWN_PROJECT, scenario: SCENARIO }, RECENT))).length);
        });
      },
    });
    await watching;
    expect(code, stderr).toBe(0);
    expect(watched.alerts.length).toBeGreaterThan(5);
    expect(Math.max(...watched.behind_s), 'a window, the step of the panel, and its way').toBeLessThan(6);
    expect(watched.alerts).toEqual(watched.alerts.map(() => 1));
    expect(summary?.requests).toBe(seen.pings);
    expect(summary?.completeness.state).toBe('complete');
    const testid = summary?.testid ?? '';
    for (const measurement of [MEASUREMENT.scenario('http_reqs'), MEASUREMENT.run('http_reqs')]) {
      const parts = await partsOf(testid, measurement);
      expect(total(parts.map(({ _value }) => _value)), measurement).toBe(seen.pings);
      const [own, merged] = [parts.filter(({ instance }) => instance), parts.filter(({ instance }) => !instance)];
      expect(own.map(({ instance }) => instance).sort()).toEqual(['alone-1', 'alone-2', 'alone-3']);
      expect(total(own.map(({ _value }) => _value)), measurement).toBeGreaterThan(seen.pings / 4);
      expect(total(merged.map(({ _value }) => _value)), measurement).toBeGreaterThan(0);
    }
    expect(summary?.latency?.max_ms).toBe(Math.max(...k6Summaries(testid).map(longest)));
  });

  it('of which one is killed leave the run incomplete, and the others come to their end', async () => {
    const { code, stderr, summary } = await run('hit', {
      duration: '12s',
      onStart: () => process.kill(pidOf('hit-2'), 'SIGKILL'),
    });
    expect(code, stderr).toBe(5);
    // While the others go on, and at the end.
    expect(stderr).toMatch(/warning: generator hit-2 is lost: no sign of life since \d\d:\d\d:\d\d UTC/);
    expect(summary?.generators).toMatchObject({ expected: 3, ended: ['hit-1', 'hit-3'], lost: ['hit-2'] });
    expect(summary?.generators?.each?.map(({ state }) => state)).toEqual(['ended', 'lost', 'ended']);
    expect(summary).toMatchObject({ status: 'incomplete', completeness: { state: 'incomplete' } });
    expect(summary?.verdict).toMatch(/InfluxDB has no end of hit-2 \(lost at \d\d:\d\d:\d\d UTC\)/);
    expect(await recordsOf(summary?.testid ?? '')).toMatchObject([
      { status: 'incomplete', completeness: 'incomplete' },
    ]);
  });

  it('need a load that can be shared', async () => {
    const { code, stderr } = await here.loadstar(['run', 'search', '--instances', '9']);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('a user at least for each of 9 generators');
  });
});

/** As generators on other machines: they have a merger, and nothing of Loadstar's runner. */
describe('generators that meet at a merger of their own', () => {
  const MEETING = `import http from 'k6/http';
export const options = {
  scenarios: { ${SCENARIO}: { executor: 'constant-vus', vus: 6, duration: '5m' } },
  systemTags: ${JSON.stringify(SYSTEM_TAGS)},
};
export function setup() { return http.get(__ENV.TARGET + '/setup').body; }
export default function (data) { http.get(__ENV.TARGET + '/ping?' + data, { tags: { name: 'GET /ping' } }); }
export function teardown(data) { http.get(__ENV.TARGET + '/teardown?' + data); }`;
  /** As the output sees it, from the first iteration of one generator to that of another. Two busy cores. */
  const MOST_SKEW_MS = 500;

  it('run setup() once, begin and end at once, and are stopped by one call; the merger ends by itself', async () => {
    const testid = `meeting-ping-smoke-${Date.now().toString(36)}`;
    const script = join(team, 'meeting.js');
    writeFileSync(script, MEETING);
    const place = await k6.findPlace();
    const output = outputArgs(['loadstar'], {
      influx: stack.influx,
      meeting: { merger_url: place.url, generators: GENERATORS },
      spool_dir: join(team, 'spool'),
      report_file: join(team, 'report.json'),
      own: {},
    });
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    const { K6_LOADSTAR_MERGER: _, K6_LOADSTAR_GENERATORS: __, ...own } = output.env;
    const merger = k6.start({
      args: [MERGE_COMMAND, place.listen, '--generators', String(GENERATORS)],
      env: { ...own, LOADSTAR_MERGE_READ_TOKEN: stack.influx.tokens.cli },
      onLine,
    });
    const generators = splitShares('met', GENERATORS).map(({ args, instance }) =>
      k6.start({
        args: ['run', '--address', '', '--quiet', ...args, ...output.args, script],
        env: { ...output.env, TARGET: url(), K6_LOADSTAR_RUN: testid, K6_LOADSTAR_INSTANCE: instance },
        onLine,
      }),
    );
    const call = async (path: string, token: string, body?: unknown) =>
      await fetch(`${place.own_url}/api/generators${path}`, {
        headers: { Authorization: `Token ${token}` },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      });
    const { k6: writing, cli: reading } = stack.influx.tokens;
    const states = async () => {
      const answer = await call(`?run=${testid}`, reading).catch(() => null);
      if (!answer?.ok) return [];
      const { generators: all } = (await answer.json()) as { generators: { instance: string; state: string }[] };
      return all.map(({ instance, state }) => `${instance} ${state}`);
    };
    await expect.poll(states, { timeout: 60_000 }).toEqual(['met-1 load', 'met-2 load', 'met-3 load']);
    seen.pings = 0;
    await expect.poll(() => seen.pings, { timeout: 20_000 }).toBeGreaterThan(100);

    expect((await call('/stop', 'neither', { run: testid, reason: 'p95' })).status).toBe(401);
    expect((await call('/stop', reading, { run: 'another', reason: 'p95' })).status).toBe(404);
    const stopped = performance.now();
    expect((await call('/stop', reading, { run: testid, reason: 'p95 ≤ 500 ms: 812 ms' })).status).toBe(204);
    expect((await call('/meet', reading, {})).status, 'a judge is no generator').toBe(401);
    expect(writing).not.toBe(reading);
    await expect
      .poll(async () => (await states()).filter((it) => it.endsWith(' load')), { timeout: 5_000, interval: 50 })
      .toEqual([]);
    const lasted_ms = performance.now() - stopped;
    const codes = await Promise.all([merger, ...generators].map(({ exited }) => exited));
    const text = lines.join('\n');
    expect(codes, text).toEqual([0, 99, 99, 99]);
    expect(text).toContain('the load of all generators is stopped: p95 ≤ 500 ms: 812 ms');
    expect(lasted_ms).toBeLessThan(MOST_SKEW_MS * 4);

    expect(meetings.filter((path) => path === '/setup')).toHaveLength(1);
    expect(meetings.filter((path) => path !== '/setup')).toEqual(['/teardown?ok']);
    const bounds = await ask(
      `${pointsOf(testid)} |> filter(fn: (r) => r._measurement == "${MEASUREMENT.end}" and (r._field == "load_from" or r._field == "load_to"))
        |> map(fn: (r) => ({ instance: r._field, _value: float(v: int(v: time(v: r._value))) / 1000000.0 })) |> group()`,
    );
    const skew_ms = (field: string) => {
      const times = bounds.flatMap(({ instance, _value }) => (instance === field ? [_value] : []));
      expect(times).toHaveLength(GENERATORS);
      return Math.max(...times) - Math.min(...times);
    };
    console.log(
      `begin within ${skew_ms('load_from')} ms, end within ${skew_ms('load_to')} ms, ${lasted_ms} ms after the call`,
    );
    expect(skew_ms('load_from')).toBeLessThan(MOST_SKEW_MS);
    expect(skew_ms('load_to')).toBeLessThan(MOST_SKEW_MS);
  });
});
