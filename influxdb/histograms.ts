import { flux, InfluxDB } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { InfluxConnection } from './connection.ts';

/** Latency histograms of a whole run: by request name, and of each scenario over all its requests under ''. */
export type RunHistograms = Readonly<Record<string, Readonly<Record<string, number>>>>;

const LATENCY = 'http_req_duration';
const MARGIN_MS = 60_000;
const QUERY_TIMEOUT_MS = 60_000;
const { positive_prefix, negative_prefix, zero_field } = HISTOGRAM;
const BUCKET_FIELD = new RegExp(`^(${zero_field}|[${positive_prefix}${negative_prefix}]-?[0-9]+)$`);

/**
 * Merged over generators. It goes with the run's record, so that runs can be compared after the live data has expired.
 * @returns ms by bucket; empty where the run was not written by our output
 */
export async function readHistograms(
  connection: InfluxConnection,
  testid: string,
  started: Date,
): Promise<RunHistograms> {
  const query = new InfluxDB({ ...connection, timeout: QUERY_TIMEOUT_MS }).getQueryApi(connection.org);
  const start = new Date(started.getTime() - MARGIN_MS);
  const rows = await query.collectRows<{ name?: string; _field: string; _value: number }>(
    flux`from(bucket: ${BUCKETS.live.name})
      |> range(start: ${start})
      |> filter(fn: (r) => r._measurement == ${MEASUREMENT.run(LATENCY)} and r.testid == ${testid})
      |> filter(fn: (r) => r._field =~ ${BUCKET_FIELD})
      |> group(columns: ["name", "_field"])
      |> sum()`,
  );
  const histograms: Record<string, Record<string, number>> = {};
  for (const { name = '', _field, _value } of rows) {
    histograms[name] = { ...histograms[name], [_field]: _value };
  }
  return histograms;
}
