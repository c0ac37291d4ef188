/** What the panels of the live dashboard ask, in Flux, of either layout of the metrics (docs/schema.md). */
import { BUCKETS } from '../../../contract/buckets.ts';
import { HEATMAP_BOUNDS_MS, LOST_AFTER_S, MEASUREMENT, WINDOW_PERCENTILES } from '../../../contract/live-schema.ts';
import { RUN_DETAIL } from '../../../contract/runs.ts';
import { ALL_OF_RUN, NO_TEXT, query, SHOWN, SHOWN_METRICS, select, VARIABLE, WHOLE_RUN } from '../../builder/flux.ts';
import { LIVE_RANGE, OF_PROJECT, records, writtenAs } from '../../builder/records.ts';
import type { MetricsSchema } from '../../builder/schemas/schema.ts';
import { EVERYTHING } from '../../builder/variables.ts';

const { duration: LATENCY, failed: FAILED, requests: REQUESTS } = SHOWN_METRICS;
const NS_PER_S = '1000000000.0';
const NS_PER_MS = '1000000';
const MS_PER_S = 1_000;
const PHASES = ['blocked', 'connecting', 'tls_handshaking', 'sending', 'waiting', 'receiving'] as const;

/** Those of the project, newest first. A record is written when a run begins, so a run is there from its first second on. */
export function runs(schema: MetricsSchema): string {
  return `${records(LIVE_RANGE, ['testid', 'output'], OF_PROJECT)}
  |> filter(fn: (r) => ${writtenAs(schema.name)})
  |> sort(columns: ["_time"], desc: true)
  |> map(fn: (r) => ({_value: r.testid}))`;
}

/** The values that a tag has in the chosen run. */
export function tagValues(schema: MetricsSchema, tag: 'scenario' | 'name'): string {
  const measurement = schema.name === 'loadstar' ? MEASUREMENT.run(LATENCY) : LATENCY;
  return `${select(WHOLE_RUN, { bucket: schema.bucket, measurement, by: 'run' })}
  |> filter(fn: (r) => exists r.${tag})
  |> keep(columns: ["${tag}"])
  |> group()
  |> distinct(column: "${tag}")
  |> sort()`;
}

/** Length of the output's windows: no step may be shorter, or a sum over less than a point would pass for a rate. */
export function windowLength(schema: MetricsSchema): string {
  if (schema.name === 'raw') return query(['array'], 'array.from(rows: [{_value: "1s"}])');
  return query(
    ['array'],
    `known = ${select(WHOLE_RUN, { bucket: schema.bucket, measurement: MEASUREMENT.generator, fields: ['window_s'], by: 'run' })}
  |> group()
  |> last()
  |> map(fn: (r) => ({_value: string(v: int(v: r._value)) + "s", known: 1}))
union(tables: [known, array.from(rows: [{_value: "1s", known: 0}])])
  |> group()
  |> sort(columns: ["known"], desc: true)
  |> limit(n: 1)
  |> keep(columns: ["_value"])`,
  );
}

/**
 * Over the whole run and the chosen scenarios. Once the run has ended it is the figure of its record, as everywhere else:
 * that of merged histograms may be 1 % away from it.
 */
export function p95SoFar(schema: MetricsSchema): string {
  return query(
    schema.imports,
    `${schema.percentiles_function}
recorded = ${records(LIVE_RANGE, ['testid', 'p95_ms'])}
  |> filter(fn: (r) => ${SHOWN.run} and exists r.p95_ms and ${EVERY_SCENARIO})
  |> map(fn: (r) => ({_value: r.p95_ms}))
latencies = ${schema.percentilesOf(WHOLE_RUN, LATENCY, [])}
if length(arr: recorded |> findColumn(fn: (key) => true, column: "_value")) > 0
  then recorded
  else latencies |> map(fn: (r) => ({_value: r.p95}))`,
  );
}

/** No part of the run is chosen: only then its record says the same. */
const EVERY_SCENARIO = `"\${${VARIABLE.scenario}:regex}" == "${EVERYTHING}"`;

/** Sum of a counter since the run began. */
export function totalSoFar(schema: MetricsSchema, metric: string): string {
  return `${schema.sums(WHOLE_RUN, metric, [])}
  |> map(fn: (r) => ({_value: r.value}))`;
}

