/** The SLOs of the chosen run: limits from its record, values from what it has measured so far. */
import { BUCKETS } from '../../../contract/buckets.ts';
import { LATENCY_METRIC } from '../../../contract/k6-metrics.ts';
import { MEASUREMENT } from '../../../contract/live-schema.ts';
import { METRICS, PERCENTILE_METRICS } from '../../../contract/metrics.ts';
import type { SloIndicator } from '../../../contract/slo.ts';
import { ALL_REQUESTS } from '../../../contract/slo-text.ts';
import { FIGURE_IMPORTS, INDICATOR_NAMES, SLO_FUNCTIONS, STATE } from '../../builder/figures.ts';
import { ALL_OF_RUN, type Frame, NO_TEXT, query, SHOWN_METRICS, SLO_TRENDS, select } from '../../builder/flux.ts';
import { type Read, readIndicators, readOf, valueColumn } from '../../builder/schemas/indicators.ts';
import type { MetricsSchema } from '../../builder/schemas/schema.ts';
import { SLOS_OF_RUN } from '../../builder/slos.ts';
import { runDuration } from './queries.ts';

/** Before its first iteration, a run has lasted 0 s: a rate by that is no figure, and would take its SLO off the table. */
const IF_BEGUN = `
      |> filter(fn: (r) => duration_s > 0.0)`;

/** Thresholds of a script that no indicator states have their figures from our output: their text is in the column of the metric. */
const MEASURED = INDICATOR_NAMES.filter((name) => name !== 'threshold');

/**
 * Every SLO of the run, failed ones first. Once the run has been judged SLOs and figures are those of its verdict, which leaves
 * out defaults that had nothing to judge; SLOs of a part of the run have no figure before.
 */
export function sloTable(schema: MetricsSchema): string {
  const figures = MEASURED.map(
    (name) => `read_${readName(name)}${METRICS[name].unit === 'per_s' ? IF_BEGUN : ''}
      |> cell(indicator: (r) => "${name}", column: "now", value: (r) => ${valueColumn(name, 'duration_s')})`,
  );
  return query(
    [...new Set([...schema.imports, ...FIGURE_IMPORTS, 'array', 'regexp'])],
    `${schema.percentiles_function}
${SLO_FUNCTIONS}
${SLOS_OF_RUN}
${runDuration(schema)}
${trendsOf(schema)}
${SUBJECTS_OF_SLOS}
${NOTHING_READ}
cell = (tables=<-, indicator, column, value) => tables
  |> map(fn: (r) => ({indicator: indicator(r: r), request: r.request, metric: r.metric, part: r.part, column: column, _value: value(r: r)}))
of = (r) => r.indicator
${reads(schema).join('\n')}
so_far = union(tables: [
    ${[...figures, ...thresholdCells(schema)].join(',\n    ')},
  ])
judged = slos |> filter(fn: (r) => exists r.ok)
recorded = union(tables: [
    slos |> cell(indicator: of, column: "limit", value: (r) => r.limit),
    judged |> cell(indicator: of, column: "ok", value: (r) => if r.ok then ${STATE.passed}.0 else ${STATE.failed}.0),
    judged |> filter(fn: (r) => exists r.value) |> cell(indicator: of, column: "now", value: (r) => r.value),
  ])
is_judged = length(arr: judged |> findColumn(fn: (key) => true, column: "indicator")) > 0
rows = union(tables: [recorded, if is_judged then recorded else so_far])
  |> group()
  |> pivot(rowKey: ["indicator", "request", "metric", "part"], columnKey: ["column"], valueColumn: "_value")
  |> filter(fn: (r) => exists r.limit and (exists r.ok or not is_judged))
texts = slos |> keep(columns: ["indicator", "request", "metric", "part", "limit_text"])
join(tables: {row: rows, text: texts}, on: ["indicator", "request", "metric", "part"])
  |> map(fn: (r) => {
    known = exists r.now
    now = if known then r.now else 0.0
    state = if exists r.ok and (known or r.ok == ${STATE.failed}.0) then r.ok
      else if not known then ${STATE.no_data}.0
      else if passes(indicator: r.indicator, value: now, limit: r.limit) then ${STATE.passed}.0
      else ${STATE.failed}.0
    return {
      "for": (if r.request != ${NO_TEXT} then r.request else if r.metric != ${NO_TEXT} then sloSubject(subject: r.metric, text: r.limit_text) else "${ALL_REQUESTS}") + (if r.part == ${NO_TEXT} then "" else ", " + r.part),
      SLO: sloLabel(indicator: r.indicator),
      value: sloValue(indicator: r.indicator, known: known, value: now),
      limit: sloLimit(indicator: r.indicator, limit: r.limit, text: r.limit_text),
      state: state,
      rank: if state == ${STATE.failed}.0 then 0 else 1,
      request: r.request,
      metric: r.metric,
      part: r.part,
    }
  })
  |> sort(columns: ["rank", "request", "metric", "part", "SLO"])
  |> drop(columns: ["rank", "request", "metric", "part"])`,
  );
}

