import { BUCKETS, V1_MAPPING } from '../../contract/buckets.ts';
import { ENV } from '../../contract/env.ts';
import { OUTPUT_ENV, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import { usageError } from '../../lib/errors.ts';
import type { InfluxAccess } from '../../stack/engine/engine.ts';

/** What the outputs are told, besides where InfluxDB is. Paths as k6 sees them. */
export interface OutputSetting {
  readonly influx: InfluxAccess;
  /** Of a generator that is not alone. */
  readonly meeting?: Meeting | undefined;
  /** Where our output keeps what InfluxDB does not take. */
  readonly spool_dir: string;
  readonly report_file: string;
  /** The user's K6_LOADSTAR_*: our output refuses what it does not know. */
  readonly own: Readonly<Record<string, string>>;
}

/** Where the generators of a run meet (k6/output/generators). */
export interface Meeting {
  /** Where our output sends what it writes, as long as something answers there that merges what several generators write. */
  readonly merger_url: string;
  readonly generators: number;
}

/** InfluxDB 2 takes any user name on its v1 API; the token is the password. */
const V1_USER = 'loadstar';

/**
 * k6's arguments and environment for the outputs asked for. The environment holds exactly what these outputs need:
 * a variable of one misleads another. Tokens go into the environment, never into arguments.
 */
export function outputArgs(
  outputs: readonly OutputName[],
  setting: OutputSetting,
): { args: string[]; env: Record<string, string> } {
  return {
    args: outputs.flatMap((name) => ['--out', OUTPUTS[name].k6_name]),
    env: Object.assign({}, ...outputs.map((name) => ENVIRONMENT[name](setting))) as Record<string, string>,
  };
}

/** The user's settings for our output. @throws LoadstarError (usage) for one that does not exist: a typo must not pass. */
export function ownSettings(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const own = Object.entries(env).filter(([name, value]) => name.startsWith(OUTPUT_ENV.loadstar) && value);
  const known = Object.keys(ENV).filter((name) => name.startsWith(OUTPUT_ENV.loadstar));
  const unknown = own.map(([name]) => name).find((name) => !known.includes(name));
  if (unknown) throw usageError('a setting of our output that exists', unknown, `there are: ${known.join(', ')}`);
  return Object.fromEntries(own) as Record<string, string>;
}

const ENVIRONMENT: Readonly<Record<OutputName, (setting: OutputSetting) => Record<string, string>>> = {
  loadstar: ({ influx, meeting, spool_dir, report_file, own }) => ({
    K6_INFLUXDB_ADDR: influx.url_for_k6,
    K6_INFLUXDB_ORGANIZATION: influx.org,
    K6_INFLUXDB_TOKEN: influx.tokens.k6,
    // Not K6_INFLUXDB_BUCKET: that one belongs to xk6-influxdb where both run.
    K6_LOADSTAR_BUCKET: BUCKETS.live.name,
    K6_LOADSTAR_SPOOL_DIR: spool_dir,
    K6_LOADSTAR_REPORT_FILE: report_file,
    K6_LOADSTAR_PROGRESS: 'true',
    ...(influx.ca_file ? { K6_LOADSTAR_CA_FILE: influx.ca_file } : {}),
    ...(meeting ? { K6_LOADSTAR_MERGER: meeting.merger_url, K6_LOADSTAR_GENERATORS: String(meeting.generators) } : {}),
    ...own,
  }),
  influxdb: ({ influx }) => ({
    K6_INFLUXDB_ADDR: influx.url_for_k6,
    K6_INFLUXDB_DB: V1_MAPPING.database,
    K6_INFLUXDB_USERNAME: V1_USER,
    K6_INFLUXDB_PASSWORD: influx.tokens.k6,
    ...(influx.proxy ? { K6_INFLUXDB_PROXY: influx.proxy } : {}),
  }),
  'xk6-influxdb': ({ influx }) => ({
    K6_INFLUXDB_ADDR: influx.url_for_k6,
    K6_INFLUXDB_ORGANIZATION: influx.org,
    K6_INFLUXDB_BUCKET: BUCKETS.raw.name,
    K6_INFLUXDB_TOKEN: influx.tokens.k6,
  }),
};