/** When the load of the chosen run began (contract/load-span.ts): one row, in ns; none before it. */
function loadBegan({ name, bucket }: MetricsSchema): string {
  if (name === 'loadstar') {
    const { generator: measurement } = MEASUREMENT;
    return `${select(ALL_OF_RUN, { bucket, measurement, fields: ['load_began_ms'], by: 'run' })}
  |> last()
  |> group()
  |> min()
  |> map(fn: (r) => ({_value: r._value * ${NS_PER_MS}}))`;
  }
  return `${select(ALL_OF_RUN, { bucket, measurement: REQUESTS, fields: ['value'], by: 'run' })}
  |> first()
  |> group()
  |> min(column: "_time")
  |> map(fn: (r) => ({_value: int(v: r._time)}))`;
}

/** Defines `duration_s`: of the load of the chosen run so far; once it has ended, that of its record. */
export function runDuration(schema: MetricsSchema): string {
  return `begins_ns = ${loadBegan(schema)}
  |> findColumn(fn: (key) => true, column: "_value")
durations_s = ${records(LIVE_RANGE, ['testid', 'heartbeat', 'duration_s'])}
  |> filter(fn: (r) => ${SHOWN.run})
  |> map(fn: (r) => ({_value: if exists r.duration_s then r.duration_s else if length(arr: begins_ns) > 0 then float(v: int(v: time(v: r.heartbeat)) - begins_ns[0]) / ${NS_PER_S} else 0.0}))
  |> findColumn(fn: (key) => true, column: "_value")
duration_s = if length(arr: durations_s) > 0 then durations_s[0] else 0.0`;
}

/** Sum of a counter a second since the run began: what k6 calls its rate. */
export function rateSoFar(schema: MetricsSchema, metric: string): string {
  return `${runDuration(schema)}
total = ${totalSoFar(schema, metric)}
total
  |> filter(fn: (r) => duration_s > 0.0)
  |> map(fn: (r) => ({_value: r._value / duration_s}))`;
}

/** Share of a rate's samples that were not 0, since the run began: of its own samples, never of all requests. */
export function shareSoFar(schema: MetricsSchema, metric: string): string {
  return `${schema.sums(WHOLE_RUN, metric, [])}
  |> map(fn: (r) => ({_value: r.value / r.count}))`;
}

/**
 * Virtual users now, of all generators that have any: not of those that have ended or are lost. k6 gives this metric no
 * scenario.
 */
export function usersNow(schema: MetricsSchema): string {
  return `users = ${select(SHOWN, { bucket: schema.bucket, measurement: 'vus', fields: ['value'], by: 'run' })}
  |> group(columns: ["instance"])
  |> last()
  |> group()
newest = users |> max(column: "_time") |> findColumn(fn: (key) => true, column: "_time")
users
  |> filter(fn: (r) => int(v: newest[0]) - int(v: r._time) <= int(v: v.windowPeriod) + ${LOST_AFTER_S * MS_PER_S} * ${NS_PER_MS})
  |> sum()
  |> keep(columns: ["_value"])`;
}

/** A window's own exact percentiles; what longer steps show, the schema says. */
export function percentilesOverTime(schema: MetricsSchema, metric: string): string {
  return schema.percentilesOverTime(SHOWN, metric, WINDOW_PERCENTILES);
}

/** Sum of a counter a second. */
export function ratePerSecond(schema: MetricsSchema, metric: string, by: readonly string[] = []): string {
  return `${schema.sumsOverTime(SHOWN, metric, by)}
  |> map(fn: (r) => ({r with _value: r._value / (float(v: int(v: v.windowPeriod)) / ${NS_PER_S})}))`;
}

export function usersOverTime(schema: MetricsSchema): string {
  return `${schema.usersOverTime(SHOWN)}
  |> map(fn: (r) => ({_time: r._time, users: r._value}))`;
}

/** Failed requests as a share of all, by a tag. */
export function errorShareOverTime(schema: MetricsSchema, by: 'name' | 'status'): string {
  return schema.shareOverTime(SHOWN, FAILED, [by]);
}

/** Requests by status a second: what failed is visible beside what did not. */
export function statusOverTime(schema: MetricsSchema): string {
  return ratePerSecond(schema, REQUESTS, ['status']);
}

/** Rows above and below those with requests, so that one latency is a line between others and not a whole panel. */
const ROWS_AROUND = 2;

