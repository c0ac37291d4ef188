import { join } from 'node:path';
import { ORG } from '../../contract/buckets.ts';
import { INFLUXDB_SETTINGS } from '../../contract/grafana.ts';
import { LOOPBACK } from '../../contract/ports.ts';
import { isReachable } from '../../lib/http.ts';
import { privateDirectory } from '../../lib/private-files.ts';
import { findInfluxd } from '../binaries/influxd.ts';
import type { EngineContext, InfluxAccess } from '../engine/engine.ts';
import { prepareInflux } from '../engine/prepare-influx.ts';
import { ensureService, type ServiceSpec } from './service.ts';

/** Opening a large data directory replays its write-ahead log first. */
const START_TIMEOUT_MS = 60_000;

export function influxDirectory(context: EngineContext): string {
  return join(context.state_dir, 'influxdb');
}

export function influxUrl(context: EngineContext): string {
  return `http://${LOOPBACK}:${context.ports.influxdb}`;
}

/** Starts and sets up InfluxDB. */
export async function startInflux(context: EngineContext): Promise<InfluxAccess> {
  const program = await findInfluxd(context);
  const url = influxUrl(context);
  // The data directory holds the tokens.
  await privateDirectory(context.state_dir);
  await privateDirectory(influxDirectory(context));
  const spec = serviceSpec(context, program, url);
  await context.ui.step('starting InfluxDB', () => ensureService(spec, context.signal));
  return { url, url_for_k6: url, org: ORG, tokens: await prepareInflux(context, url) };
}

function serviceSpec(context: EngineContext, program: string, url: string): ServiceSpec {
  const directory = influxDirectory(context);
  return {
    name: 'InfluxDB',
    port: context.ports.influxdb,
    port_variable: 'INFLUX_PORT',
    directory,
    program,
    args: [],
    cwd: directory,
    // Without the user's environment, in which an INFLUXD_* variable could move the data.
    env: {
      PATH: context.env.PATH,
      HOME: directory,
      ...INFLUXDB_SETTINGS,
      INFLUXD_HTTP_BIND_ADDRESS: `${LOOPBACK}:${context.ports.influxdb}`,
      INFLUXD_BOLT_PATH: join(directory, 'influxd.bolt'),
      INFLUXD_SQLITE_PATH: join(directory, 'influxd.sqlite'),
      INFLUXD_ENGINE_PATH: join(directory, 'engine'),
    },
    healthy: () => isReachable(`${url}/health`),
    start_timeout_ms: START_TIMEOUT_MS,
  };
}
