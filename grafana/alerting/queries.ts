/** What the alert rules ask. No dashboard variables here: Grafana knows none in rules. */
import { ALERTING } from '../../contract/alerting.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import { MEASUREMENT } from '../../contract/live-schema.ts';
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
