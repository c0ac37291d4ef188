import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { InfluxAccess } from './engine.ts';

/** InfluxDB as the command line itself reads and writes it. */
export function cliConnection({ url, org, tokens }: Pick<InfluxAccess, 'url' | 'org' | 'tokens'>): InfluxConnection {
  return { url, org, token: tokens.cli };
}
