/** What the comparison of two runs asks: their records, which are kept for ever, and, while it is there, the live data. */
import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { BUCKETS } from '../../../contract/buckets.ts';
import { metricLabel } from '../../../contract/metric-text.ts';
import { HEADLINE_METRICS, METRICS, type MetricKey, type RequestMetric, UNITS } from '../../../contract/metrics.ts';
import { RUN_DETAIL, RUN_MEASUREMENT } from '../../../contract/runs.ts';
import {
  BUCKET_VALUE_FUNCTION,
  type Frame,
  HISTOGRAM_IMPORTS,
  ONLY_BUCKETS,
  orderedBy,
  query,
  SHOWN_METRICS,
  VARIABLE,
  WHOLE_RUN,
} from '../../builder/flux.ts';
import { EVER, OF_PROJECT, records } from '../../builder/records.ts';
import { LOADSTAR_SCHEMA } from '../../builder/schemas/loadstar.ts';
import { protocolVariable } from '../../builder/schemas/protocols.ts';
import { RAW_SCHEMA } from '../../builder/schemas/raw.ts';
import type { MetricsSchema } from '../../builder/schemas/schema.ts';

/** The run in question has the name that it has on the live dashboard, so that links carry it along. */
export const SIDE = { A: 'against', B: VARIABLE.run } as const;
type Side = keyof typeof SIDE;
const SIDES = Object.keys(SIDE) as Side[];

const SCHEMAS: readonly MetricsSchema[] = [LOADSTAR_SCHEMA, RAW_SCHEMA];

/** Run B says whose requests are compared: the live data of both runs has them. */
export function protocol(): QueryVariableBuilder {
  const run = `r.testid == "\${${SIDE.B}}"`;
  return protocolVariable(SCHEMAS, { range: WHOLE_RUN.range, every: WHOLE_RUN.every, run, whole_run: true });
}

/** All runs of the project that have ended, newest first. */
export const RUNS = `${records(EVER, ['testid', 'p95_ms'], OF_PROJECT)}
  |> filter(fn: (r) => exists r.p95_ms)
  |> sort(columns: ["_time"], desc: true)
  |> map(fn: (r) => ({_value: r.testid}))`;

/** The same, beginning with the newest of those before run B that ran the same scenario, profile and target. */
export const RUNS_BEFORE = `all = ${records(EVER, ['testid', 'p95_ms'], OF_PROJECT)}
  |> filter(fn: (r) => exists r.p95_ms)
key = (r) => r.scenario + " " + r.profile + " " + r.target
b = all |> filter(fn: (r) => r.testid == "\${${SIDE.B}}") |> map(fn: (r) => ({r with key: key(r: r)}))
keys = b |> findColumn(fn: (key) => true, column: "key")
times = b |> findColumn(fn: (key) => true, column: "_time")
all
  |> filter(fn: (r) => r.testid != "\${${SIDE.B}}")
  |> map(fn: (r) => ({r with rank: if length(arr: keys) > 0 and key(r: r) == keys[0] and r._time < times[0] then 1 else 0}))
  |> sort(columns: ["rank", "_time"], desc: true)
  |> map(fn: (r) => ({_value: r.testid}))`;

/**
 * Defines `began(id)` and `ended(id)`. All points of a run in the bucket of records carry the time of its start; a run
 * that is not there begins now, and so has none.
 */
const TIMES = `time_of = (id, name, fallback) => {
  found = from(bucket: "${BUCKETS.runs.name}")
    |> ${EVER}
    |> filter(fn: (r) => r._measurement == "${RUN_MEASUREMENT}")
    |> filter(fn: (r) => r._field == "testid" or r._field == "heartbeat")
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    |> filter(fn: (r) => r.testid == id)
    |> map(fn: (r) => ({began: r._time, ended: time(v: r.heartbeat)}))
    |> findColumn(fn: (key) => true, column: name)
  return if length(arr: found) > 0 then found[0] else fallback
}
began = (id) => time_of(id: id, name: "began", fallback: now())
ended = (id) => time_of(id: id, name: "ended", fallback: date.add(d: 1s, to: now()))`;

/** The points of a measurement of both runs, with a column `side`. @param each Flux that follows each */
function ofBoth(measurement: string, each: string): string {
  const one = (side: Side) => `from(bucket: "${BUCKETS.runs.name}")
    |> range(start: began(id: "\${${SIDE[side]}}"), stop: date.add(d: 1ms, to: began(id: "\${${SIDE[side]}}")))
    |> filter(fn: (r) => r._measurement == "${measurement}")
    |> ${each}
    |> group()
    |> map(fn: (r) => ({r with side: "${side}"}))`;
  return `union(tables: [
  ${SIDES.map(one).join(',\n  ')},
])
  |> group()`;
}

const HEADLINES: readonly MetricKey[] = [...HEADLINE_METRICS, 'dropped_iterations'];

