/** Pieces of Flux that several queries are made of. Nothing here knows a panel; names come from contract/. */
import { BUCKETS } from '../../contract/buckets.ts';
import { BUCKET_FIELD, GAMMA } from '../../contract/histogram.ts';
import { HISTOGRAM } from '../../contract/live-schema.ts';
import { METRICS, PERCENTILE_METRICS } from '../../contract/metrics.ts';

/** Variables of the live dashboard, as Grafana interpolates them into a query. */
export const VARIABLE = {
  project: 'project',
  run: 'testid',
  protocol: 'protocol',
  scenario: 'scenario',
  request: 'request',
  window: 'window',
  component: 'component',
} as const;

/** Metrics of the requests that a dashboard shows: the value of the variable is the prefix of the protocol. */
export const SHOWN_METRICS = {
  requests: `\${${VARIABLE.protocol}}s`,
  duration: `\${${VARIABLE.protocol}}_duration`,
  failed: `\${${VARIABLE.protocol}}_failed`,
} as const;

/** What a query of metrics is about: which run, which part of it, in which steps. All parts are Flux. */
export interface Frame {
  readonly range: string;
  /** Length of a step. */
  readonly every: string;
  /** Left out: all of them. */
  readonly run?: string;
  readonly scenario?: string;
  /** Applies where requests are told apart. */
  readonly request?: string;
  /** One request, by its name: applies always. */
  readonly only_request?: string;
  /** From the start of the run to now: what is rolled up since the start answers it. */
  readonly whole_run?: true;
}

/** What the live dashboard has chosen, in the window that its time range shows. */
export const SHOWN: Frame = {
  range: 'range(start: v.timeRangeStart, stop: v.timeRangeStop)',
  every: 'v.windowPeriod',
  run: `r.testid == "\${${VARIABLE.run}}"`,
  scenario: `r.scenario =~ /^\${${VARIABLE.scenario}:regex}$/`,
  request: `r.name =~ /^\${${VARIABLE.request}:regex}$/`,
};

/** The choice over the whole run: its start may lie before the window, so all that the bucket keeps. */
export const WHOLE_RUN: Frame = { ...SHOWN, range: `range(start: -${BUCKETS.live.retention_s}s)`, whole_run: true };

/** The run with all its scenarios and requests, whatever is chosen: what its SLOs are of. */
export const ALL_OF_RUN: Frame = {
  range: WHOLE_RUN.range,
  every: WHOLE_RUN.every,
  run: `r.testid == "\${${VARIABLE.run}}"`,
  whole_run: true,
};

/** In place of a metric: the measurements that a pattern of this name matches, which the query defines. */
export const SLO_TRENDS = 'slo_trends';

export interface Selection {
  readonly bucket: string;
  readonly measurement: string;
  readonly fields?: readonly string[];
  /** For metrics that k6 gives no scenario (vus) or no request name. */
  readonly by?: 'run' | 'scenario' | 'request';
}

/** `from |> range |> filter` within a frame. */
export function select(frame: Frame, { bucket, measurement, fields = [], by = 'scenario' }: Selection): string {
  const conditions = [
    measurement.startsWith(SLO_TRENDS) ? `r._measurement =~ ${SLO_TRENDS}` : `r._measurement == "${measurement}"`,
    frame.run,
    by === 'run' ? undefined : frame.scenario,
    by === 'request' ? frame.request : undefined,
    frame.only_request,
  ].filter(Boolean);
  const wanted = fields.map((field) => `r._field == "${field}"`).join(' or ');
  return [
    `from(bucket: "${bucket}")`,
    frame.range,
    `filter(fn: (r) => ${conditions.join(' and ')})`,
    ...(wanted ? [`filter(fn: (r) => ${wanted})`] : []),
  ].join('\n  |> ');
}

/** A string of Flux: request names of a team's own scenarios may hold any character. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('${', '\\${').replaceAll('\n', '\\n')}"`;
}

/** A list of column names. */
export function columns(names: readonly string[]): string {
  return `[${names.map((name) => `"${name}"`).join(', ')}]`;
}

/**
 * Tables in the order of a column of numbers from 0 on, for the panel `trend`: with a row at −1, so that the column is there
 * in any case. Needs the package `array`. @param zero of the column's type
 */
export function orderedBy(column: string, zero: '0' | '0.0', tables: string): string {
  return `union(tables: [
${tables},
array.from(rows: [{${column}: ${zero} - ${zero.replace('0', '1')}}]),
])
  |> group()
  |> sort(columns: ["${column}"])`;
}

/** Flux has blocks in functions only. Not after an expression on the line before: Flux would call that. */
export function called(block: string): string {
  return `(() => ${block})()`;
}

const { relative_accuracy, negative_prefix, zero_field, min_field, max_field } = HISTOGRAM;

/** Keeps the fields that are buckets of a histogram. */
export const ONLY_BUCKETS = `filter(fn: (r) => r._field =~ ${BUCKET_FIELD})`;

/**
 * Histograms merged by tags, a row a bucket and one for each extreme: what `percentiles` takes. Storage adds up by itself:
 * of four generators a quarter of the rows is left to look at one by one, which is what takes the time. It does so for points
 * with a single reader alone, so they are named three times.
 * @param points Flux; @param by columns that keep histograms apart
 */