/** Every row between the lowest and the highest with requests: a gap has its height, or distances would deceive. */
export function heatmap(schema: MetricsSchema): string {
  const rows = [...HEATMAP_BOUNDS_MS.map(String), '+Inf'].map(
    (bound, place) => `{_field: "${bound}", place: ${place}}`,
  );
  return query(
    ['array'],
    `counts = ${schema.heatmap(SHOWN, LATENCY, HEATMAP_BOUNDS_MS)}
  |> map(fn: (r) => ({_time: r._time, _value: float(v: r._value), _field: r._field}))
// A window of its own, so that there is a table in any case.
seen = union(tables: [counts, array.from(rows: [{_time: now(), _value: 0.0, _field: ${NO_TEXT}}])])
  |> group()
  |> sort(columns: ["_time"])
  |> tableFind(fn: (key) => true)
fields = getColumn(table: seen, column: "_field")
times = getColumn(table: seen, column: "_time")
bounds = array.from(rows: [
  ${rows.join(',\n  ')},
])
place_of = (fn) => {
  places = bounds |> filter(fn: (r) => contains(value: r._field, set: fields)) |> fn() |> findColumn(fn: (key) => true, column: "place")
  return if length(arr: places) > 0 then places[0] else -100
}
lowest = place_of(fn: (tables=<-) => tables |> min(column: "place"))
highest = place_of(fn: (tables=<-) => tables |> max(column: "place"))
union(tables: [
  counts,
  bounds
    |> filter(fn: (r) => r.place >= lowest - ${ROWS_AROUND} and r.place <= highest + ${ROWS_AROUND} and not contains(value: r._field, set: fields))
    |> map(fn: (r) => ({_time: times[0], _value: 0.0, _field: r._field}))
    |> group(columns: ["_field"]),
])`,
  );
}

/**
 * One row a request, worst p95 first, over the whole run. The record has them of all protocols together: its percentiles stand
 * for those of the chosen protocol where it counts the same requests, such as not where a browser and HTTP call one URL.
 */
export function requestTable(schema: MetricsSchema): string {
  return query(
    ['date', ...schema.imports],
    `${schema.percentiles_function}
${runDuration(schema)}
starts = ${records(LIVE_RANGE, ['testid', 'p95_ms'])}
  |> filter(fn: (r) => ${SHOWN.run} and exists r.p95_ms and ${EVERY_SCENARIO})
  |> findColumn(fn: (key) => true, column: "_time")
start = if length(arr: starts) > 0 then starts[0] else now()
made = ${schema.sums(WHOLE_RUN, REQUESTS, ['name'])}
recorded = from(bucket: "${BUCKETS.runs.name}")
  |> range(start: start, stop: date.add(d: 1ms, to: start))
  |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.request}" and ${SHOWN.request})
  |> filter(fn: (r) => r._field == "requests" or r._field == "p50_ms" or r._field == "p95_ms" or r._field == "p99_ms")
  |> toFloat()
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> map(fn: (r) => ({name: r.name, p50: r.p50_ms, p95: r.p95_ms, p99: r.p99_ms, requests: r.requests}))
number = (tables=<-) => length(arr: tables |> findColumn(fn: (key) => true, column: "name"))
of_protocol = join(tables: {recorded: recorded, made: made}, on: ["name"])
  |> filter(fn: (r) => r.requests == r.value)
  |> keep(columns: ["name", "p50", "p95", "p99"])
latencies = if length(arr: starts) > 0 and of_protocol |> number() == made |> number()
  then of_protocol
  else ${schema.percentilesOf(WHOLE_RUN, LATENCY, ['name'])}
figure = (tables=<-, column) => tables |> group() |> map(fn: (r) => ({name: r.name, column: column, value: r._value}))
rated = ${schema.sums(WHOLE_RUN, FAILED, ['name'])}
union(tables: [
    made |> map(fn: (r) => ({name: r.name, column: "requests", value: r.value})),
    made |> filter(fn: (r) => duration_s > 0.0) |> map(fn: (r) => ({name: r.name, column: "rate", value: r.value / duration_s})),
    latencies |> map(fn: (r) => ({name: r.name, column: "p50", value: r.p50})),
    latencies |> map(fn: (r) => ({name: r.name, column: "p95", value: r.p95})),
    latencies |> map(fn: (r) => ({name: r.name, column: "p99", value: r.p99})),
    ${schema.highest(WHOLE_RUN, LATENCY, ['name'])} |> figure(column: "max"),
    rated |> map(fn: (r) => ({name: r.name, column: "errors", value: r.value / r.count})),
  ])
  |> pivot(rowKey: ["name"], columnKey: ["column"], valueColumn: "value")
  |> sort(columns: ["p95"], desc: true)`,
  );
}

