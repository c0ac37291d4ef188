/**
 * The metrics of a run: the one table that everything that shows, stores, judges, queries or documents a figure reads.
 * A key is the name of a metric everywhere: in the record (its field in InfluxDB), in summary.json, in SLOs and in
 * comparisons. To add a metric, add a row.
 */
import { EXCEPTION_METRIC, LATENCY_METRIC } from './k6-metrics.ts';

/** How values of a unit are written: `suffix` after the figure, `grafana` the id of the unit there. */
export const UNITS = {
  ms: { suffix: ' ms', grafana: 'ms', decimals: 0, highest: Number.POSITIVE_INFINITY },
  /** A fraction, written as a percentage: 0.01 is 1 %. */
  share: { suffix: ' %', grafana: 'percentunit', decimals: 2, highest: 1 },
  per_s: { suffix: '/s', grafana: 'reqps', decimals: 1, highest: Number.POSITIVE_INFINITY },
  count: { suffix: '', grafana: 'locale', decimals: 0, highest: Number.POSITIVE_INFINITY },
  /** Of a metric whose unit nobody states. */
  number: { suffix: '', grafana: 'none', decimals: 2, highest: Number.POSITIVE_INFINITY },
} as const;

export type Unit = keyof typeof UNITS;

interface Metric {
  readonly label: string;
  readonly unit: Unit;
  /** Which way is worse; null where neither is. */
  readonly worse: 'up' | 'down' | null;
  /** Where k6's summary has it: the metric, and its statistic. */
  readonly k6: { readonly metric: string; readonly statistic: string };
  /** The share of samples that lie below it, where it is a percentile of the latency. */
  readonly percentile?: number;
  /** It is known of each request, not only of the whole run. */
  readonly by_request?: true;
  /**
   * It is compared with earlier runs. A change that matters is as large as this share of the baseline and as large as
   * this difference in the unit of the metric.
   */
  readonly compared?: { readonly least_change: number; readonly least_difference: number };
  /** The record keeps what earlier runs lead one to expect of it, so that its trend can be shown with the band. */
  readonly trend?: true;
  /** No run has it by itself: it says how far a run differs from others, or is of a threshold alone. */
  readonly comparison_only?: true;
}

/** A tenth is what a person notices; below 20 ms nobody notices it. */
const LATENCY_CHANGE = { least_change: 0.1, least_difference: 20 } as const;

function percentile<const Nth extends number>(nth: Nth) {
  return {
    label: `p${nth}`,
    unit: 'ms',
    worse: 'up',
    k6: { metric: LATENCY_METRIC, statistic: `p(${nth})` },
    percentile: nth / 100,
  } as const;
}

function latency<const Statistic extends string>(label: string, statistic: Statistic) {
  return { label, unit: 'ms', worse: 'up', k6: { metric: LATENCY_METRIC, statistic } } as const;
}

function counter<const Name extends string>(label: string, name: Name, worse: 'up' | null = null) {
  return { label, unit: 'count', worse, k6: { metric: name, statistic: 'count' } } as const;
}

