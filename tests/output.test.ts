/** The k6 output on the real k6 and the real influxd: exact counts, mergeable percentiles, nothing lost. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { percentile, sampleCount } from '../analysis/histogram.ts';
import { SYSTEM_TAGS } from '../contract/k6-metrics.ts';
import type { K6Summary } from '../contract/k6-summary.ts';
import { TREND_STATISTICS } from '../contract/metrics.ts';
import type { OutputReport } from '../contract/output-report.ts';
import type { RunSummary } from '../contract/results.ts';
import { readRunDetail } from '../influxdb/run-detail.ts';
import { checkCompleteness } from '../runs/judge/check-completeness.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { K6Launcher, Stack } from '../stack/engine/engine.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
let stack: Stack;
let k6: K6Launcher;
let target: Server;
let directory: string;
beforeAll(async () => {
  here = await machine();
  const engine = nativeEngine(here.context);
  stack = await engine.up();
  k6 = await engine.k6();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-output-'));
  target = createServer((request, response) => {
    setTimeout(() => response.end('ok'), request.url === '/slow' ? 30 * Math.random() : 0);
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
}, 300_000);
afterAll(async () => {
  target.close();
  rmSync(directory, { recursive: true });
  await here.dispose();
});

const url = () => `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
const cli = () => ({ url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli });

interface Run {
  readonly code: number | null;
  readonly lines: string[];
  readonly report: OutputReport | null;
  readonly summary: K6Summary | null;
  readonly raw_file: string;
}

interface RunInput {
  readonly testid: string;
  readonly instance?: string;
  readonly script: string;
  readonly env?: Record<string, string>;
  readonly raw?: boolean;
}

/** One k6 with our output, and k6's own JSON output beside it where the raw samples are wanted. */
async function runK6({ testid, instance = 'one', script, env = {}, raw = false }: RunInput): Promise<Run> {
  const place = join(directory, `${testid}-${instance}`);
  mkdirSync(place, { recursive: true });
  const file = join(place, 'script.js');
  const raw_file = join(place, 'raw.json');
  const report_file = join(place, 'report.json');
  writeFileSync(
    file,
    `${script}
export function handleSummary(data) { return { '${join(place, 'summary.json')}': JSON.stringify(data) }; }`,
  );
  const output = outputArgs(['loadstar'], {
    influx: stack.influx,
    spool_dir: join(place, 'spool'),
    report_file,
    own: {},
  });
  const lines: string[] = [];
  const tags = ['--tag', `testid=${testid}`, '--tag', `instance=${instance}`];
  const more = raw ? ['--out', `json=${raw_file}`] : [];
  const started = k6.start({
    args: ['run', '--address', '', '--quiet', ...tags, ...output.args, ...more, file],
    env: { ...output.env, TARGET: url(), ...env },
    onLine: (line) => lines.push(line),
  });
  const code = await started.exited;
  const read = <T>(name: string) =>
    existsSync(join(place, name)) ? (JSON.parse(readFileSync(join(place, name), 'utf8')) as T) : null;
  return { code, lines, report: read('report.json'), summary: read('summary.json'), raw_file };
}

const OPTIONS = `systemTags: ${JSON.stringify(SYSTEM_TAGS)}, summaryTrendStats: ${JSON.stringify(TREND_STATISTICS)}`;
const requests = (iterations: number, vus = 5) => `
import http from 'k6/http';
export const options = { scenarios: { main: { executor: 'shared-iterations', vus: ${vus}, iterations: ${iterations} } }, ${OPTIONS} };
export default function () {
  http.get(__ENV.TARGET + (Math.random() < 0.2 ? '/slow' : '/'), { tags: { name: Math.random() < 0.5 ? 'GET /a' : 'GET /b' } });
}`;

/** The latencies that k6's own JSON output wrote, in ms. */
function rawLatencies(file: string): number[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"http_req_duration"') && line.includes('"Point"'))
    .map((line) => (JSON.parse(line) as { data: { value: number } }).data.value);
}

/** As k6 defines percentiles: linear between ranks, p·(n−1). */
function exact(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? 0;
  return low + ((sorted[Math.ceil(rank)] ?? 0) - low) * (rank - Math.floor(rank));
}