/** How many of the unit that is written a value of the metric is, and what follows the figure (no text would be none). */
function writtenIn(metric: MetricKey): {
  readonly factor: number;
  readonly suffix: string;
  /** What follows a difference: shares differ by percentage points. */
  readonly points: string;
} {
  const { unit } = METRICS[metric];
  const suffix = UNITS[unit].suffix || ' ';
  return unit === 'share' ? { factor: 100, suffix, points: ' pp' } : { factor: 1, suffix, points: suffix };
}

/** What is not known, or no share of anything as from 0 to something. */
const NONE = '"–"';

/**
 * The stored verdicts of run B on its own figures: those of its own history, whatever run A is. A row a key, also where
 * nothing is stored, which Flux's `join` would leave out.
 * @param of Flux: which figures; @param keys tables that have every key; @param key the column, and Flux for it of a verdict
 */
function verdictsOfB(of: string, keys: string, key: { readonly column: string; readonly value: string }): string {
  const row = (value: string, known: 0 | 1, rest: string) => `({${key.column}: ${value}, known: ${known}, ${rest}})`;
  return `union(tables: [
  ${keys} |> map(fn: (r) => ${row(`r.${key.column}`, 0, `low: 0.0, high: 0.0, verdict: ${NONE}`)}),
  from(bucket: "${BUCKETS.runs.name}")
    |> range(start: began(id: "\${${SIDE.B}}"), stop: date.add(d: 1ms, to: began(id: "\${${SIDE.B}}")))
    |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.comparison}" and ${of})
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    |> map(fn: (r) => ${row(key.value, 1, 'low: r.low, high: r.high, verdict: r.verdict')}),
])
  |> group(columns: ["${key.column}"])
  |> sort(columns: ["known"], desc: true)
  |> limit(n: 1)
  |> group()`;
}

/** Every headline metric of both runs, their plain difference, and what the history of B says of it. */
export function headlines(): string {
  const rows = HEADLINES.map((field, order) => {
    const { factor, suffix, points } = writtenIn(field);
    return `{_field: "${field}", metric: "${metricLabel(field)}", factor: ${factor.toFixed(1)}, suffix: "${suffix}", points: "${points}", order: ${order}}`;
  });
  const fields = HEADLINES.map((field) => `r._field == "${field}"`).join(' or ');
  return query(
    ['array', 'date', 'math'],
    `${TIMES}
named = array.from(rows: [
  ${rows.join(',\n  ')},
])
figure = (value, r) => string(v: math.round(x: value * r.factor * 100.0) / 100.0)
shown = (value, r) => figure(value: value, r: r) + r.suffix
signed = (value, text) => (if value > 0.0 then "+" else "") + text
percent = (value) => signed(value: value, text: string(v: math.round(x: value * 1000.0) / 10.0) + " %")
values = ${ofBoth(RUN_MEASUREMENT, `filter(fn: (r) => ${fields})\n    |> toFloat()`)}
  |> pivot(rowKey: ["_field"], columnKey: ["side"], valueColumn: "_value")
  |> filter(fn: (r) => exists r.A and exists r.B)
verdicts = ${verdictsOfB('not exists r.name', 'named', { column: '_field', value: 'r.metric' })}
both = join(tables: {n: named, v: values}, on: ["_field"])
join(tables: {b: both, v: verdicts}, on: ["_field"])
  |> sort(columns: ["order"])
  |> map(fn: (r) => ({
    metric: r.metric,
    A: shown(value: r.A, r: r),
    B: shown(value: r.B, r: r),
    difference: signed(value: r.B - r.A, text: figure(value: r.B - r.A, r: r) + r.points),
    change: if r.A == 0.0 then ${NONE} else percent(value: (r.B - r.A) / r.A),
    "usual for B": if r.known == 1 and exists r.low then shown(value: r.low, r: r) + " to " + shown(value: r.high, r: r) else ${NONE},
    "verdict of B": r.verdict,
  }))`,
  );
}

/** Figures of a request in the table of requests, p95 first: as many pairs as fit beside Grafana's menu. */
export const REQUEST_FIGURES: readonly RequestMetric[] = ['p95_ms', 'p99_ms', 'error_rate'];

