/** Pieces of Flux that several panels are made of. Nothing here knows a panel; names come from contract/. */
import { BUCKETS } from '../../contract/buckets.ts';
import { HISTOGRAM } from '../../contract/live-schema.ts';

/** Dashboard variables, as Grafana interpolates them into a query. */
export const VARIABLE = { run: 'testid', scenario: 'scenario', request: 'request' } as const;

/** The window that the panel's time range shows. */
const SHOWN = 'range(start: v.timeRangeStart, stop: v.timeRangeStop)';
/** A run's summary points carry the time of its start, which may lie before the window: all that the bucket keeps. */
const KEPT = `range(start: -${BUCKETS.live.retention_s}s)`;

const OF_RUN = `r.testid == "\${${VARIABLE.run}}"`;
const OF_SCENARIO = `r.scenario =~ /^\${${VARIABLE.scenario}:regex}$/`;
const OF_REQUEST = `r.name =~ /^\${${VARIABLE.request}:regex}$/`;

export interface Selection {
  readonly measurement: string;
  readonly fields?: readonly string[];
  /** Points of the whole run, wherever its start lies. */
  readonly whole_run?: true;
  /** For metrics that k6 gives no scenario (vus) or no request name. */
  readonly by?: 'run' | 'scenario' | 'request';
}

/** `from |> range |> filter`, for the run, scenarios and requests that the dashboard has chosen. */
export function select({ measurement, fields = [], whole_run, by = 'scenario' }: Selection): string {
  const conditions = [`r._measurement == "${measurement}"`, OF_RUN];
  if (by !== 'run') conditions.push(OF_SCENARIO);
  if (by === 'request') conditions.push(OF_REQUEST);
  const wanted = fields.map((field) => `r._field == "${field}"`).join(' or ');
  return [
    `from(bucket: "${BUCKETS.live.name}")`,
    whole_run ? KEPT : SHOWN,
    `filter(fn: (r) => ${conditions.join(' and ')})`,
    ...(wanted ? [`filter(fn: (r) => ${wanted})`] : []),
  ].join('\n  |> ');
}

const { relative_accuracy, positive_prefix, negative_prefix, zero_field } = HISTOGRAM;
const GAMMA = (1 + relative_accuracy) / (1 - relative_accuracy);

export const HISTOGRAM_IMPORTS = ['math', 'strings'];

/** Keeps the fields that are buckets of a histogram. */
export const ONLY_BUCKETS = `filter(fn: (r) => r._field =~ /^(${zero_field}|[${positive_prefix}${negative_prefix}]-?[0-9]+)$/)`;

/**
 * Defines `percentile(tables, p, by, least)`: merges the histograms of each group of `by` that holds at least `least`
 * samples (1 unless told) and takes the percentile as k6 does,
 * linear between the values of the neighbouring ranks p·(n−1). Each bucket weighs in with the share of the two ranks that
 * lie in it, so one sum over the buckets gives the interpolated value.
 */
export const PERCENTILE_FUNCTION = `bucketValue = (field) => {
  index = int(v: strings.substring(v: field, start: 1, end: strings.strlen(v: field)))
  size = math.pow(x: ${GAMMA}, y: float(v: index)) * ${1 + relative_accuracy}
  return if strings.hasPrefix(v: field, prefix: "${negative_prefix}") then -size else size
}
within = (rank, from, to) => if rank >= from and rank < to then 1.0 else 0.0
percentile = (tables=<-, p, by, least=1.0) => {
  merged = tables
    |> group(columns: by)
    |> map(fn: (r) => ({r with value: if r._field == "${zero_field}" then 0.0 else bucketValue(field: r._field), seen: float(v: r._value)}))
    |> map(fn: (r) => ({r with upto: r.seen}))
    |> sort(columns: ["value"])
    |> cumulativeSum(columns: ["upto"])
  totals = merged |> max(column: "upto") |> filter(fn: (r) => r.upto >= least) |> map(fn: (r) => ({r with total: r.upto})) |> drop(columns: ["value", "seen", "upto", "_field", "_value"])
  return join(tables: {m: merged, t: totals}, on: by)
    |> map(fn: (r) => ({r with rank: p * (r.total - 1.0)}))
    |> map(fn: (r) => ({r with low: math.floor(x: r.rank), share: r.rank - math.floor(x: r.rank)}))
    |> map(fn: (r) => ({r with _value: r.value * (
        (1.0 - r.share) * within(rank: r.low, from: r.upto - r.seen, to: r.upto) +
        r.share * within(rank: r.low + 1.0, from: r.upto - r.seen, to: r.upto))}))
    |> group(columns: by)
    |> sum()
}`;

/** Imports first: Flux wants them there. */
export function query(imports: readonly string[], body: string): string {
  return [...imports.map((name) => `import "${name}"`), body].join('\n');
}
