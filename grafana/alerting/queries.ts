/** What the alert rules ask. No dashboard variables here: Grafana knows none in rules. */
import { ALERTING } from '../../contract/alerting.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import { RUN_TAGS } from '../../contract/k6-metrics.ts';
import { MEASUREMENT } from '../../contract/live-schema.ts';
import { PROFILES, type Profile } from '../../contract/profiles.ts';
import type { ComparisonVerdict, RunStatus } from '../../contract/runs.ts';
import { isUpperLimit, k6MetricOf, overSeconds, type Slo, thresholdText } from '../../contract/slo.ts';
import { called, type Frame, query, quoted } from '../builder/flux.ts';
import { records } from '../builder/records.ts';
import { readIndicators, readOf, samplesColumn, valueColumn } from '../builder/schemas/indicators.ts';
import { LOADSTAR_SCHEMA } from '../builder/schemas/loadstar.ts';
import { RAW_SCHEMA } from '../builder/schemas/raw.ts';
import type { MetricsSchema } from '../builder/schemas/schema.ts';

/** Whatever output a run uses, the rules see it. */
const SCHEMAS: readonly MetricsSchema[] = [LOADSTAR_SCHEMA, RAW_SCHEMA];

/** Runs that are meant to go beyond the limits: their run ids name the profile (contract/runs.ts). */
const PLANNED = Object.entries(PROFILES as Record<string, Profile>).flatMap(([name, profile]) =>
  profile.seeks_limit ? [name] : [],
);

/**
 * Grafana drops all but one of several tables without a time, silently; and `_start` and `_stop` as labels would make a
 * new alert at each evaluation. So every rule ends in one table of runs, with the label that tells planned stress apart.
 */
const ONE_TABLE = `group()
  |> map(fn: (r) => ({testid: r.testid, ${ALERTING.planned.label}: if r.testid =~ /-(${PLANNED.join('|')})-[a-z0-9]+$/ then "${ALERTING.planned.value}" else "no", _value: r._value}))`;

const RECORDS_RANGE = 'range(start: -1d)';

/** As a condition on records and on samples: another project's rules watch its own runs. */
function ofProject(project: string): string {
  return `r.${RUN_TAGS.project} == ${quoted(project)}`;
}

function recentRecords(project: string, fields: readonly string[]): string {
  return records(RECORDS_RANGE, fields, ofProject(project));
}

/** Runs that somebody stopped: what the stop does to the last figures is no alarm. */
const interruptedRuns = (project: string) => `interrupted = ${recentRecords(project, ['testid', 'status'])}
  |> filter(fn: (r) => r.status == "${'interrupted' satisfies RunStatus}")
  |> findColumn(fn: (key) => true, column: "testid")`;
const NOT_INTERRUPTED = 'filter(fn: (r) => not contains(value: r.testid, set: interrupted))';

/** What "now" means to the rule of an SLO. */
function windowOf_s({ over }: Slo): number {
  return over === undefined ? ALERTING.window_s : overSeconds(over);
}

/** Whose samples a rule is of. */
export interface RuleScope {
  readonly project: string;
  /** The scenario of Loadstar. */
  readonly scenario: string;
  /** Samples of a k6 script have k6's scenario names: its runs are found by their ids. */
  readonly is_script?: true;
}

/** By the id, `<time>-<scenario>-<profile>-<characters>` (contract/runs.ts). Profiles have no dash, those of a team included. */
function runsOf(scenario: string): string {
  return `r.testid =~ /Z-${scenario}-[a-z0-9]+-[a-z0-9]+$/`;
}

/** What a rule looks at: the last window of a scenario, or of one of its requests. */
function lastWindow({ project, scenario, is_script }: RuleScope, slo: Slo): Frame {
  const { request } = slo;
  return {
    range: `range(start: -${windowOf_s(slo)}s)`,
    every: `${windowOf_s(slo)}s`,
    run: ofProject(project),
    scenario: is_script ? runsOf(scenario) : `r.scenario == ${quoted(scenario)}`,
    ...(request === undefined ? {} : { only_request: `r.name == ${quoted(request)}` }),
  };
}

