/** The newest runs with all that their records hold of them: what the page over all runs, and trends, are made of. */
import { flux, type QueryApi } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import type { Histogram } from '../contract/histogram.ts';
import { type MetricValues, metricValues, TREND_METRICS, type TrendMetric } from '../contract/metrics.ts';
import {
  type ComparisonVerdict,
  RUN_DETAIL,
  RUN_MEASUREMENT,
  RUN_TAG_NAMES,
  type RunId,
  type RunStatus,
  TREND_FIELD,
} from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { type HistogramRow, histogramsBy } from './histograms.ts';
import { type Row, reading } from './row.ts';
import { type Expectation, NO_BRANCH, type RequestFigures, requestFigures } from './run-points.ts';

/** A run as its record and the points beside it tell it. */
export interface RunOverview {
  readonly testid: RunId;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly commit: string | null;
  readonly version: string | null;
  readonly started: string;
  readonly status: RunStatus;
  readonly verdict: string | null;
  readonly comparison: ComparisonVerdict | null;
  readonly values: MetricValues;
  readonly expected: Readonly<Partial<Record<TrendMetric, Expectation>>>;
  readonly shifts: Readonly<Partial<Record<TrendMetric, number>>>;
  readonly by_request: readonly RequestFigures[];
  /** Of the whole run; null where the record has none. */
  readonly histogram: Histogram | null;
}

const QUERY_TIMEOUT_MS = 30_000;

/**
 * Newest first.
 * @param limit at most so many
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readOverviews(connection: InfluxConnection, limit: number): Promise<RunOverview[]> {
  const api = queryApi(connection, QUERY_TIMEOUT_MS);
  const records = await api.collectRows<Row>(
    `${measured(RUN_MEASUREMENT, new Date(0))}
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()
      |> sort(columns: ["_time"], desc: true)
      |> limit(n: ${limit})`,
  );
  const oldest = records.at(-1)?._time;
  if (oldest === undefined) return [];
  const since = new Date(String(oldest));
  const [requests, histograms] = await Promise.all([readRequests(api, since), readHistograms(api, since)]);
  return records.map((row) => overview(row, requests.get(keyOf(row)) ?? [], histograms[keyOf(row)] ?? null));
}

function measured(measurement: string, since: Date): string {
  return String(flux`from(bucket: ${BUCKETS.runs.name})
      |> range(start: ${since}, stop: ${endOfAll()})
      |> filter(fn: (r) => r._measurement == ${measurement})`);
}

/** What a record and its points have in common. */
function keyOf(row: Row): string {
  return ['_time', ...RUN_TAG_NAMES].map((name) => row[name]).join('\n');
}

async function readRequests(api: QueryApi, since: Date): Promise<Map<string, RequestFigures[]>> {
  const rows = await api.collectRows<Row>(
    `${measured(RUN_DETAIL.request, since)}
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()`,
  );
  const requests = new Map<string, RequestFigures[]>();
  for (const row of rows) {
    const figures = requestFigures(String(row.name), (metric) => Number(row[metric] ?? 0));
    requests.set(keyOf(row), [...(requests.get(keyOf(row)) ?? []), figures]);
  }
  return requests;
}

/** A row a bucket: to pivot them would cost InfluxDB more than to send them. */
async function readHistograms(api: QueryApi, since: Date): Promise<Readonly<Record<string, Histogram>>> {
  const rows = await api.collectRows<Row & HistogramRow>(
    `${measured(RUN_DETAIL.histogram, since)}
      |> filter(fn: (r) => not exists r.name)
      |> toFloat()
      |> group()
      |> keep(columns: ["_time", "_field", "_value", ${RUN_TAG_NAMES.map((name) => `"${name}"`).join(', ')}])`,
  );
  return histogramsBy(rows, keyOf);
}

function overview(row: Row, by_request: readonly RequestFigures[], histogram: Histogram | null): RunOverview {
  const { text, maybeText, number: figure, shifts } = reading(row);
  const expected = TREND_METRICS.flatMap((metric) => {
    const [baseline, low, high] = [TREND_FIELD.baseline, TREND_FIELD.low, TREND_FIELD.high].map((name) =>
      figure(name(metric)),
    );
    const known = typeof baseline === 'number' && typeof low === 'number' && typeof high === 'number';
    return known ? [[metric, { baseline, low, high }] as const] : [];
  });
  return {
    testid: text('testid'),
    scenario: text('scenario'),
    profile: text('profile'),
    target: text('target'),
    branch: row.branch === NO_BRANCH ? null : maybeText('branch'),
    commit: maybeText('commit'),
    version: maybeText('version'),
    started: text('started'),
    status: text('status') as RunStatus,
    verdict: maybeText('verdict'),
    comparison: maybeText('comparison') as ComparisonVerdict | null,
    values: metricValues(figure),
    expected: Object.fromEntries(expected),
    shifts: Object.fromEntries(shifts),
    by_request,
    histogram,
  };
}
