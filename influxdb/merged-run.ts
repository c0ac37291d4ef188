/** The run so far, of all its generators together: what can be added is added, and percentiles come of merged histograms. */
import { flux, fluxExpression } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { BUCKET_FIELD, type Histogram, histogramOf } from '../contract/histogram.ts';
import { MEASUREMENT } from '../contract/live-schema.ts';
import { BEFORE_START_MS } from '../contract/runs.ts';
import { type InfluxConnection, queryApi } from './connection.ts';

/** What all generators together have seen of a metric. */
export interface MergedMetric {
  readonly count: number;
  /** Of a counter the sum, of a rate how many were not zero. */
  readonly value: number;
  /** Of a trend. */
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Of a trend; null for other metrics. */
  readonly histogram: Histogram | null;
  /** Smallest and largest value are there: of a gauge, and of a trend. */
  readonly has_extremes: boolean;
}

/** A metric, and the request that it is asked of; without it, all of them. */
export interface WantedMetric {
  readonly metric: string;
  readonly request?: string | undefined;
}

export interface MergedFigures {
  /** By metric, over everything, also outside of any scenario as set-up is. */
  readonly metrics: ReadonlyMap<string, MergedMetric>;
  /** Those that were asked for by request, under `metric{name:request}`, as k6 calls them. */
  readonly requests: ReadonlyMap<string, MergedMetric>;
  /** The most active users of each generator, added up. */
  readonly users: number;
}

const QUERY_TIMEOUT_MS = 120_000;
const RUN_SUFFIX = MEASUREMENT.run('');
const HISTOGRAM_SUFFIX = MEASUREMENT.histogram('');
const USERS = 'vus';

interface Row {
  readonly _measurement: string;
  readonly _field: string;
  readonly _value: number;
  readonly name?: string;
}

/**
 * @param by_request metrics that are wanted of one request alone
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readMergedFigures(
  connection: InfluxConnection,
  { testid, started }: { readonly testid: string; readonly started: Date },
  by_request: readonly WantedMetric[],
): Promise<MergedFigures> {
  const api = queryApi(connection, QUERY_TIMEOUT_MS);
  const points = flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${new Date(started.getTime() - BEFORE_START_MS)})
    |> filter(fn: (r) => r.testid == ${testid})`;
  // The run so far: rollups by request hold the same samples again.
  const whole = flux`${points}
    |> filter(fn: (r) => r._measurement =~ ${new RegExp(`\\${RUN_SUFFIX}$`)} and not exists r.name)`;
  // Every window: not each metric has a rollup by request.
  const named = by_request.map(({ metric, request = '' }) => {
    const is_metric = flux`r._measurement == ${metric} or r._measurement == ${MEASUREMENT.histogram(metric)}`;
    return String(flux`((${is_metric}) and r.name == ${request})`);
  });
  const of_requests = flux`${points} |> filter(fn: (r) => ${fluxExpression(named.join(' or '))})`;
  const ask = async (source: typeof whole, keys: string) => {
    const merge = (fields: string, call: string) =>
      api.collectRows<Row>(
        String(flux`${source}
          |> filter(fn: (r) => ${fluxExpression(fields)})
          |> group(columns: ${fluxExpression(keys)})
          |> ${fluxExpression(`${call}()`)}`),
      );
    const summed = String(
      flux`r._field == "count" or r._field == "value" or r._field == "sum" or r._field =~ ${BUCKET_FIELD}`,
    );
    const answers = [merge(summed, 'sum'), merge('r._field == "min"', 'min'), merge('r._field == "max"', 'max')];
    return (await Promise.all(answers)).flat();
  };
  const [rows, rows_by_request, users] = await Promise.all([
    ask(whole, '["_measurement", "_field"]'),
    named.length > 0 ? ask(of_requests, '["_measurement", "_field", "name"]') : [],
    api.collectRows<Row>(
      flux`${points} |> filter(fn: (r) => r._measurement == ${MEASUREMENT.run(USERS)} and r._field == "max") |> group() |> sum()`,
    ),
  ]);
  return {
    metrics: merged(rows, ({ _measurement }) => without(_measurement, RUN_SUFFIX)),
    requests: merged(
      rows_by_request,
      ({ _measurement, name }) => `${without(_measurement, HISTOGRAM_SUFFIX)}{name:${name}}`,
    ),
    users: users[0]?._value ?? 0,
  };
}

function without(measurement: string, suffix: string): string {
  return measurement.endsWith(suffix) ? measurement.slice(0, -suffix.length) : measurement;
}

function merged(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, MergedMetric> {
  const of = new Map<string, Row[]>();
  for (const row of rows) of.set(keyOf(row), [...(of.get(keyOf(row)) ?? []), row]);
  return new Map([...of].map(([key, fields]) => [key, toMetric(fields)]));
}

function toMetric(fields: readonly Row[]): MergedMetric {
  const value = (name: string) => fields.find(({ _field }) => _field === name)?._value;
  return {
    count: value('count') ?? 0,
    value: value('value') ?? 0,
    sum: value('sum') ?? 0,
    min: value('min') ?? 0,
    max: value('max') ?? 0,
    histogram: histogramOf(fields.map(({ _field, _value }) => [_field, _value])),
    has_extremes: value('min') !== undefined,
  };
}
