/** What the dashboard of many runs asks of their records. */
import { GRAFANA } from '../../../contract/grafana.ts';
import type { TrendMetric } from '../../../contract/metrics.ts';
import { TREND_FIELD } from '../../../contract/runs.ts';
import { SHOWN } from '../../builder/flux.ts';
import { IN_SCOPE, records, SCOPE_VARIABLE, writtenAs } from '../../builder/records.ts';

/**
 * The newest run that has ended, if `required` is known of it. A repeat that confirmed a run is part of that run's own
 * verdict, and is held against nothing itself.
 * @param value Flux on the record `r`
 */
function newest(fields: readonly string[], required: string, value: string): string {
  return `${records(SHOWN.range, ['verdict', 'confirms', ...fields], IN_SCOPE)}
  |> filter(fn: (r) => exists r.verdict and not exists r.confirms)
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 1)
  |> filter(fn: (r) => exists r.${required})
  |> map(fn: (r) => ({${value}}))`;
}

export function newestValue(metric: TrendMetric): string {
  return newest([metric], metric, `_value: r.${metric}`);
}

/** Against the baseline that the run was held against: a fraction of it; of an error rate the difference itself. */
export function newestChange(metric: TrendMetric): string {
  const baseline = TREND_FIELD.baseline(metric);
  const change = metric === 'error_rate' ? `r.${metric} - r.${baseline}` : `r.${metric} / r.${baseline} - 1.0`;
  return newest([metric, baseline], baseline, `_value: ${change}`);
}

export function newestRun(): string {
  return newest([], 'verdict', '_value: r.scenario + ": " + r.verdict');
}

/** One row a run, newest first; `live`, `from` and `to` are for links. */
export function runsTable(): string {
  const { live, live_raw } = GRAFANA.dashboards;
  const fields = [
    'testid',
    'commit',
    'p50_ms',
    'p95_ms',
    'p99_ms',
    'throughput_rps',
    'error_rate',
    'slos',
    'slos_held',
    'status',
    'heartbeat',
    'output',
  ];
  const text = (name: string) => `${name}: if exists r.${name} then r.${name} else "–"`;
  return `${records(SHOWN.range, fields, IN_SCOPE)}
  |> sort(columns: ["_time"], desc: true)
  |> map(fn: (r) => ({
    started: r._time,
    testid: r.testid,
    scenario: r.scenario,
    profile: r.profile,
    target: r.target,
    ${text('commit')},
    p50: r.p50_ms,
    p95: r.p95_ms,
    p99: r.p99_ms,
    throughput: r.throughput_rps,
    errors: r.error_rate,
    SLOs: if exists r.slos then string(v: r.slos_held) + " of " + string(v: r.slos) else "–",
    verdict: r.status,
    compare: "compare",
    live: if ${writtenAs('loadstar')} then "${live.uid}/${live.file}" else "${live_raw.uid}/${live_raw.file}",
    from: int(v: r._time) / 1000000 - 10000,
    to: int(v: time(v: r.heartbeat)) / 1000000 + 10000,
  }))`;
}

/** The repeated row's own scenario. */
const ONE_SCENARIO = `r.scenario == "\${${SCOPE_VARIABLE.scenario}}" and r.profile == "\${${SCOPE_VARIABLE.profile}}" and r.target == "\${${SCOPE_VARIABLE.target}}"`;

/** Run by run: the metric, its baseline and the noise band. */
export function trend(metric: TrendMetric): string {
  const { baseline, low, high } = TREND_FIELD;
  const fields = [metric, baseline(metric), low(metric), high(metric)];
  return `${records(SHOWN.range, fields, ONE_SCENARIO)}
  |> filter(fn: (r) => exists r.${metric})
  |> keep(columns: [${['_time', ...fields].map((name) => `"${name}"`).join(', ')}])
  |> rename(fn: (column) => if column == "${metric}" then "value" else if column == "${baseline(metric)}" then "baseline" else if column == "${low(metric)}" then "low" else if column == "${high(metric)}" then "high" else column)
  |> sort(columns: ["_time"])`;
}

/** Runs at which the level has shifted. */
export function shifts(metric: TrendMetric): string {
  const shift = TREND_FIELD.shift(metric);
  return `${records(SHOWN.range, [metric, shift], ONE_SCENARIO)}
  |> filter(fn: (r) => exists r.${shift} and r.${shift} != 0.0)
  |> map(fn: (r) => ({_time: r._time, "level shift": r.${metric}}))
  |> sort(columns: ["_time"])`;
}
