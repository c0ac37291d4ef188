/** The variable that says of which protocol's requests a dashboard shows figures. */
import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  LEAST_SHARE,
  PROTOCOL_NAMES,
  PROTOCOLS,
  type ProtocolName,
  requestMetrics,
} from '../../../contract/k6-metrics.ts';
import { type Frame, query, VARIABLE } from '../flux.ts';
import { single } from '../variables.ts';
import type { MetricsSchema } from './schema.ts';

/** @param frame the run whose requests count */
export function protocolVariable(schemas: readonly MetricsSchema[], frame: Frame): QueryVariableBuilder {
  return single(VARIABLE.protocol, 'Protocol', protocolsOf(schemas, frame))
    .regex(PROTOCOL_PATTERN)
    .description('Whose requests the figures are of');
}

/**
 * Protocols of the run's requests, as text and prefix of their metrics; first the one that the figures of the run are of
 * (mainProtocol in contract/k6-metrics.ts). Without a request yet, HTTP.
 */
function protocolsOf(schemas: readonly MetricsSchema[], frame: Frame): string {
  const rows = PROTOCOL_NAMES.flatMap((name, place) =>
    schemas.map(
      (schema) => `${schema.sums(frame, requestMetrics(name).requests, [])}
    |> map(fn: (r) => ({place: ${place}, made: r.value, _value: "${protocolText(name)}"}))`,
    ),
  );
  return query(
    ['array'],
    `made = union(tables: [
  ${rows.join(',\n  ')},
  array.from(rows: [{place: ${PROTOCOL_NAMES.length}, made: 0.0, _value: "${protocolText('http')}"}]),
])
  |> group()
all = (made |> sum(column: "made") |> findColumn(fn: (key) => true, column: "made"))[0]
made
  |> filter(fn: (r) => r.made > 0.0 or all == 0.0)
  |> map(fn: (r) => ({r with is_main: if r.made >= ${LEAST_SHARE} * all then 0 else 1}))
  |> sort(columns: ["is_main", "place"])
  |> keep(columns: ["_value"])`,
  );
}

/** `gRPC calls : grpc_req` */
function protocolText(name: ProtocolName): string {
  const { request, prefix } = PROTOCOLS[name];
  return `${request} : ${prefix}`;
}

/** How Grafana takes text and value out of it. */
const PROTOCOL_PATTERN = '/^(?<text>.*) : (?<value>.*)$/';
