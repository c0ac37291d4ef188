import { flux, fluxExpression } from '@influxdata/influxdb-client';
import { PROTOCOL_NAMES, requestMetrics } from '../contract/k6-metrics.ts';
import { MEASUREMENT } from '../contract/live-schema.ts';
import type { LoadSpan } from '../contract/load-span.ts';
import type { OutputSpec } from '../contract/outputs.ts';
import { BEFORE_START_MS } from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';

const ITERATION = 'iteration_duration';
const QUERY_TIMEOUT_MS = 120_000;
const MS_PER_S = 1_000;

/** An operator of Flux: storage cannot look functions up in its index. */
const IS_WORK = [ITERATION, ...PROTOCOL_NAMES.map((name) => requestMetrics(name).requests)]
  .map((name) => `r._measurement == "${name}"`)
  .join(' or ');

interface Edge {
  readonly _time: string;
  readonly _value: number;
  readonly _measurement: string;
  readonly _field: string;
}

/**
 * When a run made load, as far as the samples say it that are stored: for runs whose output reported no end.
 * @returns null without a sample. @throws whatever the client throws when InfluxDB does not answer
 */
export async function readLoadSpan(
  connection: InfluxConnection,
  { bucket, schema }: { readonly bucket: string; readonly schema: OutputSpec['schema'] },
  testid: string,
  started: Date,
): Promise<LoadSpan | null> {
  const generator = `(r._measurement == "${MEASUREMENT.generator}" and (r._field == "load_began_ms" or r._field == "window_s"))`;
  // A trend has the field `count` in windows, and `value` where a point is a sample.
  const sample = schema === 'loadstar' ? 'r._field == "count" or r._field == "value"' : 'r._field == "value"';
  const work = `((${IS_WORK}) and (${sample}))`;
  const wanted = schema === 'loadstar' ? `${generator} or ${work}` : work;
  const points = flux`from(bucket: ${bucket})
    |> range(start: ${new Date(started.getTime() - BEFORE_START_MS)}, stop: ${endOfAll(started)})
    |> filter(fn: (r) => r.testid == ${testid})
    |> filter(fn: (r) => ${fluxExpression(wanted)})`;
  const edge = async (call: 'first' | 'last') =>
    await queryApi(connection, QUERY_TIMEOUT_MS).collectRows<Edge>(
      flux`${points}
        |> ${fluxExpression(`${call}()`)}
        |> toFloat()
        |> keep(columns: ["_time", "_value", "_measurement", "_field"])`,
    );
  const [firsts, lasts] = await Promise.all([edge('first'), edge('last')]);
  const ofGenerators = (rows: readonly Edge[], field: string) =>
    rows.flatMap(({ _field, _value }) => (_field === field ? [_value] : []));
  const samples = (rows: readonly Edge[]) => rows.filter(({ _measurement }) => _measurement !== MEASUREMENT.generator);
  const window_ms = Math.max(0, ...ofGenerators(lasts, 'window_s')) * MS_PER_S;
  const began = [...ofGenerators(lasts, 'load_began_ms'), ...samples(firsts).map(beganAt_ms)];
  const ended = samples(lasts).map(({ _time }) => Date.parse(_time) + window_ms);
  if (began.length === 0 || ended.length === 0) return null;
  return { from: new Date(Math.min(...began)), to: new Date(Math.max(...ended)) };
}

/** A sample of an iteration is taken at its end, and its value is how long it was. */
function beganAt_ms({ _time, _value, _measurement, _field }: Edge): number {
  return Date.parse(_time) - (_measurement === ITERATION && _field === 'value' ? _value : 0);
}
