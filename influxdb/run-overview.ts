/** The newest runs with all that their records hold of them: what the page over all runs, and trends, are made of. */
import { flux, type QueryApi } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import type { Histogram } from '../contract/histogram.ts';
import { type MetricValues, metricValues, TREND_METRICS, type TrendMetric } from '../contract/metrics.ts';
import type { AbRun, AbVerdict } from '../contract/results.ts';
import {
  type ComparisonVerdict,
  RUN_DETAIL,
  RUN_MEASUREMENT,
  RUN_TAG_NAMES,
  type RunId,
  type RunStatus,
} from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { type HistogramRow, histogramsBy } from './histograms.ts';
import { type Row, reading, requireKnownRecords } from './row.ts';
import { figuresOf } from './run-figures.ts';
import { NO_BRANCH, projectPredicate } from './run-identity.ts';
import type { RequestFigures } from './run-points.ts';

/** What earlier runs lead one to expect, in the unit of the metric. */
export interface Expectation {
  readonly baseline: number;
  readonly low: number;
  readonly high: number;
}

type Expected = Readonly<Partial<Record<TrendMetric, Expectation>>>;

/** A run as its record and the points beside it tell it. */
export interface RunOverview {
  readonly testid: RunId;
  readonly project: string;
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
  /** Which side of `loadstar ab` it was; null: none. */
  readonly ab_side: AbRun['side'] | null;
  /** What `loadstar ab` found; of its head alone. */
  readonly ab_verdict: AbVerdict | null;
  readonly values: MetricValues;
  readonly expected: Expected;
  readonly shifts: Readonly<Partial<Record<TrendMetric, number>>>;
  readonly by_request: readonly RequestFigures[];
  /** Of the whole run; null where the record has none. */
  readonly histogram: Histogram | null;
}

const QUERY_TIMEOUT_MS = 30_000;

/**
 * Newest first.
 * @param project null: of all projects
 * @param limit at most so many
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readOverviews(
  connection: InfluxConnection,
  project: string | null,
  limit: number,
): Promise<RunOverview[]> {
  const api = queryApi(connection, QUERY_TIMEOUT_MS);
  const records = await api.collectRows<Row>(
    `${measured(RUN_MEASUREMENT, new Date(0), project)}
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()
      |> sort(columns: ["_time"], desc: true)
      |> limit(n: ${limit})`,
  );
  requireKnownRecords(records);
  const oldest = records.at(-1)?._time;
  if (oldest === undefined) return [];
  const since = new Date(String(oldest));
  const [requests, histograms, expected] = await Promise.all([
    readRequests(api, since, project),
    readHistograms(api, since, project),
    readExpected(api, since, project),
  ]);
  return records.map((row) => {
    const key = keyOf(row);
    return overview(row, {
      by_request: requests.get(key) ?? [],
      histogram: histograms[key] ?? null,
      expected: expected.get(key) ?? {},
    });
  });
}

function measured(measurement: string, since: Date, project: string | null): string {
  return String(flux`from(bucket: ${BUCKETS.runs.name})
      |> range(start: ${since}, stop: ${endOfAll()})
      |> filter(fn: (r) => r._measurement == ${measurement} and ${projectPredicate(project)})`);
}

/** What a record and its points have in common. */
function keyOf(row: Row): string {
  return ['_time', ...RUN_TAG_NAMES].map((name) => row[name]).join('\n');
}

async function readRequests(
  api: QueryApi,
  since: Date,
  project: string | null,
): Promise<Map<string, RequestFigures[]>> {
  const rows = await api.collectRows<Row>(
    `${measured(RUN_DETAIL.request, since, project)}
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()`,
  );
  const requests = new Map<string, RequestFigures[]>();
  for (const row of rows) {
    requests.set(keyOf(row), [...(requests.get(keyOf(row)) ?? []), figuresOf(row)]);
  }
  return requests;
}

/** A row a bucket: to pivot them would cost InfluxDB more than to send them. */
async function readHistograms(
  api: QueryApi,
  since: Date,
  project: string | null,
): Promise<Readonly<Record<string, Histogram>>> {
  const rows = await api.collectRows<Row & HistogramRow>(
    `${measured(RUN_DETAIL.histogram, since, project)}
      |> filter(fn: (r) => not exists r.name)
      |> toFloat()
      |> group()
      |> keep(columns: ["_time", "_field", "_value", ${RUN_TAG_NAMES.map((name) => `"${name}"`).join(', ')}])`,
  );
  return histogramsBy(rows, keyOf);
}

/** The bands of the runs' own figures, as they were when each run was judged. */
async function readExpected(api: QueryApi, since: Date, project: string | null): Promise<Map<string, Expected>> {
  const fields = ['baseline', 'low', 'high'].map((name) => `r._field == "${name}"`).join(' or ');
  const metrics = TREND_METRICS.map((metric) => `r.metric == "${metric}"`);
  const rows = await api.collectRows<Row>(
    `${measured(RUN_DETAIL.comparison, since, project)}
      |> filter(fn: (r) => not exists r.name and (${metrics.join(' or ')}))
      |> filter(fn: (r) => ${fields})
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()`,
  );
  const expected = new Map<string, Expected>();
  for (const row of rows) {
    const { baseline, low, high } = row;
    if (typeof baseline !== 'number' || typeof low !== 'number' || typeof high !== 'number') continue;
    expected.set(keyOf(row), { ...expected.get(keyOf(row)), [String(row.metric)]: { baseline, low, high } });
  }
  return expected;
}

function overview(row: Row, details: Pick<RunOverview, 'by_request' | 'histogram' | 'expected'>): RunOverview {
  const { text, maybeText, number: figure, shifts } = reading(row);
  return {
    testid: text('testid'),
    project: text('project'),
    scenario: text('scenario'),
    profile: text('profile'),
    target: text('target'),
    branch: row.branch === NO_BRANCH ? null : maybeText('branch'),
    commit: maybeText('commit'),
    ab_side: maybeText('ab_side') as AbRun['side'] | null,
    ab_verdict: maybeText('ab_verdict') as AbVerdict | null,
    version: maybeText('version'),
    started: text('started'),
    status: text('status') as RunStatus,
    verdict: maybeText('verdict'),
    comparison: maybeText('comparison') as ComparisonVerdict | null,
    values: metricValues(figure),
    shifts: Object.fromEntries(shifts),
    ...details,
  };
}
