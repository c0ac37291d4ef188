import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { InfluxAccess } from './engine.ts';

/** The connection of the command line to InfluxDB. */
export function cliConnection({ url, org, tokens }: Pick<InfluxAccess, 'url' | 'org' | 'tokens'>): InfluxConnection {
  return { url, org, token: tokens.cli };
}