/** Values and states of the other thresholds, as our output has them: k6 says whether they fail. */
function thresholdCells({ name }: MetricsSchema): string[] {
  if (name !== 'loadstar') return [];
  const { bucket, measurement } = { bucket: BUCKETS.live.name, measurement: MEASUREMENT.threshold };
  const cell = (
    field: string,
    value: string,
  ) => `${select(ALL_OF_RUN, { bucket, measurement, fields: [field], by: 'run' })}
      |> group()
      |> map(fn: (r) => ({indicator: "${'threshold' satisfies SloIndicator}", request: ${NO_TEXT}, metric: r.threshold, part: ${NO_TEXT}, column: "${field === 'value' ? 'now' : field}", _value: ${value}}))`;
  return [cell('value', 'r._value'), cell('ok', `if r._value then ${STATE.passed}.0 else ${STATE.failed}.0`)];
}

/** One read serves all indicators that it answers. */
function readName(indicator: SloIndicator): string {
  return `${readOf(indicator)}_${METRICS[indicator].k6.metric}`;
}

/** What the indicators are taken from: over all requests, by request, and of other trends; nothing that no SLO is of. */
function reads(schema: MetricsSchema): string[] {
  const first = MEASURED.filter((name, index) => MEASURED.findIndex((it) => readName(it) === readName(name)) === index);
  return first.map((indicator) => {
    const { metric } = METRICS[indicator].k6;
    const kind = readOf(indicator);
    const read = (of: string, by: readonly string[]) => {
      const is_request = by.includes('name');
      const is_trend = of === SLO_TRENDS;
      const asked = [
        MEASURED.filter((name) => readName(name) === readName(indicator))
          .map((name) => `contains(value: "${name}", set: slo_indicators)`)
          .join(' or '),
        ...(is_request ? ['length(arr: slo_names) > 0'] : []),
        ...(is_trend ? ['length(arr: trends) > 0'] : []),
      ];
      return `(if ${asked.map((it) => `(${it})`).join(' and ')} then ${readIndicators(schema, kind, REQUESTS_WITH_SLOS, of, by)}
      |> group()
      |> filter(fn: (r) => exists r.${FIGURES[kind][0]})
      |> map(fn: (r) => ({request: ${is_request ? 'r.name' : NO_TEXT}, metric: ${is_trend ? TREND_NAME : NO_TEXT}, part: ${NO_TEXT}, ${FIGURES[kind].map((name) => `${name}: r.${name}`).join(', ')}}))
      else no_${kind})`;
    };
    const tables = [read(metric, [])];
    // k6 gives no other metric the name of a request.
    if (metric.startsWith('http_')) tables.push(read(metric, ['name']));
    if (METRICS[indicator].unit === 'ms' || indicator === 'error_rate')
      tables.push(read(SLO_TRENDS, ['_measurement']), read(SLO_TRENDS, ['_measurement', 'name']));
    // Flux has no union of one.
    const all = tables.length > 1 ? `union(tables: [${tables.join(',\n    ')}])` : tables.join();
    return `read_${readName(indicator)} = ${all}`;
  });
}

