import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InfluxDB } from '@influxdata/influxdb-client';
import { percentile } from '../analysis/histogram.ts';
import { median } from '../analysis/statistics.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { histogramOf } from '../contract/histogram.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';

export interface HourInput {
  readonly testid: string;
  readonly seconds: number;
  readonly rate: number;
  readonly series: number;
  /** How a histogram is stored: a field a bucket (ours), or a point a bucket with the bucket as a tag. */
  readonly layout: 'field' | 'tag';
  /** Request times alone, or all that k6 emits. */
  readonly metrics?: 'all';
}

export interface Written {
  readonly points: number;
  /** Line protocol. */
  readonly bytes: number;
  /** As sent. */
  readonly sent_bytes: number;
  readonly elapsed_s: number;
}

/** Writes a long, fast run through the output's own encoder (k6/output/hour_bench_test.go). */
export async function writeHour(
  root: string,
  influx: Pick<InfluxAccess, 'url' | 'org' | 'tokens'>,
  input: HourInput,
): Promise<Written> {
  return (await runGoBench(root, 'TestWriteHour', influx, input)) as Written;
}

/** Runs a Go test that writes to InfluxDB, or to what stands before it. @returns the figures that it prints */
export async function runGoBench(
  root: string,
  test: string,
  influx: Pick<InfluxAccess, 'url' | 'org' | 'tokens'>,
  input: Readonly<Record<string, string | number>> | HourInput,
): Promise<unknown> {
  const settings = Object.entries(input).map(([name, value]) => [`BENCH_${name.toUpperCase()}`, String(value)]);
  const { stdout } = await promisify(execFile)(
    'go',
    ['test', '-tags', 'bench', '-run', `^${test}$`, '-count', '1', '-v', '-timeout', '30m', '.'],
    {
      cwd: join(root, 'k6', 'output'),
      env: {
        ...process.env,
        BENCH_URL: influx.url,
        BENCH_TOKEN: influx.tokens.k6,
        BENCH_ORG: influx.org,
        ...Object.fromEntries(settings),
      },
    },
  );
  const line = /BENCH (\{.*\})/.exec(stdout)?.[1];
  if (!line) throw new Error(`expected figures of ${test}; found: ${stdout.slice(-800)}`);
  return JSON.parse(line);
}

/** Bytes below a directory. */
export function measureDiskUse(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

export interface Timed {
  readonly title: string;
  readonly median_ms: number;
  readonly rows: number;
  /** What the query found, where it is one number. */
  readonly p95_ms: number | null;
}

const METRIC = 'http_req_duration';
const REPEATS = 5;
const QUERY_TIMEOUT_MS = 300_000;
const { positive_prefix, negative_prefix, zero_field } = HISTOGRAM;
const BUCKET_FIELDS = `/^(${zero_field}|[${positive_prefix}${negative_prefix}]-?[0-9]+)$/`;

/** The queries that panels, alerts and verdicts make, on the run that {@link writeHour} wrote. */
export async function timeQueries(influx: InfluxAccess, { testid, seconds }: HourInput): Promise<Timed[]> {
  const api = new InfluxDB({ url: influx.url, token: influx.tokens.cli, timeout: QUERY_TIMEOUT_MS }).getQueryApi(
    influx.org,
  );
  const source = (measurement: string, start = `-${seconds + 600}s`) =>
    `from(bucket: "${BUCKETS.live.name}") |> range(start: ${start})
      |> filter(fn: (r) => r._measurement == "${measurement}" and r.testid == "${testid}")`;
  const merge = `|> group(columns: ["_field"]) |> sum()`;
  const histogram = MEASUREMENT.histogram(METRIC);
  const scenario = MEASUREMENT.scenario_histogram(METRIC);
  const so_far = `${source(MEASUREMENT.run(METRIC))} |> filter(fn: (r) => not exists r.name and r._field =~ ${BUCKET_FIELDS})`;
  const queries: readonly (readonly [string, string, boolean])[] = [
    ['p95 of the whole run, from the run so far', `${so_far} ${merge}`, true],
    ['p95 of the whole run, windows of scenarios merged', `${source(scenario)} ${merge}`, true],
    ['p95 of the whole run, windows of all series merged', `${source(histogram)} ${merge}`, true],
    [
      'p95 of the last minute by scenario, as an alert asks',
      `${source(scenario, '-70s')} |> group(columns: ["scenario", "_field"]) |> sum()`,
      false,
    ],
    [
      'p95 over time, a point each 10 s and scenario, highest window of each',
      `${source(MEASUREMENT.scenario(METRIC))} |> filter(fn: (r) => r._field == "p95") |> aggregateWindow(every: 10s, fn: max, createEmpty: false)`,
      false,
    ],
    [
      'p95 over time, histograms merged each 10 s',
      `${source(scenario)} |> group(columns: ["_field"]) |> aggregateWindow(every: 10s, fn: sum, createEmpty: false)`,
      false,
    ],
  ];
  const timed: Timed[] = [];
  for (const [title, flux, is_histogram] of queries) {
    const times: number[] = [];
    let rows: { _field: string; _value: number }[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const started_ms = performance.now();
      rows = await api.collectRows(flux);
      times.push(performance.now() - started_ms);
    }
    const merged = histogramOf(rows.map((row) => [row._field, row._value]));
    timed.push({
      title,
      median_ms: median(times),
      rows: rows.length,
      p95_ms: is_histogram ? percentile(merged, 0.95) : null,
    });
  }
  return timed;
}

/** What a layout costs the index, and a query of one merged percentile over all series. */
export async function layoutCost(
  influx: InfluxAccess,
  { testid, layout, seconds }: HourInput,
): Promise<{ readonly series: number; readonly query_ms: number }> {
  const access = { url: influx.url, token: influx.tokens.cli, timeout: QUERY_TIMEOUT_MS };
  const api = new InfluxDB(access).getQueryApi(influx.org);
  const start = `-${seconds + 600}s`;
  const key = layout === 'field' ? '_field' : 'bucket';
  const flux = `from(bucket: "${BUCKETS.live.name}") |> range(start: ${start})
    |> filter(fn: (r) => r._measurement == "${MEASUREMENT.histogram(METRIC)}" and r.testid == "${testid}")
    |> group(columns: ["${key}"]) |> sum()`;
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const started_ms = performance.now();
    await api.collectRows(flux);
    times.push(performance.now() - started_ms);
  }
  return { series: await countSeries(influx, testid), query_ms: median(times) };
}

/** Series of a run in InfluxDB's index. */
export async function countSeries(influx: InfluxAccess, testid: string): Promise<number> {
  const access = { url: influx.url, token: influx.tokens.cli, timeout: QUERY_TIMEOUT_MS };
  const [cardinality] = await new InfluxDB(access).getQueryApi(influx.org).collectRows<{ _value: number }>(
    `import "influxdata/influxdb"
     influxdb.cardinality(bucket: "${BUCKETS.live.name}", start: -1d, predicate: (r) => r.testid == "${testid}")`,
  );
  return cardinality?._value ?? 0;
}