function expectWithinOnePercent(found: number | null, wanted: number): void {
  expect(Math.abs((found ?? Number.NaN) / wanted - 1)).toBeLessThanOrEqual(0.01);
}

describe('percentiles from merged histograms', () => {
  it.each([5, 3_000])('are within 1 %% of the exact ones, for %i requests', async (count) => {
    const testid = `merge-${count}`;
    const run = await runK6({ testid, script: requests(count), raw: true });
    expect(run.code, run.lines.join('\n')).toBe(0);
    const raw = rawLatencies(run.raw_file);
    expect(raw).toHaveLength(count);
    const { histograms } = await readRunDetail(cli(), 'loadstar', testid, new Date());
    expect(sampleCount(histograms[''] ?? null)).toBe(count);
    const { '': whole, ...by_request } = histograms;
    const parts = Object.values(by_request);
    expect(parts.reduce((sum, part) => sum + sampleCount(part), 0)).toBe(count);
    expect(Math.min(...parts.map(({ min }) => min))).toBe(whole?.min);
    expect(Math.max(...parts.map(({ max }) => max))).toBe(whole?.max);
    for (const share of [0.5, 0.95, 0.99]) expectWithinOnePercent(percentile(whole ?? null, share), exact(raw, share));
  });

  it('merge over three generators that run at the same time', async () => {
    const testid = 'three';
    const instances = ['one', 'two', 'three'];
    const runs = await Promise.all(
      instances.map((instance) => runK6({ testid, instance, script: requests(700), raw: true })),
    );
    const raw = runs.flatMap((run) => rawLatencies(run.raw_file));
    expect(raw).toHaveLength(2_100);
    const { histograms } = await readRunDetail(cli(), 'loadstar', testid, new Date());
    expect(sampleCount(histograms[''] ?? null)).toBe(2_100);
    for (const share of [0.5, 0.95, 0.99]) {
      expectWithinOnePercent(percentile(histograms[''] ?? null, share), exact(raw, share));
    }
  });
});

const EVERYTHING = `
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
const counter = new Counter('own_counter'), gauge = new Gauge('own_gauge'), rate = new Rate('own_rate');
const trend = new Trend('own_trend'), time = new Trend('own_time', true);
export const options = { vus: 4, iterations: 200, ${OPTIONS} };
const odd = { 'a b': 'x y', 'c,d': 'e=f', quote: '"q"', uml: 'äöü 😀', back: 'end\\\\', long: 'z'.repeat(5000), line: 'a\\nb', empty: '' };
export function setup() { http.get(__ENV.TARGET + '/setup', { tags: { name: 'setup' } }); }
export default function () {
  group('a group, with = and "quotes"', () => {
    const response = http.get(__ENV.TARGET + '/?id=' + Math.random(), { tags: { name: 'GET /' } });
    check(response, { 'is 200, really="yes"': (r) => r.status === 200 });
  });
  counter.add(1.5, odd); gauge.add(Math.random() * 100 - 50, odd); rate.add(Math.random() < 0.3, odd);
  trend.add(Math.random() * 10 - 5, odd); time.add(Math.random() * 1000, odd);
}
export function teardown() { http.get(__ENV.TARGET + '/teardown', { tags: { name: 'teardown' } }); }`;

const completenessOf = (testid: string, { summary, report }: Run) =>
  checkCompleteness(cli(), { testid, started: new Date(), outputs: ['loadstar'] }, { k6: summary, report });

describe("k6's own figures", () => {
  it('are exact for 100,000 values of a trend, and within 0.1 % for more', async () => {
    const testid = 'many-values';
    const script = `
import { Trend } from 'k6/metrics';
const few = new Trend('few'), many = new Trend('many');
export const options = {
  iterations: 1, ${OPTIONS}, thresholds: { few: ['p(95)<95000.06', 'p(95)>95000.04'], many: ['p(95)<285500', 'p(95)>284500'] },
};
export default function () {
  for (let i = 0; i < 300000; i++) {
    if (i < 100000) few.add(((i * 7919) % 100000) + 1);
    many.add(((i * 7919) % 300000) + 1);
  }
}`;
    const run = await runK6({ testid, script });
    expect(run.code, run.lines.join('\n')).toBe(0);
    const valuesOf = (name: string) => run.summary?.metrics[name]?.values as Record<string, number>;
    expect(valuesOf('few')).toMatchObject({ count: 100_000, min: 1, max: 100_000, avg: 50_000.5 });
    expect(valuesOf('few')['p(95)']).toBeCloseTo(95_000.05, 6);
    expect(valuesOf('many')).toMatchObject({ count: 300_000, min: 1, max: 300_000, avg: 150_000.5 });
    for (const [name, wanted] of [
      ['p(50)', 150_000.5],
      ['p(95)', 285_000.05],
      ['p(99)', 297_000.01],
    ] as const)
      expect(Math.abs((valuesOf('many')[name] ?? 0) / wanted - 1), name).toBeLessThanOrEqual(0.001);
    expect((await completenessOf(testid, run)).state).toBe('complete');
  });
});