/** Mean time of each phase. */
export function phasesOverTime(schema: MetricsSchema): string {
  return query(
    ['strings'],
    `${schema.meansOverTime(
      SHOWN,
      PHASES.map((phase) => `http_req_${phase}`),
    )}
  |> map(fn: (r) => ({_time: r._time, _value: r._value, phase: strings.trimPrefix(v: r.metric, prefix: "http_req_")}))
  |> group(columns: ["phase"])`,
  );
}

/** Passes and fails of each check over the whole run. */
export function checksTable(schema: MetricsSchema): string {
  return `${schema.sums(WHOLE_RUN, 'checks', ['check'])}
  |> map(fn: (r) => ({check: r.check, passed: r.value, failed: r.count - r.value, rate: r.value / r.count}))
  |> sort(columns: ["rate"])`;
}

/** k6 writes a group as `::outer::inner`. */
export function groupTable(schema: MetricsSchema): string {
  return query(
    [...new Set([...schema.imports, 'strings'])],
    `${schema.percentiles_function}
groups = ${schema.percentilesOf(WHOLE_RUN, 'group_duration', ['group'])}
groups
  |> map(fn: (r) => ({
    group: strings.replaceAll(v: strings.trimPrefix(v: r.group, prefix: "::"), t: "::", u: " › "),
    times: r.n,
    p50: r.p50,
    p95: r.p95,
    p99: r.p99,
  }))
  |> sort(columns: ["p95"], desc: true)`,
  );
}

/** So many generators have lines of their own in a panel: more cannot be told apart. */
export const GENERATORS_SHOWN = 5;

/** Fields of the generators' own health, a line each: those of the generators that have the most of the first field. */
export function generatorHealth(schema: MetricsSchema, fields: readonly [string, ...string[]]): string {
  const of = { bucket: schema.bucket, measurement: MEASUREMENT.generator, by: 'run' } as const;
  // Storage reads the lines of a pattern alone.
  return query(
    ['array', 'regexp', 'strings'],
    `most = ${select(SHOWN, { ...of, fields: [fields[0]] })}
  |> group(columns: ["instance"])
  |> max()
  |> group()
  |> toFloat()
  |> top(n: ${GENERATORS_SHOWN})
  |> findColumn(fn: (key) => true, column: "instance")
shown = regexp.compile(v: "^(" + strings.joinStr(arr: most |> array.map(fn: (x) => regexp.quoteMeta(v: x)), v: "|") + ")$")
${select(SHOWN, { ...of, fields })}
  |> filter(fn: (r) => r.instance =~ shown)
  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
  |> toFloat()
  |> group(columns: ["instance", "_field"])
  |> keep(columns: ["_time", "_value", "_field", "instance"])`,
  );
}

/** Columns of {@link generatorTable}, by the fields of a generator's own figures. */
const GENERATOR_COLUMNS = {
  requests_per_s: 'rate',
  p95_ms: 'p95',
  machine_cpu_ratio: 'CPU',
  delay_p99_ms: 'delay',
} as const;

/** How a generator is. The higher, the more it matters. */
export const GENERATOR_STATE = { ended: 0, running: 1, lost: 2 } as const;

/** A row a generator, with the last time that a point of the run has the field: its `_time`, and its `_value`. */
function lastOf({ bucket }: MetricsSchema, measurement: string, field: string): string {
  return `${select(ALL_OF_RUN, { bucket, measurement, fields: [field], by: 'run' })}
  |> group(columns: ["instance"])
  |> last()
  |> group()`;
}

/** Defines `ended`, names of generators, and `silent_ms(time)`: whoever has not ended and is silent for long is lost. */
function generatorEnds(schema: MetricsSchema): string {
  return `ends = ${lastOf(schema, MEASUREMENT.end, 'points')}
ended = ends |> findColumn(fn: (key) => true, column: "instance")
silent_ms = (time) => (int(v: now()) - int(v: time)) / ${NS_PER_MS}`;
}

/**
 * One row a generator: lost ones first, then the slowest, with its state since when and the figures of its newest second in
 * the time shown. Merged figures do not say which one is slow or gone.
 */
