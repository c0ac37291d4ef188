import { flux, fluxExpression, type ParameterizedQuery } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { GAMMA, type Histogram } from '../contract/histogram.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { OutputSpec } from '../contract/outputs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { type HistogramRow, histogramsBy, mergedHistograms } from './histograms.ts';

/** Latency histograms of a whole run: by request name, and of the scenario over all its requests under ''. */
export type RunHistograms = Readonly<Record<string, Histogram>>;

/** What the live data says of the requests of a run. It goes with the run's record, which outlives the live data. */
export interface RunDetail {
  readonly histograms: RunHistograms;
  /** Failed requests and those that k6 judged, by name. */
  readonly failed: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
}

const LATENCY = 'http_req_duration';
const FAILED = 'http_req_failed';
const MARGIN_MS = 60_000;
/** A long run of a stock output has a point a request to read. */
const QUERY_TIMEOUT_MS = 120_000;
const { positive_prefix, zero_field } = HISTOGRAM;

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
  const [histograms, failed, judged] = await Promise.all([
    api.collectRows<HistogramRow & { readonly name?: string }>(queries.histograms),
    ask(queries.failed),
    ask(queries.judged),
  ]);
  return { histograms: histogramsBy(histograms, ({ name = '' }) => name), failed, judged };
}

interface Queries {
  readonly histograms: string;
  readonly failed: string;
  readonly judged: string;
}

/** A rollup of the whole run, with its histogram, is there already. */
function loadstar(testid: string, start: Date): Queries {
  const of = (metric: string) => flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${start}, stop: ${endOfAll()})
    |> filter(fn: (r) => r._measurement == ${MEASUREMENT.run(metric)} and r.testid == ${testid})`;
  const summed = (field: string) =>
    String(flux`${of(FAILED)}
    |> filter(fn: (r) => r._field == ${field})
    |> group(columns: ["name"])
    |> sum()`);
  return {
    histograms: String(mergedHistograms(of(LATENCY), ['name'])),
    failed: summed('value'),
    judged: summed('count'),
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
    |> count(column: "_value")
    |> toFloat()`;
  const extreme = (field: string) => (columns: string) =>
    flux`${of(LATENCY)}
    |> group(columns: ${fluxExpression(columns)})
    |> ${fluxExpression(`${field}()`)}
    |> map(fn: (r) => ({r with _field: ${field}}))`;
  const twice = (part: (columns: string) => ParameterizedQuery) => flux`${part('["name"]')}, ${part('[]')}`;
  return {
    histograms: String(flux`import "math"
      bucketed = ${of(LATENCY)}
        |> map(fn: (r) => ({
          name: r.name,
          _value: r._value,
          _field: if r._value > 0.0
            then ${positive_prefix} + string(v: int(v: math.floor(x: math.log(x: r._value) / math.log(x: ${GAMMA}))))
            else ${zero_field},
        }))
      union(tables: [
        ${counted('["name", "_field"]')}, ${counted('["_field"]')},
        ${twice(extreme(HISTOGRAM.min_field))},
        ${twice(extreme(HISTOGRAM.max_field))},
      ])`),
    failed: both(FAILED, 'sum()'),
    judged: both(FAILED, 'count()'),
  };
}
