/** What the panels of the live dashboard ask, in Flux on the schema `loadstar` (docs/schema.md). */
import { BUCKETS } from '../../../contract/buckets.ts';
import { MEASUREMENT, WINDOW_PERCENTILES } from '../../../contract/live-schema.ts';
import { RUN_MEASUREMENT } from '../../../contract/runs.ts';
import { SCENARIOS, type Scenario } from '../../../contract/scenarios.ts';
import { SLO_DIRECTION } from '../../../contract/slo.ts';
import { HISTOGRAM_IMPORTS, ONLY_BUCKETS, PERCENTILE_FUNCTION, query, select, VARIABLE } from '../../lib/flux.ts';

const LATENCY = 'http_req_duration';
const FAILED = 'http_req_failed';
const REQUESTS = 'http_reqs';

/** Everything over one line: what remains is one table with one column of values. */
const ONE = 'group() |> sum()';

/** Newest first. A record is written when a run begins, so a run is there from its first second on. */
export const RUNS = `from(bucket: "${BUCKETS.runs.name}")
  |> range(start: -${BUCKETS.live.retention_s}s)
  |> filter(fn: (r) => r._measurement == "${RUN_MEASUREMENT}" and r._field == "testid")
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> keep(columns: ["_value"])`;

/** The values that a tag has in the chosen run. */
export function tagValues(tag: 'scenario' | 'name'): string {
  return `from(bucket: "${BUCKETS.live.name}")
  |> range(start: -${BUCKETS.live.retention_s}s)
  |> filter(fn: (r) => r._measurement == "${MEASUREMENT.run(LATENCY)}" and r.testid == "\${${VARIABLE.run}}" and exists r.${tag})
  |> keep(columns: ["${tag}"])
  |> group()
  |> distinct(column: "${tag}")
  |> sort()`;
}

const run_histogram = `${select({ measurement: MEASUREMENT.run(LATENCY), whole_run: true })}
  |> filter(fn: (r) => not exists r.name)
  |> ${ONLY_BUCKETS}
  |> group(columns: ["_field"])
  |> sum()`;

/** Over the whole run and the chosen scenarios, from merged histograms. */
export function percentileSoFar(share: number): string {
  return query(
    HISTOGRAM_IMPORTS,
    `${PERCENTILE_FUNCTION}
${run_histogram}
  |> map(fn: (r) => ({r with all: "all"}))
  |> percentile(p: ${share}, by: ["all"])
  |> keep(columns: ["_value"])`,
  );
}

/** Sum of a counter since the run began. */
export function totalSoFar(metric: string): string {
  return `${select({ measurement: MEASUREMENT.run(metric), fields: ['value'], whole_run: true })}
  |> filter(fn: (r) => not exists r.name)
  |> ${ONE}
  |> keep(columns: ["_value"])`;
}

/** Share of a rate's samples that were not 0, since the run began: of its own samples, never of all requests. */
export function shareSoFar(metric: string): string {
  return `${select({ measurement: MEASUREMENT.run(metric), fields: ['value', 'count'], whole_run: true })}
  |> filter(fn: (r) => not exists r.name)
  |> toFloat()
  |> group(columns: ["_field"])
  |> sum()
  |> group()
  |> pivot(rowKey: [], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_value: r.value / r.count}))`;
}

/** Virtual users now, of all generators. k6 gives this metric no scenario. */
export const USERS_NOW = `${select({ measurement: 'vus', fields: ['value'], by: 'run' })}
  |> last()
  |> ${ONE}
  |> keep(columns: ["_value"])`;

