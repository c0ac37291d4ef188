/** What the dashboard of many runs asks of their records. */
import { BUCKETS } from '../../../contract/buckets.ts';
import { GRAFANA } from '../../../contract/grafana.ts';
import { metricLabel } from '../../../contract/metric-text.ts';
import { COMPARED_METRICS, METRICS, type TrendMetric } from '../../../contract/metrics.ts';
import {
  type ComparisonVerdict,
  RUN_DETAIL,
  RUN_MEASUREMENT,
  type RunStatus,
  shiftField,
} from '../../../contract/runs.ts';
import type { RunOutcome } from '../../../contract/verdicts.ts';
import { columns, orderedBy, query, SHOWN } from '../../builder/flux.ts';
import {
  IN_SCOPE,
  numbered,
  OF_TARGET,
  RECORD_KEY,
  records,
  SCOPE_VARIABLE,
  verdicts,
  writtenAs,
} from '../../builder/records.ts';

/**
 * The newest run that has ended, if `required` is known of it. A repeat that confirmed a run is part of that run's own
 * verdict, and is compared with nothing itself.
 * @param value Flux on the record `r`
 */
function newest(fields: readonly string[], required: string, value: string): string {
  return `${records(SHOWN.range, ['verdict', 'confirms', 'ab_side', ...fields], IN_SCOPE)}
  |> filter(fn: (r) => exists r.verdict and not exists r.confirms and not exists r.ab_side)
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 1)
  |> filter(fn: (r) => exists r.${required})
  |> map(fn: (r) => ({${value}}))`;
}

export function newestValue(metric: TrendMetric): string {
  return newest([metric], metric, `_value: r.${metric}`);
}

/**
 * The stored change of the newest run against its baseline, in a column that is named by the stored verdict: a fraction; of an
 * error rate percentage points.
 */
export function newestChange(metric: TrendMetric): string {
  const change = metric === 'error_rate' ? 'r.difference * 100.0' : 'r.change';
  return `newest = ${records(SHOWN.range, ['verdict', 'confirms', 'ab_side'], IN_SCOPE)}
  |> filter(fn: (r) => exists r.verdict and not exists r.confirms and not exists r.ab_side)
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 1)
  |> keep(columns: ${columns(RECORD_KEY)})
judged = ${verdicts(SHOWN.range, metric, IN_SCOPE)}
  |> filter(fn: (r) => exists r.change or exists r.difference)
  |> map(fn: (r) => ({r with is: r.verdict, moved: ${change}}))
  |> keep(columns: ${columns([...RECORD_KEY, 'is', 'moved'])})
join(tables: {newest: newest, judged: judged}, on: ${columns(RECORD_KEY)})
  |> pivot(rowKey: ["_time"], columnKey: ["is"], valueColumn: "moved")
  |> drop(columns: ${columns(RECORD_KEY)})`;
}

export function newestRun(): string {
  return newest([], 'verdict', '_value: r.scenario + ": " + r.verdict');
}

/** Figures of a run in the table of runs. */
export const RUN_FIGURES = COMPARED_METRICS.filter(
  (metric) => metric !== 'checks_rate' && !('comparison_only' in METRICS[metric]),
);

/** One row a run, newest first; `live`, `from` and `to` are for links. */
export function runsTable(): string {
  const { live, live_raw } = GRAFANA.dashboards;
  const fields = [
    'testid',
    'commit',
    ...RUN_FIGURES,
    'slos',
    'slos_passed',
    'status',
    'comparison',
    'heartbeat',
    'output',
  ];
  const text = (name: string) => `${name}: if exists r.${name} then r.${name} else "–"`;
  return `${records(SHOWN.range, fields, IN_SCOPE)}
  |> group(columns: ["scenario"])
  |> sort(columns: ["_time"])
  |> ${numbered(RUN)}
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> map(fn: (r) => ({
    run: r.run,
    started: r._time,
    testid: r.testid,
    scenario: r.scenario,
    ${text('commit')},
    ${RUN_FIGURES.map((metric) => `"${metricLabel(metric)}": r.${metric}`).join(',\n    ')},
    SLOs: if exists r.slos then string(v: r.slos_passed) + " of " + string(v: r.slos) else "–",
    verdict: if r.status == "${'passed' satisfies RunStatus}" and exists r.comparison and r.comparison == "${'regressed' satisfies ComparisonVerdict}" then "${'regressed' satisfies RunOutcome}" else r.status,
    comparison: if exists r.comparison then r.comparison else "–",
    live: if ${writtenAs('loadstar')} then "${live.uid}/${live.file}" else "${live_raw.uid}/${live_raw.file}",
    from: int(v: r._time) / 1000000 - 10000,
    to: int(v: time(v: r.heartbeat)) / 1000000 + 10000,
  }))`;
}

/** The repeated row's own scenario. */
const ONE_SCENARIO = `r.scenario == "\${${SCOPE_VARIABLE.scenario}}" and ${OF_TARGET}`;

/** Column of a run's number in the range. */
export const RUN = 'run';

/** After all runs. */
const FUTURE = '2200-01-01T00:00:00Z';
/** Places on the axis at least: with fewer, Grafana writes halves between them. */
const LEAST_PLACES = 8;

/**
 * A row a run, by its number in the range: the metric, the baseline and the band that were stored when the run was judged,
 * and the metric again where the level has shifted.
 */
export function trend(metric: TrendMetric): string {
  const part = (filter: string, field: string, value = 'float(v: r._value)') => `from(bucket: "${BUCKETS.runs.name}")
    |> ${SHOWN.range}
    |> filter(fn: (r) => ${filter} and ${ONE_SCENARIO})
    |> group()
    |> map(fn: (r) => ({_time: r._time, _field: ${field}, _value: ${value}}))`;
  const of_run = (field: string) => `r._measurement == "${RUN_MEASUREMENT}" and r._field == "${field}"`;
  const fields = ['baseline', 'low', 'high'].map((name) => `r._field == "${name}"`).join(' or ');
  const shift = shiftField(metric);
  const places = Array.from(
    { length: LEAST_PLACES },
    (_, place) => `{_time: date.add(d: ${place}s, to: ${FUTURE}), _field: "${RUN}", _value: 1.0}`,
  );
  return query(
    ['array', 'date'],
    `is_any = length(arr: ${part(of_run('testid'), `"${RUN}"`, '1.0')} |> limit(n: 1) |> findColumn(fn: (key) => true, column: "_field")) > 0
numbered = union(tables: [
  ${part(of_run('testid'), `"${RUN}"`, '1.0')},
  ${part(of_run(metric), '"value"')},
  ${part(`r._measurement == "${RUN_DETAIL.comparison}" and r.metric == "${metric}" and not exists r.name and (${fields})`, 'r._field')},
  ${records(SHOWN.range, [metric, shift], ONE_SCENARIO)}
    |> filter(fn: (r) => exists r.${shift} and exists r.${metric} and r.${shift} != 0.0)
    |> map(fn: (r) => ({_time: r._time, _field: "level shift", _value: r.${metric}})),
  array.from(rows: [${places.join(', ')}]) |> filter(fn: (r) => is_any),
])
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> sort(columns: ["_time"])
  |> cumulativeSum(columns: ["${RUN}"])
  |> filter(fn: (r) => r._time < ${FUTURE} or r.${RUN} <= ${LEAST_PLACES}.0)
  |> drop(columns: ["_time"])
${orderedBy(RUN, '0.0', 'numbered')}`,
  );
}
