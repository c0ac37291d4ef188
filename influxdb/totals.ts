import { flux, fluxExpression } from '@influxdata/influxdb-client';
import { BEFORE_START_MS } from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';

/** What the bucket holds of one metric in one run. */
export interface StoredTotals {
  count: number;
  sum: number;
  min: number;
  max: number;
}

type Aggregate = keyof StoredTotals;
const AGGREGATES: readonly Aggregate[] = ['count', 'sum', 'min', 'max'];

/** Where each total stands in a schema: the field, and what is done with it. */
interface Source {
  readonly field: string;
  readonly call: 'count' | 'sum' | 'min' | 'max';
}

/** A point a sample: the field `value` has everything. */
const RAW: Readonly<Record<Aggregate, Source>> = {
  count: { field: 'value', call: 'count' },
  sum: { field: 'value', call: 'sum' },
  min: { field: 'value', call: 'min' },
  max: { field: 'value', call: 'max' },
};

/** A point a series and window: counting its points would say nothing. */
const LOADSTAR: Readonly<Record<Aggregate, Source>> = {
  count: { field: 'count', call: 'sum' },
  sum: { field: 'value', call: 'sum' },
  min: { field: 'min', call: 'min' },
  max: { field: 'max', call: 'max' },
};

const SOURCES = { raw: RAW, loadstar: LOADSTAR } as const;

const QUERY_TIMEOUT_MS = 120_000;

/**
 * Totals by metric of a run. Grouping by measurement and then aggregating is done by InfluxDB's storage engine, so it
 * costs no memory for long runs. Rollups are measurements of their own and appear under their own names.
 * @throws whatever the client throws when InfluxDB does not answer.
 */
export async function storedTotals(
  connection: InfluxConnection,
  { bucket, schema }: { readonly bucket: string; readonly schema: keyof typeof SOURCES },
  testid: string,
  started: Date,
): Promise<Map<string, StoredTotals>> {
  const start = new Date(started.getTime() - BEFORE_START_MS);
  const query = queryApi(connection, QUERY_TIMEOUT_MS);
  const totals = new Map<string, StoredTotals>();
  for (const aggregate of AGGREGATES) {
    const { field, call } = SOURCES[schema][aggregate];
    const rows = await query.collectRows<{ _measurement: string; _value: number }>(
      flux`from(bucket: ${bucket})
        |> range(start: ${start}, stop: ${endOfAll(started)})
        |> filter(fn: (r) => r.testid == ${testid} and r._field == ${field})
        |> group(columns: ["_measurement"])
        |> ${fluxExpression(`${call}()`)}`,
    );
    for (const row of rows) {
      const entry = totals.get(row._measurement) ?? { count: 0, sum: 0, min: 0, max: 0 };
      entry[aggregate] = row._value;
      totals.set(row._measurement, entry);
    }
  }
  return totals;
}