/** The SLOs of the chosen scenarios with what the run has shown so far. */
export function sloTable(): string {
  const rows = Object.entries(SCENARIOS as Record<string, Scenario>).flatMap(([scenario, { slos }]) =>
    slos.map((slo) => {
      const below = SLO_DIRECTION[slo.indicator] === 'below';
      return `{scenario: "${scenario}", request: "${slo.request ?? ''}", indicator: "${slo.indicator}", limit: float(v: ${slo.limit}), below: ${below}}`;
    }),
  );
  return query(
    [...HISTOGRAM_IMPORTS, 'array'],
    `${PERCENTILE_FUNCTION}
limits = array.from(rows: [
  ${rows.join(',\n  ')},
])
shown = (indicator, value) => if strings.hasSuffix(v: indicator, suffix: "_ms")
  then string(v: math.round(x: value * 10.0) / 10.0) + " ms"
  else string(v: math.round(x: value * 10000.0) / 100.0) + " %"
named = (tables=<-) => tables |> group() |> map(fn: (r) => ({r with request: if exists r.name then r.name else ""}))
buckets = ${select({ measurement: MEASUREMENT.run(LATENCY), whole_run: true })}
  |> ${ONLY_BUCKETS}
  |> named()
  |> group(columns: ["scenario", "request", "_field"])
  |> sum()
p95 = buckets |> percentile(p: 0.95, by: ["scenario", "request"]) |> group() |> map(fn: (r) => ({scenario: r.scenario, request: r.request, indicator: "p95_ms", value: r._value}))
p99 = buckets |> percentile(p: 0.99, by: ["scenario", "request"]) |> group() |> map(fn: (r) => ({scenario: r.scenario, request: r.request, indicator: "p99_ms", value: r._value}))
shares = (tables=<-, indicator) => tables
  |> toFloat()
  |> named()
  |> group(columns: ["scenario", "request", "_field"])
  |> sum()
  |> group()
  |> pivot(rowKey: ["scenario", "request"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({scenario: r.scenario, request: r.request, indicator: indicator, value: r.value / r.count}))
errors = ${select({ measurement: MEASUREMENT.run(FAILED), fields: ['value', 'count'], whole_run: true })}
  |> shares(indicator: "error_rate")
checks = ${select({ measurement: MEASUREMENT.run('checks'), fields: ['value', 'count'], whole_run: true })}
  |> shares(indicator: "checks_rate")
join(tables: {l: limits, v: union(tables: [p95, p99, errors, checks])}, on: ["scenario", "request", "indicator"])
  |> sort(columns: ["scenario", "request", "indicator"])
  |> map(fn: (r) => ({
    scenario: r.scenario,
    SLO: strings.replaceAll(v: strings.replaceAll(v: r.indicator, t: "_ms", u: ""), t: "_", u: " "),
    "for": if r.request == "" then "all requests" else r.request,
    value: shown(indicator: r.indicator, value: r.value),
    limit: (if r.below then "< " else "> ") + shown(indicator: r.indicator, value: r.limit),
    state: if (r.below and r.value < r.limit) or (not r.below and r.value > r.limit) then 1 else 0,
  }))`,
  );
}

/**
 * A window's own exact percentiles. Where the screen has fewer points than seconds, the highest window of each step: an
 * average of percentiles would be a number that nobody measured.
 */
export function percentilesOverTime(metric: string): string {
  return `${select({ measurement: MEASUREMENT.scenario(metric), fields: WINDOW_PERCENTILES })}
  |> group(columns: ["_field"])
  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
  |> keep(columns: ["_time", "_value", "_field"])`;
}

/** The latency limits of the chosen scenarios, as lines. */
export function latencyLimits(): string {
  const rows = Object.entries(SCENARIOS as Record<string, Scenario>).flatMap(([scenario, { slos }]) =>
    slos
      .filter((slo) => slo.indicator === 'p95_ms' && !slo.request)
      .flatMap((slo) =>
        ['v.timeRangeStart', 'v.timeRangeStop'].map(
          (time) => `{_time: ${time}, scenario: "${scenario}", _value: float(v: ${slo.limit})}`,
        ),
      ),
  );
  return query(
    ['array'],
    `limits = array.from(rows: [
  ${rows.join(',\n  ')},
])
present = ${select({ measurement: MEASUREMENT.run(LATENCY), fields: ['count'], whole_run: true })}
  |> group()
  |> distinct(column: "scenario")
  |> map(fn: (r) => ({scenario: r._value}))
join(tables: {l: limits, p: present}, on: ["scenario"])
  |> group(columns: ["scenario"])
  |> sort(columns: ["_time"])`,
  );
}

/** Sum of a counter a second. */
export function ratePerSecond(metric: string, by: readonly string[] = []): string {
  const columns = [...by].map((column) => `"${column}"`).join(', ');
  return `${select({ measurement: metric, fields: ['value'], by: by.includes('name') ? 'request' : 'scenario' })}
  |> group(columns: [${columns}])
  |> aggregateWindow(every: v.windowPeriod, fn: sum, createEmpty: false)
  |> map(fn: (r) => ({r with _value: r._value / (float(v: int(v: v.windowPeriod)) / 1000000000.0)}))`;
}

export const USERS_OVER_TIME = `${select({ measurement: 'vus', fields: ['value'], by: 'run' })}
  |> group(columns: ["instance"])
  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
  |> group(columns: ["_time"])
  |> sum()
  |> group()
  |> sort(columns: ["_time"])
  |> map(fn: (r) => ({_time: r._time, users: r._value}))`;