/** In the order in which they are shown. */
export const METRICS = {
  requests: { ...counter('requests', 'http_reqs'), by_request: true },
  min_ms: latency('min', 'min'),
  avg_ms: latency('average', 'avg'),
  p50_ms: { ...percentile(50), by_request: true, compared: LATENCY_CHANGE },
  p90_ms: percentile(90),
  p95_ms: { ...percentile(95), by_request: true, compared: LATENCY_CHANGE, trend: true },
  p99_ms: { ...percentile(99), by_request: true, compared: LATENCY_CHANGE },
  max_ms: { ...latency('max', 'max'), by_request: true },
  typical_ms: { ...latency('typical latency', 'med'), compared: LATENCY_CHANGE, comparison_only: true },
  throughput_rps: {
    label: 'throughput',
    unit: 'per_s',
    worse: 'down',
    k6: { metric: 'http_reqs', statistic: 'rate' },
    compared: { least_change: 0.1, least_difference: 0 },
    trend: true,
  },
  error_rate: {
    label: 'error rate',
    unit: 'share',
    worse: 'up',
    k6: { metric: 'http_req_failed', statistic: 'rate' },
    by_request: true,
    compared: { least_change: 0.1, least_difference: 0.005 },
    trend: true,
  },
  checks_rate: {
    label: 'checks',
    unit: 'share',
    worse: 'down',
    k6: { metric: 'checks', statistic: 'rate' },
    compared: { least_change: 0, least_difference: 0.005 },
  },
  exception_rate: {
    label: 'script exceptions',
    unit: 'share',
    worse: 'up',
    k6: { metric: EXCEPTION_METRIC, statistic: 'rate' },
  },
  iterations: counter('iterations', 'iterations'),
  dropped_iterations: counter('dropped iterations', 'dropped_iterations', 'up'),
  /** Whatever the threshold of a script is of. */
  threshold: {
    label: 'threshold',
    unit: 'number',
    worse: 'up',
    k6: { metric: '', statistic: 'value' },
    comparison_only: true,
  },
} as const satisfies Record<string, Metric>;

type Table = typeof METRICS;
export type MetricKey = keyof Table;
type KeyWith<Fact> = { [Key in MetricKey]: Table[Key] extends Fact ? Key : never }[MetricKey];

/** Values by metric; null where a run has none. */
export type MetricValues = Readonly<Record<MetricKey, number | null>>;

/** Compared with earlier runs. */
export type ComparedMetric = KeyWith<{ readonly compared: object }>;
/** Of a comparison, not of a run. */
export type ComparisonMetric = KeyWith<{ readonly comparison_only: true }>;
/** Recorded with what earlier runs lead one to expect. */
export type TrendMetric = KeyWith<{ readonly trend: true }>;
/** Known of each request. */
export type RequestMetric = KeyWith<{ readonly by_request: true }>;
/** Of the time that requests take. */
export type LatencyMetric = Exclude<KeyWith<{ readonly unit: 'ms' }>, ComparisonMetric>;
export type PercentileMetric = KeyWith<{ readonly percentile: number }>;

export const METRIC_KEYS = Object.keys(METRICS) as MetricKey[];

function keysWith<Key extends MetricKey>(has: (metric: Metric) => boolean): readonly Key[] {
  return METRIC_KEYS.filter((key) => has(METRICS[key])) as Key[];
}

export const COMPARED_METRICS = keysWith<ComparedMetric>(({ compared }) => compared !== undefined);
export const TREND_METRICS = keysWith<TrendMetric>(({ trend }) => trend === true);
export const REQUEST_METRICS = keysWith<RequestMetric>(({ by_request }) => by_request === true);
export const LATENCY_METRICS = keysWith<LatencyMetric>(
  ({ unit, comparison_only }) => unit === 'ms' && !comparison_only,
);
export const PERCENTILE_METRICS = keysWith<PercentileMetric>((metric) => metric.percentile !== undefined);

/** The values of all metrics, one by one. */
export function metricValues(read: (metric: MetricKey) => number | null): MetricValues {
  return Object.fromEntries(METRIC_KEYS.map((metric) => [metric, read(metric)])) as unknown as MetricValues;
}

/** Whether a text from outside names a metric. */
export function isMetric(name: string): name is MetricKey {
  return Object.hasOwn(METRICS, name);
}

/** What a line on a whole run shows: all that is compared or known of each request. */
export const HEADLINE_METRICS = METRIC_KEYS.filter(
  (key) => ('compared' in METRICS[key] || 'by_request' in METRICS[key]) && !('comparison_only' in METRICS[key]),
);

/** What k6 works out of a trend at the end of a run; it counts the samples only if it is asked to. */
export const TREND_STATISTICS = [...LATENCY_METRICS.map((key) => METRICS[key].k6.statistic), 'count'] as const;