/**
 * The value of an SLO's indicator in the last window, a row a run; runs with too few samples are not in it. Of a run that
 * streams to two outputs the worse value counts.
 */
export function sloQuery(scope: RuleScope, slo: Slo): string {
  if (slo.indicator === 'threshold') return thresholdQuery(scope, slo);
  const { indicator } = slo;
  const read = readOf(indicator);
  const frame = lastWindow(scope, slo);
  const worse = isUpperLimit(indicator) ? 'max' : 'min';
  const values = SCHEMAS.map((schema) =>
    called(`{
  ${read === 'percentiles' ? schema.percentiles_function : ''}
  return ${readIndicators(schema, read, frame, k6MetricOf(slo), ['testid'])}
    |> filter(fn: (r) => ${samplesColumn(indicator)} >= ${ALERTING.least_requests}.0)
    |> map(fn: (r) => ({testid: r.testid, _value: ${valueColumn(indicator, `${windowOf_s(slo)}.0`)}}))
}`),
  );
  return query(
    read === 'percentiles' ? [...new Set(SCHEMAS.flatMap((schema) => schema.imports))] : [],
    `${interruptedRuns(scope.project)}
union(tables: [
  ${values.join(',\n  ')},
])
  |> ${NOT_INTERRUPTED}
  |> group(columns: ["testid"])
  |> ${worse}()
  |> ${ONE_TABLE}`,
  );
}

/** Runs that go on, as somebody says who watches them. */
const activeRuns = (project: string) => `active = ${recentRecords(project, ['testid', 'status', 'heartbeat'])}
  |> filter(fn: (r) => r.status == "${'running' satisfies RunStatus}" and ${secondsSince('r.heartbeat')} < ${ALERTING.silent_s}.0)
  |> findColumn(fn: (key) => true, column: "testid")`;

/** Active runs of a script in which k6 says that the threshold fails, with the value that k6 compares with its limit. */
function thresholdQuery({ project, scenario }: RuleScope, { threshold }: Slo): string {
  const text = threshold ? thresholdText(threshold) : '';
  return `${activeRuns(project)}
from(bucket: "${BUCKETS.live.name}")
  |> ${RECORDS_RANGE}
  |> filter(fn: (r) => r._measurement == "${MEASUREMENT.threshold}" and ${ofProject(project)} and r.threshold == ${quoted(text)} and ${runsOf(scenario)})
  |> filter(fn: (r) => r._field == "value" or r._field == "ok")
  |> pivot(rowKey: ["_time", "testid"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> filter(fn: (r) => exists r.ok and exists r.value)
  |> filter(fn: (r) => not r.ok and contains(value: r.testid, set: active))
  |> map(fn: (r) => ({testid: r.testid, _value: r.value}))
  |> ${ONE_TABLE}`;
}

/** Runs that should be active and have fallen silent, with the seconds since their last sign of life. */
export function silentRunsQuery(project: string): string {
  const { silent_s, history_s } = ALERTING;
  return `${recentRecords(project, ['testid', 'status', 'heartbeat'])}
  |> filter(fn: (r) => r.status == "${'running' satisfies RunStatus}")
  |> map(fn: (r) => ({testid: r.testid, _value: ${secondsSince('r.heartbeat')}}))
  |> filter(fn: (r) => r._value > ${silent_s}.0 and r._value < ${history_s}.0)
  |> ${ONE_TABLE}`;
}

/**
 * Active runs of which a generator is silent without its end; the value is how many are. Generators that run elsewhere need
 * not know their project: the run's record does.
 */
export function lostGeneratorsQuery(project: string): string {
  const newest = (measurement: string, field: string) => `from(bucket: "${BUCKETS.live.name}")
  |> range(start: -${ALERTING.history_s}s)
  |> filter(fn: (r) => r._measurement == "${measurement}" and r._field == "${field}" and (not exists r.${RUN_TAGS.project} or ${ofProject(project)}))
  |> group(columns: ["testid", "instance"])
  |> last()
  |> group()
  |> filter(fn: (r) => contains(value: r.testid, set: active))
  |> map(fn: (r) => ({testid: r.testid, generator: r.testid + " " + r.instance, _time: r._time}))`;
  return `${activeRuns(project)}
ended = ${newest(MEASUREMENT.end, 'points')}
  |> findColumn(fn: (key) => true, column: "generator")
${newest(MEASUREMENT.generator, 'window_s')}
  |> filter(fn: (r) => not contains(value: r.generator, set: ended))
  |> filter(fn: (r) => float(v: int(v: now()) - int(v: r._time)) / 1000000000.0 > ${ALERTING.silent_s}.0)
  |> map(fn: (r) => ({testid: r.testid, _value: 1.0}))
  |> group(columns: ["testid"])
  |> sum()
  |> ${ONE_TABLE}`;
}

