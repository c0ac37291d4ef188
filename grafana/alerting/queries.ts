/** What the alert rules ask. No dashboard variables here: Grafana knows none in rules. */
import { ALERTING } from '../../contract/alerting.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import { MEASUREMENT } from '../../contract/live-schema.ts';
import { RUN_MEASUREMENT, type RunStatus } from '../../contract/runs.ts';
import type { Slo } from '../../contract/slo.ts';
import { HISTOGRAM_IMPORTS, ONLY_BUCKETS, PERCENTILE_FUNCTION, query } from '../lib/flux.ts';

/**
 * Grafana drops all but one of several tables without a time, silently; and `_start` and `_stop` as labels would make a
 * new alert at each evaluation. So every rule ends in one table of runs.
 */
const ONE_TABLE = `group() |> keep(columns: ["testid", "_value"])`;

function lastWindow(metric: string, scenario: string, slo: Slo, histogram: boolean): string {
  const scope = slo.request ? metric : MEASUREMENT.scenario(metric);
  const measurement = histogram ? `${scope}${MEASUREMENT.histogram('')}` : scope;
  const request = slo.request ? ` and r.name == "${slo.request}"` : '';
  return `from(bucket: "${BUCKETS.live.name}")
  |> range(start: -${ALERTING.window_s}s)
  |> filter(fn: (r) => r._measurement == "${measurement}" and r.scenario == "${scenario}"${request})`;
}

/** p95 or p99 of the last window, a row a run; runs with too few requests are not in it. @returns ms */
export function latencyQuery(scenario: string, slo: Slo, share: number): string {
  return query(
    HISTOGRAM_IMPORTS,
    `${PERCENTILE_FUNCTION}
${lastWindow('http_req_duration', scenario, slo, true)}
  |> ${ONLY_BUCKETS}
  |> group(columns: ["testid", "_field"])
  |> sum()
  |> percentile(p: ${share}, by: ["testid"], least: ${ALERTING.least_requests}.0)
  |> ${ONE_TABLE}`,
  );
}

/** Runs that should be active and have fallen silent, with the seconds since their last sign of life. */
export function silentRunsQuery(): string {
  const { silent_s, history_s } = ALERTING;
  return `from(bucket: "${BUCKETS.runs.name}")
  |> range(start: -1d)
  |> filter(fn: (r) => r._measurement == "${RUN_MEASUREMENT}")
  |> filter(fn: (r) => r._field == "testid" or r._field == "status" or r._field == "heartbeat")
  |> group()
  |> pivot(rowKey: ["_time", "scenario", "profile", "target", "branch"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => r.status == "${'running' satisfies RunStatus}")
  |> map(fn: (r) => ({testid: r.testid, _value: float(v: int(v: now()) - int(v: time(v: r.heartbeat))) / 1000000000.0}))
  |> filter(fn: (r) => r._value > ${silent_s}.0 and r._value < ${history_s}.0)
  |> ${ONE_TABLE}`;
}

/** Runs whose generator was saturated in the last window, with the seconds it was. */
export function saturatedQuery(): string {
  return `from(bucket: "${BUCKETS.live.name}")
  |> range(start: -${ALERTING.window_s}s)
  |> filter(fn: (r) => r._measurement == "${MEASUREMENT.generator}" and r._field == "saturated" and r._value == true)
  |> group(columns: ["testid"])
  |> count()
  |> toFloat()
  |> ${ONE_TABLE}`;
}

/** Share of a rate's samples that were not 0 in the last window, a row a run. @returns a fraction */
export function shareQuery(metric: string, scenario: string, slo: Slo): string {
  return `${lastWindow(metric, scenario, slo, false)}
  |> filter(fn: (r) => r._field == "value" or r._field == "count")
  |> toFloat()
  |> group(columns: ["testid", "_field"])
  |> sum()
  |> group()
  |> pivot(rowKey: ["testid"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => r.count >= ${ALERTING.least_requests}.0)
  |> map(fn: (r) => ({testid: r.testid, _value: r.value / r.count}))
  |> ${ONE_TABLE}`;
}
