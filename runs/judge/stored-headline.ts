import { percentile } from '../../analysis/histogram.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import { EXCEPTION_METRIC, mainProtocol, requestMetrics } from '../../contract/k6-metrics.ts';
import { type LoadSpan, loadLength_ms, ratePerSecond } from '../../contract/load-span.ts';
import { METRICS, PERCENTILE_METRICS } from '../../contract/metrics.ts';
import { judgedOutput, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { Latency } from '../../contract/results.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { type StoredTotals, storedTotals } from '../../influxdb/totals.ts';
import type { Headline } from './summary.ts';

const MS_PER_S = 1_000;

/** The figures of a k6 that did not live to tell them, from what is stored. */
export async function readStoredHeadline(
  connection: InfluxConnection,
  run: RunStart,
  detail: RunDetail,
  load: LoadSpan | null,
): Promise<Headline> {
  const output = OUTPUTS[judgedOutput(run.outputs as OutputName[])];
  const place = { bucket: BUCKETS[output.bucket].name, schema: output.schema };
  const totals = await storedTotals(connection, place, run.testid, run.started);
  const sum = (name: string) => totals.get(name)?.sum ?? 0;
  const share = (name: string) => toShare(totals.get(name));
  const load_ms = loadLength_ms(load);
  const protocol = mainProtocol((name) => sum(requestMetrics(name).requests));
  const metrics = requestMetrics(protocol);
  const requests = sum(metrics.requests);
  return {
    ...(protocol === 'http' ? {} : { protocol }),
    duration_s: load_ms / MS_PER_S,
    requests,
    throughput_rps: ratePerSecond(requests, load_ms),
    error_rate: share(metrics.failed) ?? 0,
    checks_rate: share('checks'),
    exception_rate: share(EXCEPTION_METRIC),
    script_exceptions: sum(EXCEPTION_METRIC),
    iterations: sum('iterations'),
    dropped_iterations: sum('dropped_iterations'),
    vus_max: totals.get('vus')?.max ?? totals.get('vus_max')?.max ?? 0,
    data_sent_bytes: sum('data_sent'),
    data_received_bytes: sum('data_received'),
    latency: toLatency(totals.get(metrics.duration), detail),
  };
}

function toShare(totals: StoredTotals | undefined): number | null {
  return totals && totals.count > 0 ? totals.sum / totals.count : null;
}

function toLatency(totals: StoredTotals | undefined, { histograms }: RunDetail): Latency | null {
  const whole = histograms[''];
  if (!totals || totals.count === 0 || !whole) return null;
  const percentiles = PERCENTILE_METRICS.map((key) => [key, percentile(whole, METRICS[key].percentile) ?? 0]);
  return {
    ...Object.fromEntries(percentiles),
    min_ms: totals.min,
    avg_ms: totals.sum / totals.count,
    max_ms: totals.max,
  };
}