/** One row a request that both runs made, the greatest slowdown first. */
export function byRequest(): string {
  const others = REQUEST_FIGURES.filter((metric) => metric !== 'p95_ms').flatMap((metric) =>
    SIDES.map((side) => `"${metricLabel(metric)} ${side}": r["${metric} ${side}"]`),
  );
  const wanted = REQUEST_FIGURES.map((field) => `r._field == "${field}"`).join(' or ');
  return query(
    ['date'],
    `${TIMES}
figures = ${ofBoth(RUN_DETAIL.request, `filter(fn: (r) => ${wanted})\n    |> toFloat()`)}
  |> map(fn: (r) => ({name: r.name, column: r._field + " " + r.side, _value: r._value}))
  |> pivot(rowKey: ["name"], columnKey: ["column"], valueColumn: "_value")
  |> filter(fn: (r) => exists r["p95_ms A"] and exists r["p95_ms B"])
verdicts = ${verdictsOfB('exists r.name and r.metric == "p95_ms"', 'figures', { column: 'name', value: 'r.name' })}
join(tables: {f: figures, v: verdicts}, on: ["name"])
  |> map(fn: (r) => ({
    request: r.name,
    "p95 A": r["p95_ms A"],
    "p95 B": r["p95_ms B"],
    difference: r["p95_ms B"] - r["p95_ms A"],
    change: if r["p95_ms A"] == 0.0 then 0.0 else r["p95_ms B"] / r["p95_ms A"] - 1.0,
    "verdict of B": r.verdict,
    ${others.join(',\n    ')},
  }))
  |> sort(columns: ["change"], desc: true)`,
  );
}

/** Points that a line has at most: what a half screen shows. */
const STEPS = 200;

/**
 * Both runs from their own start, a step at its begin (windows end at `_time`): columns `second`, A, B.
 * @param of what a schema says of a frame, tables with `_value`
 */
function overlaid(
  imports: readonly string[],
  of: (schema: MetricsSchema, frame: Frame) => string,
  per: string,
): string {
  const one = (side: Side) => {
    const id = `\${${SIDE[side]}}`;
    const frame: Frame = {
      range: `range(start: began(id: "${id}"), stop: ended(id: "${id}"))`,
      every: 'step',
      run: `r.testid == "${id}"`,
    };
    return SCHEMAS.map(
      (schema) => `(() => {
  return ${of(schema, frame)}
    |> group()
    |> map(fn: (r) => ({side: "${side}", second: (int(v: r._time) - int(v: step) - int(v: began(id: "${id}"))) / int(v: step) * int(v: step) / 1000000000, _value: float(v: r._value)${per}}))
})()`,
    );
  };
  return query(
    ['array', 'date', ...imports],
    `${TIMES}
length_of = (id) => int(v: ended(id: id)) - int(v: began(id: id))
a_ns = length_of(id: "\${${SIDE.A}}")
b_ns = length_of(id: "\${${SIDE.B}}")
longest_ns = if a_ns > b_ns then a_ns else b_ns
step = duration(v: (longest_ns / ${STEPS} / 1000000000 + 1) * 1000000000)
both = union(tables: [
${SIDES.flatMap(one).join(',\n')},
])
  |> group(columns: ["side", "second"])
  |> max()
  |> group()
  |> pivot(rowKey: ["second"], columnKey: ["side"], valueColumn: "_value")
${orderedBy('second', '0', 'both')}`,
  );
}

export function p95Overlaid(): string {
  return overlaid([], (schema, frame) => schema.percentilesOverTime(frame, SHOWN_METRICS.duration, ['p95']), '');
}

export function throughputOverlaid(): string {
  return overlaid(
    [],
    (schema, frame) => schema.sumsOverTime(frame, SHOWN_METRICS.requests, []),
    ' / (float(v: int(v: step)) / 1000000000.0)',
  );
}

/** Buckets of the histogram that one bar holds: 10 of 2 % make bars of about a fifth. */
const BUCKETS_A_BAR = 10;

/** Share of each run's requests by time: the two as bars side by side. */
export function distributions(): string {
  return query(
    ['date', ...HISTOGRAM_IMPORTS],
    `${TIMES}
${BUCKET_VALUE_FUNCTION}
bars = ${ofBoth(
      RUN_DETAIL.histogram,
      `filter(fn: (r) => not exists r.name)
    |> ${ONLY_BUCKETS}
    |> filter(fn: (r) => r._field =~ /^b/)`,
    )}
  |> map(fn: (r) => ({
    side: r.side,
    bar: int(v: math.floor(x: float(v: int(v: strings.substring(v: r._field, start: 1, end: strings.strlen(v: r._field)))) / ${BUCKETS_A_BAR}.0)),
    seen: float(v: r._value),
  }))
  |> group(columns: ["side", "bar"])
  |> sum(column: "seen")
  |> group()
totals = bars |> group(columns: ["side"]) |> sum(column: "seen") |> rename(columns: {seen: "total"}) |> group()
join(tables: {b: bars, t: totals}, on: ["side"])
  |> map(fn: (r) => ({side: r.side, bar: r.bar, _value: r.seen / r.total}))
  |> pivot(rowKey: ["bar"], columnKey: ["side"], valueColumn: "_value")
  |> sort(columns: ["bar"])
  |> map(fn: (r) => ({r with upto: bucketValue(field: "b" + string(v: (r.bar + 1) * ${BUCKETS_A_BAR}))}))
  |> map(fn: (r) => ({r with "up to": (if r.upto < 10.0 then string(v: math.round(x: r.upto * 10.0) / 10.0) else string(v: int(v: math.round(x: r.upto)))) + " ms"}))
  |> drop(columns: ["bar", "upto"])`,
  );
}
