import { flux, fluxExpression } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { OutputSpec } from '../contract/outputs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';

/** Latency histograms of a whole run: by request name, and of the scenario over all its requests under ''. */
export type RunHistograms = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What the live data says of the requests of a run. It goes with the run's record, which outlives the live data. */
export interface RunDetail {
  readonly histograms: RunHistograms;
  /** ms */
  readonly max: Readonly<Record<string, number>>;
  /** Failed requests and those that k6 judged, by name. */
  readonly failed: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
}

const LATENCY = 'http_req_duration';
const FAILED = 'http_req_failed';
const MARGIN_MS = 60_000;
/** A long run of a stock output has a point a request to read. */
const QUERY_TIMEOUT_MS = 120_000;
const { positive_prefix, negative_prefix, zero_field, relative_accuracy } = HISTOGRAM;
const BUCKET_FIELD = new RegExp(`^(${zero_field}|[${positive_prefix}${negative_prefix}]-?[0-9]+)$`);
const GAMMA = (1 + relative_accuracy) / (1 - relative_accuracy);

/**
 * Merged over generators, for either schema.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readRunDetail(
  connection: InfluxConnection,
  schema: OutputSpec['schema'],
  testid: string,
  started: Date,
): Promise<RunDetail> {
  const api = queryApi(connection, QUERY_TIMEOUT_MS);
  const ask = async (text: string): Promise<Readonly<Record<string, number>>> => {
    const rows = await api.collectRows<{ name?: string; _value: number }>(text);
    return Object.fromEntries(rows.map(({ name = '', _value }) => [name, _value]));
  };
  const queries = (schema === 'loadstar' ? loadstar : raw)(testid, new Date(started.getTime() - MARGIN_MS));
  const [buckets, max, failed, judged] = await Promise.all([
    api.collectRows<{ name?: string; _field: string; _value: number }>(queries.buckets),
    ask(queries.max),
    ask(queries.failed),
    ask(queries.judged),
  ]);
  const histograms: Record<string, Record<string, number>> = {};
  for (const { name = '', _field, _value } of buckets) histograms[name] = { ...histograms[name], [_field]: _value };
  return { histograms, max, failed, judged };
}

interface Queries {
  readonly buckets: string;
  readonly max: string;
  readonly failed: string;
  readonly judged: string;
}

/** A rollup of the whole run, with its histogram, is there already. */
function loadstar(testid: string, start: Date): Queries {
  const of = (metric: string) => flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${start}, stop: ${endOfAll()})
    |> filter(fn: (r) => r._measurement == ${MEASUREMENT.run(metric)} and r.testid == ${testid})`;
  const named = (metric: string, field: string, merge: 'sum' | 'max') => flux`${of(metric)}
    |> filter(fn: (r) => r._field == ${field})
    |> group(columns: ["name"])
    |> ${fluxExpression(`${merge}()`)}`;
  return {
    buckets: String(flux`${of(LATENCY)}
      |> filter(fn: (r) => r._field =~ ${BUCKET_FIELD})
      |> group(columns: ["name", "_field"])
      |> sum()`),
    max: String(named(LATENCY, 'max', 'max')),
    failed: String(named(FAILED, 'value', 'sum')),
    judged: String(named(FAILED, 'count', 'sum')),
  };
}

/** A point a sample: InfluxDB sorts them into the same buckets, by request and over all. */
function raw(testid: string, start: Date): Queries {
  const of = (metric: string) => flux`from(bucket: ${BUCKETS.raw.name})
    |> range(start: ${start}, stop: ${endOfAll()})
    |> filter(fn: (r) => r._measurement == ${metric} and r.testid == ${testid} and r._field == "value")`;
  const both = (metric: string, merge: string) => {
    const merged = (columns: string) => flux`${of(metric)}
      |> group(columns: ${fluxExpression(columns)})
      |> ${fluxExpression(merge)}`;
    return String(flux`union(tables: [${merged('["name"]')}, ${merged('[]')}])`);
  };
  const counted = (columns: string) => flux`bucketed
    |> group(columns: ${fluxExpression(columns)})
    |> count(column: "_value")`;
  return {
    buckets: String(flux`import "math"
      bucketed = ${of(LATENCY)}
        |> map(fn: (r) => ({
          name: r.name,
          _value: r._value,
          _field: if r._value > 0.0
            then ${positive_prefix} + string(v: int(v: math.floor(x: math.log(x: r._value) / math.log(x: ${GAMMA}))))
            else ${zero_field},
        }))
      union(tables: [${counted('["name", "_field"]')}, ${counted('["_field"]')}])`),
    max: both(LATENCY, 'max()'),
    failed: both(FAILED, 'sum()'),
    judged: both(FAILED, 'count()'),
  };
}
