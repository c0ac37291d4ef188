import { flux, fluxExpression, type ParameterizedQuery } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { GAMMA, type Histogram } from '../contract/histogram.ts';
import { mainProtocol, PROTOCOL_NAMES, type ProtocolName, requestMetrics } from '../contract/k6-metrics.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { OutputSpec } from '../contract/outputs.ts';
import { BEFORE_START_MS } from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { type HistogramRow, histogramsBy, mergedHistograms } from './histograms.ts';

/** Latency histograms of a whole run: by request name, and of the scenario over all requests of its main protocol under ''. */
export type RunHistograms = Readonly<Record<string, Histogram>>;

/** What the live data says of the requests of a run, whatever their protocol. It goes with the run's record, which outlives the live data. */
export interface RunDetail {
  readonly histograms: RunHistograms;
  /** Failed requests and those that k6 judged, by name. */
  readonly failed: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
}

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
  const queries = (schema === 'loadstar' ? loadstar : raw)(testid, new Date(started.getTime() - BEFORE_START_MS));
  const [histograms, failed, judged] = await Promise.all([
    api.collectRows<NamedRow>(queries.histograms),
    ask(queries.failed),
    ask(queries.judged),
  ]);
  return { histograms: byName(histograms), failed, judged };
}

interface NamedRow extends HistogramRow {
  readonly name?: string;
  readonly _measurement: string;
}

/** Requests of all protocols; together, those that the figures of the run are of. */
function byName(rows: readonly NamedRow[]): RunHistograms {
  const named = histogramsBy(
    rows.filter(({ name }) => name !== undefined && name !== ''),
    ({ name = '' }) => name,
  );
  const whole = histogramsBy(
    rows.filter(({ name }) => name === undefined || name === ''),
    ({ _measurement }) => _measurement,
  );
  const of = (protocol: ProtocolName) => {
    const { duration } = requestMetrics(protocol);
    return whole[duration] ?? whole[MEASUREMENT.run(duration)];
  };
  const samples = (protocol: ProtocolName) =>
    Object.values(of(protocol)?.counts ?? {}).reduce((sum, count) => sum + count, 0);
  const all = of(mainProtocol(samples));
  return all ? { ...named, '': all } : named;
}

/** A condition of Flux: it is that metric of any protocol. */
function ofAnyProtocol(metric: 'duration' | 'failed', toMeasurement: (metric: string) => string) {
  const names = PROTOCOL_NAMES.map((name) => toMeasurement(requestMetrics(name)[metric]));
  return fluxExpression(`(${names.map((name) => `r._measurement == "${name}"`).join(' or ')})`);
}

interface Queries {
  readonly histograms: string;
  readonly failed: string;
  readonly judged: string;
}

/** A rollup of the whole run, with its histogram, is there already. */
function loadstar(testid: string, start: Date): Queries {
  const of = (metric: 'duration' | 'failed') => flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${start}, stop: ${endOfAll()})
    |> filter(fn: (r) => ${ofAnyProtocol(metric, MEASUREMENT.run)} and r.testid == ${testid})`;
  const summed = (field: string) =>
    String(flux`${of('failed')}
    |> filter(fn: (r) => r._field == ${field})
    |> group(columns: ["name"])
    |> sum()`);
  return {
    histograms: String(mergedHistograms(of('duration'), ['name', '_measurement'])),
    failed: summed('value'),
    judged: summed('count'),
  };
}

/** A point a sample: InfluxDB sorts them into the same buckets, by request and over all. */
function raw(testid: string, start: Date): Queries {
  const of = (metric: 'duration' | 'failed') => flux`from(bucket: ${BUCKETS.raw.name})
    |> range(start: ${start}, stop: ${endOfAll()})
    |> filter(fn: (r) => ${ofAnyProtocol(metric, (name) => name)} and r.testid == ${testid} and r._field == "value")`;
  const both = (merge: string) => {
    const merged = (columns: string) => flux`${of('failed')}
      |> group(columns: ${fluxExpression(columns)})
      |> ${fluxExpression(merge)}`;
    return String(flux`union(tables: [${merged('["name"]')}, ${merged('[]')}])`);
  };
  const counted = (columns: string) => flux`bucketed
    |> group(columns: ${fluxExpression(columns)})
    |> count(column: "_value")
    |> toFloat()`;
  const extreme = (field: string) => (columns: string) =>
    flux`${of('duration')}
    |> group(columns: ${fluxExpression(columns)})
    |> ${fluxExpression(`${field}()`)}
    |> map(fn: (r) => ({r with _field: ${field}}))`;
  const twice = (part: (columns: string) => ParameterizedQuery) =>
    flux`${part('["name", "_measurement"]')}, ${part('["_measurement"]')}`;
  return {
    histograms: String(flux`import "math"
      bucketed = ${of('duration')}
        |> map(fn: (r) => ({
          name: r.name,
          _measurement: r._measurement,
          _value: r._value,
          _field: if r._value > 0.0
            then ${positive_prefix} + string(v: int(v: math.floor(x: math.log(x: r._value) / math.log(x: ${GAMMA}))))
            else ${zero_field},
        }))
      union(tables: [
        ${counted('["name", "_measurement", "_field"]')}, ${counted('["_measurement", "_field"]')},
        ${twice(extreme(HISTOGRAM.min_field))},
        ${twice(extreme(HISTOGRAM.max_field))},
      ])`),
    failed: both('sum()'),
    judged: both('count()'),
  };
}