describe('counts', () => {
  it('are exact for every metric: all types, set-up and tear-down, tags with anything in them', async () => {
    const testid = 'everything';
    const run = await runK6({ testid, script: EVERYTHING });
    expect(run.code, run.lines.join('\n')).toBe(0);
    const found = await completenessOf(testid, run);
    expect(found.rows.filter((row) => !row.ok)).toEqual([]);
    expect(found.state).toBe('complete');
    expect(found.samples_stored).toBe(Object.values(run.report?.samples ?? {}).reduce((sum, n) => sum + n, 0));
    expect(run.report?.samples).toMatchObject({ http_reqs: 202, own_counter: 200, own_gauge: 200, own_time: 200 });
    expect(run.report).toMatchObject({ lost_points: 0, rejected_batches: 0, spooled_batches: 0, overflow: null });
  });

  it('stay exact beyond the limit of series, and the tag at fault is named', async () => {
    const testid = 'explosion';
    const script = requests(300).replace(
      "{ name: Math.random() < 0.5 ? 'GET /a' : 'GET /b' }",
      '{ name: "GET /" + __ITER + "-" + __VU }',
    );
    const run = await runK6({ testid, script, env: { K6_LOADSTAR_SERIES_LIMIT: '50' } });
    expect(run.code).toBe(0);
    expect(run.report?.overflow?.at_fault.tag).toBe('name');
    expect(run.lines.join('\n')).toContain('__other__');
    const found = await completenessOf(testid, run);
    expect(found.state).toBe('complete');
    expect(run.report?.series).toBeLessThan(100);
  });
});

/** A metric of the script's own, once an iteration. */
const own = (type: string) => `
import http from 'k6/http';
import { ${type} } from 'k6/metrics';
const orders = new ${type}('orders');
export const options = { vus: 1, iterations: 3, ${OPTIONS} };
export default function () { http.get(__ENV.TARGET, { tags: { name: 'GET /' } }); orders.add(1); }`;

describe('a metric whose name InfluxDB knows', () => {
  it('may have been of another k6 type before', async () => {
    for (const type of ['Counter', 'Rate', 'Gauge', 'Trend']) {
      const testid = `type-${type}`;
      const run = await runK6({ testid, script: own(type) });
      expect(run.report, type).toMatchObject({ lost_points: 0, rejected_batches: 0 });
      expect((await completenessOf(testid, run)).state, type).toBe('complete');
    }
  });

  it('loses points where another program stored it with another field type: counted, with the words of InfluxDB', async () => {
    const query = new URLSearchParams({ org: stack.influx.org, bucket: 'k6' });
    const written = await fetch(`${stack.influx.url}/api/v2/write?${query}`, {
      method: 'POST',
      headers: { authorization: `Token ${stack.influx.tokens.k6}` },
      body: 'refunds value="many"',
    });
    expect(written.status, await written.text()).toBe(204);
    const testid = 'conflict';
    const run = await runK6({ testid, script: own('Counter').replaceAll('orders', 'refunds') });
    expect(run.report?.refusal).toMatch(/field type conflict: input field "value" on measurement "refunds"/);
    expect(run.report?.rejected_batches).toBeGreaterThan(0);
    // All but the points of that measurement are stored.
    const found = await completenessOf(testid, run);
    expect(found.state).toBe('incomplete');
    expect(new Set(found.rows.filter((row) => !row.ok).map(({ metric }) => metric))).toEqual(new Set(['refunds']));
    expect(run.report?.lost_points).toBe(run.report?.rejected_batches);
  });
});