/** Failed requests as a share of the samples of http_req_failed, by a tag. */
export function errorShareOverTime(by: 'name' | 'scenario'): string {
  return `${select({ measurement: FAILED, fields: ['value', 'count'], by: 'request' })}
  |> toFloat()
  |> group(columns: ["${by}", "_field"])
  |> aggregateWindow(every: v.windowPeriod, fn: sum, createEmpty: false)
  |> pivot(rowKey: ["_time", "${by}"], columnKey: ["_field"], valueColumn: "_value")
  |> group(columns: ["${by}"])
  |> map(fn: (r) => ({_time: r._time, ${by}: r.${by}, _value: r.value / r.count}))`;
}

/** Requests by status a second: what failed is visible beside what did not. */
export const STATUS_OVER_TIME = ratePerSecond(REQUESTS, ['status']);

export const HEATMAP = `${select({ measurement: MEASUREMENT.heatmap(LATENCY) })}
  |> group(columns: ["_field"])
  |> aggregateWindow(every: v.windowPeriod, fn: sum, createEmpty: false)
  |> keep(columns: ["_time", "_value", "_field"])`;

/** One row a request, worst p95 first, over the whole run. */
export const REQUEST_TABLE = query(
  HISTOGRAM_IMPORTS,
  `${PERCENTILE_FUNCTION}
points = ${select({ measurement: MEASUREMENT.run(LATENCY), whole_run: true, by: 'request' })}
  |> filter(fn: (r) => exists r.name)
buckets = points |> ${ONLY_BUCKETS} |> group(columns: ["name", "_field"]) |> sum()
figure = (tables=<-, column) => tables |> group() |> map(fn: (r) => ({name: r.name, column: column, value: float(v: r._value)}))
requests = points |> filter(fn: (r) => r._field == "count") |> group(columns: ["name"]) |> sum() |> figure(column: "requests")
highest = points |> filter(fn: (r) => r._field == "max") |> group(columns: ["name"]) |> max() |> figure(column: "max")
p50 = buckets |> percentile(p: 0.5, by: ["name"]) |> figure(column: "p50")
p95 = buckets |> percentile(p: 0.95, by: ["name"]) |> figure(column: "p95")
p99 = buckets |> percentile(p: 0.99, by: ["name"]) |> figure(column: "p99")
failed = ${select({ measurement: MEASUREMENT.run(FAILED), fields: ['value'], whole_run: true, by: 'request' })}
  |> filter(fn: (r) => exists r.name)
  |> group(columns: ["name"]) |> sum() |> figure(column: "failed")
union(tables: [requests, highest, p50, p95, p99, failed])
  |> pivot(rowKey: ["name"], columnKey: ["column"], valueColumn: "value")
  |> map(fn: (r) => ({name: r.name, requests: r.requests, p50: r.p50, p95: r.p95, p99: r.p99, max: r.max, errors: r.failed / r.requests}))
  |> sort(columns: ["p95"], desc: true)`,
);

const PHASES = ['blocked', 'connecting', 'tls_handshaking', 'sending', 'waiting', 'receiving'] as const;

/** Mean time of each phase: sums of time over counts, so that windows weigh by their samples. */
export const PHASES_OVER_TIME = query(
  ['strings'],
  `from(bucket: "${BUCKETS.live.name}")
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => ${PHASES.map((phase) => `r._measurement == "${MEASUREMENT.scenario(`http_req_${phase}`)}"`).join(' or ')})
  |> filter(fn: (r) => r.testid == "\${${VARIABLE.run}}" and r.scenario =~ /^\${${VARIABLE.scenario}:regex}$/)
  |> filter(fn: (r) => r._field == "sum" or r._field == "count")
  |> toFloat()
  |> group(columns: ["_measurement", "_field"])
  |> aggregateWindow(every: v.windowPeriod, fn: sum, createEmpty: false)
  |> pivot(rowKey: ["_time", "_measurement"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({
    _time: r._time,
    phase: strings.trimPrefix(v: strings.trimSuffix(v: r._measurement, suffix: "${MEASUREMENT.scenario('')}"), prefix: "http_req_"),
    _value: r.sum / r.count,
  }))
  |> group(columns: ["phase"])`,
);

/** Passes and fails of each check in the shown time. */
export const CHECKS_TABLE = `${select({ measurement: 'checks', fields: ['value', 'count'] })}
  |> toFloat()
  |> group(columns: ["check", "_field"])
  |> sum()
  |> group()
  |> pivot(rowKey: ["check"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({check: r.check, passed: r.value, failed: r.count - r.value, rate: r.value / r.count}))
  |> sort(columns: ["rate"])`;

/** Fields of the generator's own health, a line each. */
export function generatorHealth(fields: readonly string[]): string {
  return `${select({ measurement: MEASUREMENT.generator, fields, by: 'run' })}
  |> toFloat()
  |> group(columns: ["instance", "_field"])
  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
  |> keep(columns: ["_time", "_value", "_field", "instance"])`;
}