function secondsSince(text: string): string {
  return `float(v: int(v: now()) - int(v: time(v: ${text}))) / 1000000000.0`;
}

/** Runs of these scenarios that beat, and have made no check in the last window; the value is the seconds they run. */
export function noChecksQuery(project: string, scenarios: readonly string[]): string {
  const names = scenarios.join('|');
  const checked = SCHEMAS.map(
    ({ bucket }) => `from(bucket: "${bucket}")
    |> range(start: -${ALERTING.window_s}s)
    |> filter(fn: (r) => r._measurement == "checks" and ${ofProject(project)} and r._field == "value")
    |> keep(columns: ["testid"])
    |> group()
    |> distinct(column: "testid")`,
  );
  return `checked = union(tables: [
  ${checked.join(',\n  ')},
])
  |> group()
  |> findColumn(fn: (key) => true, column: "_value")
${recentRecords(project, ['testid', 'status', 'started', 'heartbeat', 'planned_end'])}
  |> filter(fn: (r) => r.scenario =~ /^(${names})$/ and r.status == "${'running' satisfies RunStatus}")
  |> filter(fn: (r) => ${secondsSince('r.heartbeat')} < ${ALERTING.silent_s}.0 and now() < time(v: r.planned_end))
  |> map(fn: (r) => ({testid: r.testid, _value: ${secondsSince('r.started')}}))
  |> filter(fn: (r) => r._value > ${ALERTING.window_s}.0 and not contains(value: r.testid, set: checked))
  |> ${ONE_TABLE}`;
}

/** Points that the output of an active run has had to give up, and samples that are missing where a run has ended. */
export function lostSamplesQuery(project: string): string {
  return `${interruptedRuns(project)}
given_up = from(bucket: "${BUCKETS.live.name}")
  |> range(start: -${ALERTING.window_s}s)
  |> filter(fn: (r) => r._measurement == "${MEASUREMENT.generator}" and ${ofProject(project)} and r._field == "lost_points")
  |> group(columns: ["testid"])
  |> max()
  |> toFloat()
  |> keep(columns: ["testid", "_value"])
missing = ${recentRecords(project, ['testid', 'ended', 'completeness', 'samples_sent', 'samples_stored'])}
  |> filter(fn: (r) => exists r.completeness and r.completeness == "incomplete" and ${secondsSince('r.ended')} < ${ALERTING.history_s}.0)
  |> map(fn: (r) => ({testid: r.testid, _value: float(v: r.samples_sent - r.samples_stored)}))
union(tables: [given_up, missing])
  |> filter(fn: (r) => r._value != 0.0)
  |> ${NOT_INTERRUPTED}
  |> map(fn: (r) => ({r with _value: if r._value < 0.0 then -r._value else r._value}))
  |> group(columns: ["testid"])
  |> max()
  |> ${ONE_TABLE}`;
}

/**
 * Runs that the history calls a regression and of which nobody has been told yet; the value is the p95. Counted from the
 * judgement: repeats that confirm it may take longer than an ended run is news.
 */
export function regressionQuery(project: string): string {
  return `${recentRecords(project, ['testid', 'ended', 'judged', 'comparison', 'notified', 'p95_ms'])}
  |> filter(fn: (r) => exists r.comparison and r.comparison == "${'regressed' satisfies ComparisonVerdict}" and not (exists r.notified and r.notified))
  |> filter(fn: (r) => ${secondsSince('(if exists r.judged then r.judged else r.ended)')} < ${ALERTING.history_s}.0)
  |> map(fn: (r) => ({testid: r.testid, _value: r.p95_ms}))
  |> ${ONE_TABLE}`;
}