export function mergedHistograms(points: string, by: readonly string[]): string {
  const merged = (filter: string, call: string) => `${points}
    |> ${filter}
    |> group(columns: ${columns([...by, '_field'])})
    |> ${call}()
    |> toFloat()`;
  const extreme = (field: string) => merged(`filter(fn: (r) => r._field == "${field}")`, field);
  return `union(tables: [
  ${merged(ONLY_BUCKETS, 'sum')},
  ${extreme(min_field)},
  ${extreme(max_field)},
])`;
}

/** Defines `bucketValue(field)`: the value that stands for a bucket. */
export const BUCKET_VALUE_FUNCTION = `bucketValue = (field) => {
  index = int(v: strings.substring(v: field, start: 1, end: strings.strlen(v: field)))
  size = math.pow(x: ${GAMMA}, y: float(v: index)) * ${1 + relative_accuracy}
  return if strings.hasPrefix(v: field, prefix: "${negative_prefix}") then -size else size
}`;

/** Packages that the functions of a histogram need. */
export const HISTOGRAM_IMPORTS = ['math', 'strings'];

const each = (text: (column: string, share: number) => string) =>
  PERCENTILE_METRICS.map((key) => text(METRICS[key].label, METRICS[key].percentile)).join(', ');

/** Lower than any value: the rows of the extremes and of the number of samples are read before the buckets. */
const FIRST = {
  min: '-3000000000000000000.0',
  max: '-2000000000000000000.0',
  total: '-1000000000000000000.0',
} as const;

/**
 * Defines `percentiles(tables, by)`: merges the histograms of each group of `by` and takes its percentiles as k6 does,
 * linear between the values of the neighbouring ranks p·(n−1). Each bucket weighs in with the share of the two ranks that
 * lie in it, so one pass over the buckets in order gives the interpolated values (a join with the totals instead of a
 * first row takes four times as long). A percentile never lies beyond the exact extremes. One table: `by`, p50, p90, …, n
 * (samples).
 */
export const PERCENTILES_OF_HISTOGRAMS = `${BUCKET_VALUE_FUNCTION}
part = (p, n, value, from, to) => {
  rank = p * (n - 1.0)
  low = math.floor(x: rank)
  lower = if low >= from and low < to then 1.0 - rank + low else 0.0
  upper = if low + 1.0 >= from and low + 1.0 < to then rank - low else 0.0
  return value * (lower + upper)
}
percentiles = (tables=<-, by) => {
  fields = tables
    |> group(columns: by)
    |> map(fn: (r) => ({r with
      seen: r._value,
      value: if r._field == "${min_field}" then ${FIRST.min} else if r._field == "${max_field}" then ${FIRST.max} else if r._field == "${zero_field}" then 0.0 else bucketValue(field: r._field),
    }))
  totals = fields |> filter(fn: (r) => r.value > ${FIRST.total}) |> sum(column: "seen") |> map(fn: (r) => ({r with value: ${FIRST.total}}))
  within = (value, r) => if value < r.least then r.least else if value > r.most then r.most else value
  return union(tables: [totals, fields])
    |> group(columns: by)
    |> sort(columns: ["value"])
    |> reduce(
      identity: {n: 0.0, upto: 0.0, least: math.mInf(sign: -1), most: math.mInf(sign: 1), ${each((column) => `${column}: 0.0`)}},
      fn: (r, accumulator) => {
        first = r.value <= ${FIRST.total}
        n = if r.value == ${FIRST.total} then r.seen else accumulator.n
        from = accumulator.upto
        to = if first then 0.0 else from + r.seen
        value = if first then 0.0 else r.value
        return {
          n: n,
          upto: to,
          least: if r.value == ${FIRST.min} then r.seen else accumulator.least,
          most: if r.value == ${FIRST.max} then r.seen else accumulator.most,
          ${each((column, share) => `${column}: accumulator.${column} + part(p: ${share}, n: n, value: value, from: from, to: to)`)},
        }
      },
    )
    |> map(fn: (r) => ({r with ${each((column) => `${column}: within(value: r.${column}, r: r)`)}}))
    |> group()
    |> drop(columns: ["upto", "least", "most"])
}`;

/**
 * The same of values themselves, where a point is a sample. Flux's `exact_mean` interpolates at rank p·(n−1), as k6 does
 * (flux v0.196.1, stdlib/universe/quantile.go).
 */
export const PERCENTILES_OF_VALUES = `percentiles = (tables=<-, by) => {
  values = tables |> group(columns: by)
  one = (p, column) => values |> quantile(q: p, method: "exact_mean") |> map(fn: (r) => ({r with _field: column}))
  return union(tables: [
      values |> count() |> toFloat() |> map(fn: (r) => ({r with _field: "n"})),
      ${each((column, share) => `one(p: ${share}, column: "${column}")`)},
    ])
    |> group()
    |> pivot(rowKey: by, columnKey: ["_field"], valueColumn: "_value")
}`;

/**
 * Stands in a column for no text, as Flux. Never "": where a column has only one text so far, Flux leaves out the row of an
 * empty one, and all later texts of that column move up (flux v0.196.1 to v0.200.0, array/builder.go: makeBuilder).
 */
export const NO_TEXT = '" "';

/** Imports first: Flux wants them there. */
export function query(imports: readonly string[], body: string): string {
  return [...imports.map((name) => `import "${name}"`), body].join('\n');
}