export function generatorTable(schema: MetricsSchema): string {
  const fields = Object.keys(GENERATOR_COLUMNS);
  const column = Object.entries(GENERATOR_COLUMNS).reduceRight(
    (rest, [field, name]) => `if r._field == "${field}" then "${name}" else ${rest}`,
    'r._field',
  );
  const { ended, lost, running } = GENERATOR_STATE;
  const ms = (name: string, time: string) =>
    `map(fn: (r) => ({generator: r.instance, column: "${name}", value: ${time}}))`;
  return `${generatorEnds(schema)}
signs = ${lastOf(schema, MEASUREMENT.generator, 'window_s')}
figures = ${select(SHOWN, { bucket: schema.bucket, measurement: MEASUREMENT.generator, fields, by: 'run' })}
  |> group(columns: ["instance", "_field"])
  |> last()
  |> group(columns: ["_field"])
  |> toFloat()
  |> group()
  |> map(fn: (r) => ({generator: r.instance, column: ${column}, value: r._value}))
union(tables: [
    figures,
    signs |> ${ms('seen', `float(v: int(v: r._time) / ${NS_PER_MS})`)},
    ${lastOf(schema, MEASUREMENT.generator, 'load_began_ms')} |> ${ms('began', 'float(v: r._value)')},
    ends |> ${ms('ended', `float(v: int(v: r._time) / ${NS_PER_MS})`)},
  ])
  |> pivot(rowKey: ["generator"], columnKey: ["column"], valueColumn: "value")
  |> filter(fn: (r) => exists r.seen)
  |> map(fn: (r) => ({r with
    state: if contains(value: r.generator, set: ended) then ${ended} else if silent_ms(time: time(v: int(v: r.seen) * ${NS_PER_MS})) > ${LOST_AFTER_S * MS_PER_S} then ${lost} else ${running},
  }))
  |> map(fn: (r) => ({r with
    since: if r.state == ${ended} then r.ended else if r.state == ${running} and exists r.began then r.began else r.seen,
  }))
  |> drop(columns: ["seen", "began", "ended"])
  |> sort(columns: ["state", "p95"], desc: true)`;
}

/** The last sign of life of each generator that is lost. */
function lostGenerators(schema: MetricsSchema): string {
  return `${generatorEnds(schema)}
${lastOf(schema, MEASUREMENT.generator, 'window_s')}
  |> filter(fn: (r) => not contains(value: r.instance, set: ended) and silent_ms(time: r._time) > ${LOST_AFTER_S * MS_PER_S})`;
}

/** How many generators are lost; nothing if none is. */
export function lostCount(schema: MetricsSchema): string {
  return `${lostGenerators(schema)}
  |> count()
  |> filter(fn: (r) => r._value > 0)`;
}

/** Generators that are lost, at their last sign of life. */
export function lostAnnotation(schema: MetricsSchema): string {
  return `${lostGenerators(schema)}
  |> map(fn: (r) => ({time: r._time, title: "generator lost", text: r.instance + ": no sign of life from here on", tags: r.instance}))`;
}

/** Begin and end of the chosen run, as one region. */
export function runAnnotation(): string {
  return `${records(LIVE_RANGE, ['testid', 'heartbeat', 'status', 'verdict', 'commit'])}
  |> filter(fn: (r) => ${SHOWN.run})
  |> map(fn: (r) => ({
    time: r._time,
    timeEnd: time(v: r.heartbeat),
    title: r.testid,
    text: if exists r.verdict then r.verdict else r.status,
    tags: r.scenario + "," + r.profile,
  }))`;
}

/** Planned changes of load. */
export function stageAnnotation(): string {
  return `from(bucket: "${BUCKETS.runs.name}")
  |> ${LIVE_RANGE}
  |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.stage}")
  |> group()
  |> pivot(rowKey: ["_time", "scenario"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => ${SHOWN.run})
  |> map(fn: (r) => ({time: r._time, title: "stage", text: r.text, tags: r.scenario}))`;
}

/** k6 thresholds that begin or cease to fail. */
export function breachAnnotation(): string {
  return `${select(WHOLE_RUN, { bucket: BUCKETS.live.name, measurement: MEASUREMENT.breach, by: 'run' })}
  |> group()
  |> map(fn: (r) => ({
    time: r._time,
    title: if r._value then "threshold failed" else "threshold passes again",
    text: r.threshold,
    tags: r.instance,
  }))`;
}