describe('a start that cannot work', () => {
  it.each([
    ['a refused token', { K6_INFLUXDB_TOKEN: 'wrong' }, '401'],
    ['a missing bucket', { K6_LOADSTAR_BUCKET: 'none' }, '404'],
    ['no InfluxDB', { K6_INFLUXDB_ADDR: 'http://127.0.0.1:1' }, 'refused'],
    ['an unknown setting', { K6_LOADSTAR_WINDOWS: '1s' }, 'K6_LOADSTAR_WINDOW'],
  ])('%s stops the run before any load', async (name, env, says) => {
    const run = await runK6({ testid: `start-${name.replaceAll(' ', '-')}`, script: requests(5), env });
    expect(run.code).not.toBe(0);
    expect(run.lines.join('\n')).toContain(says);
    // k6 may still write a summary, of nothing.
    expect(run.summary?.metrics.http_reqs).toBeUndefined();
  });
});

/** The pid of this test's influxd. */
function influxPid(): number {
  return (JSON.parse(readFileSync(join(here.state_dir, 'influxdb', 'pid.json'), 'utf8')) as { pid: number }).pid;
}

describe('InfluxDB that goes away', () => {
  it('and comes back during the run: no sample is lost', async () => {
    const phases = ['kill', 'start'];
    const run = await here.loadstar(['run', 'search', '--duration', '16s', '--scale', '4', '--json'], {
      onOutput(text) {
        if (phases[0] === 'kill' && / users?,/.test(text)) {
          phases.shift();
          process.kill(influxPid(), 'SIGKILL');
          setTimeout(() => {
            phases.shift();
            void here.loadstar(['up']);
          }, 5_000);
        }
      },
    });
    expect(phases).toEqual([]);
    expect(run.code, run.stderr).toBe(0);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary?.completeness.state).toBe('complete');
    expect(summary?.completeness.samples_stored).toBe(summary?.completeness.samples_sent);
  });

  it('until after the end: what it missed is delivered by the next call, and the run is judged again', async () => {
    let killed = false;
    const run = await here.loadstar(['run', 'search', '--duration', '6s', '--json'], {
      env: { K6_LOADSTAR_DRAIN_TIMEOUT: '1s' },
      onOutput(text) {
        if (killed || !/ users?,/.test(text)) return;
        killed = true;
        process.kill(influxPid(), 'SIGKILL');
      },
    });
    expect(run.code, run.stderr).toBe(4);
    const [before] = JSON.parse(run.stdout) as RunSummary[];
    expect(before?.completeness.state).toBe('unknown');
    expect(before?.output?.spooled_batches).toBeGreaterThan(0);
    expect(run.stderr).toContain('the next call delivers them');
    expect(readdirSync(join(here.state_dir, 'spool'))).toHaveLength(1);

    const next = await here.loadstar(['runs', '--json']);
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).toMatch(new RegExp(`of run ${before?.testid}: delivered \\d+ batches .*; complete`));
    expect(readdirSync(join(here.state_dir, 'spool'))).toEqual([]);
    const after = JSON.parse(
      readFileSync(join(here.results_dir, before?.testid ?? '', 'summary.json'), 'utf8'),
    ) as RunSummary;
    expect(after).toMatchObject({ status: 'passed', completeness: { state: 'complete' } });
    const recorded = JSON.parse(next.stdout).find((record: { testid: string }) => record.testid === before?.testid);
    expect(recorded.status).toBe('passed');
  });

  it('that hangs does not hang the load: k6 goes on at its rate, and the rest is kept', async () => {
    let stopped = false;
    const run = await here.loadstar(['run', 'search', '--duration', '10s', '--scale', '4', '--json'], {
      onOutput(text) {
        if (stopped || !/ users?,/.test(text)) return;
        stopped = true;
        process.kill(influxPid(), 'SIGSTOP');
        setTimeout(() => process.kill(influxPid(), 'SIGCONT'), 6_000);
      },
    });
    expect(run.code, run.stderr).toBe(0);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary).toMatchObject({ completeness: { state: 'complete' } });
    expect(summary?.duration_s).toBeLessThan(16);
  });
});