/** Columns of a read; the first one tells its rows from others: trends and rates match one pattern. */
const FIGURES: Readonly<Record<Read, readonly string[]>> = {
  percentiles: [...PERCENTILE_METRICS.map((name) => METRICS[name].label), 'n'],
  sums: ['value', 'count'],
};

/** Defines `no_percentiles` and `no_sums`: reads without a row. */
const NOTHING_READ = Object.entries(FIGURES)
  .map(
    ([
      kind,
      columns,
    ]) => `no_${kind} = array.from(rows: [{request: ${NO_TEXT}, metric: ${NO_TEXT}, part: ${NO_TEXT}, ${columns.map((column) => `${column}: 0.0`).join(', ')}}])
  |> filter(fn: (r) => false)`,
  )
  .join('\n');

/**
 * Defines the pattern of the trends that SLOs of the run are of beside the latency. InfluxDB looks it up in its index: Flux
 * knows it before it plans the reads.
 */
function trendsOf({ name }: MetricsSchema): string {
  const suffix = name === 'loadstar' ? ROLLUP_SUFFIX.replace('.', '\\\\.') : '';
  return `trends = slos
  |> filter(fn: (r) => r.metric != ${NO_TEXT} and r.indicator != "${'threshold' satisfies SloIndicator}")
  |> distinct(column: "metric")
  |> findColumn(fn: (key) => true, column: "_value")
${SLO_TRENDS} = regexp.compile(v: "^(" + strings.joinStr(arr: trends, v: "|") + ")${suffix}$")`;
}

const SLO_REQUESTS = 'slo_requests';

/** Where requests are told apart, those that SLOs are of: a run of many names has SLOs of few. */
const REQUESTS_WITH_SLOS: Frame = { ...ALL_OF_RUN, request: `r.name =~ ${SLO_REQUESTS}` };

/** Defines which indicators and which requests the SLOs are of, and the pattern of these. */
const SUBJECTS_OF_SLOS = `slo_indicators = slos
  |> distinct(column: "indicator")
  |> findColumn(fn: (key) => true, column: "_value")
slo_names = slos
  |> filter(fn: (r) => r.request != ${NO_TEXT})
  |> distinct(column: "request")
  |> findColumn(fn: (key) => true, column: "_value")
${SLO_REQUESTS} = regexp.compile(v: "^(" + strings.joinStr(arr: slo_names |> array.map(fn: (x) => regexp.quoteMeta(v: x)), v: "|") + ")$")`;

const ROLLUP_SUFFIX = MEASUREMENT.run('');

/** The name of a trend from that of its rollup. */
const TREND_NAME = `strings.trimSuffix(v: r._measurement, suffix: "${ROLLUP_SUFFIX}")`;

/** Limits of p95 over all requests, as a line. */
export function latencyLimit(): string {
  const at = (time: string) => `limits |> map(fn: (r) => ({_time: ${time}, _value: r.limit}))`;
  return `${SLOS_OF_RUN}
limits = slos
  |> filter(fn: (r) => r.indicator == "${'p95_ms' satisfies SloIndicator}" and r.request == ${NO_TEXT} and r.part == ${NO_TEXT})
  |> filter(fn: (r) => r.metric == "${SHOWN_METRICS.duration}" or (r.metric == ${NO_TEXT} and "${SHOWN_METRICS.duration}" == "${LATENCY_METRIC}"))
union(tables: [${at('v.timeRangeStart')}, ${at('v.timeRangeStop')}])
  |> sort(columns: ["_time"])`;
}
