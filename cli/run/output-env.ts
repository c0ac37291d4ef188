import { BUCKETS, V1_MAPPING } from '../../contract/buckets.ts';
import { OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { InfluxAccess } from '../engine/engine.ts';

/** InfluxDB 2 takes any user name on its v1 API; the token is the password. */
const V1_USER = 'loadstar';

/**
 * k6's arguments and environment for the outputs asked for. The environment holds exactly what these outputs need:
 * a variable of one misleads another. Tokens go into the environment, never into arguments.
 */
export function outputArgs(
  outputs: readonly OutputName[],
  influx: InfluxAccess,
): { args: string[]; env: Record<string, string> } {
  return {
    args: outputs.flatMap((name) => ['--out', OUTPUTS[name].k6_name]),
    env: Object.assign({}, ...outputs.map((name) => ENVIRONMENT[name](influx))) as Record<string, string>,
  };
}

const ENVIRONMENT: Readonly<Record<OutputName, (influx: InfluxAccess) => Record<string, string>>> = {
  influxdb: (influx) => ({
    K6_INFLUXDB_ADDR: influx.url_for_k6,
    K6_INFLUXDB_DB: V1_MAPPING.database,
    K6_INFLUXDB_USERNAME: V1_USER,
    K6_INFLUXDB_PASSWORD: influx.tokens.k6,
  }),
  'xk6-influxdb': (influx) => ({
    K6_INFLUXDB_ADDR: influx.url_for_k6,
    K6_INFLUXDB_ORGANIZATION: influx.org,
    K6_INFLUXDB_BUCKET: BUCKETS.raw.name,
    K6_INFLUXDB_TOKEN: influx.tokens.k6,
  }),
};
