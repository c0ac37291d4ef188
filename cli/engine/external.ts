import { InfluxDB } from '@influxdata/influxdb-client';
import { BucketsAPI, PingAPI } from '@influxdata/influxdb-client-apis';
import { BUCKETS, ORG } from '../../contract/buckets.ts';
import { messageOf, unusableError, usageError } from '../lib/errors.ts';
import { answers } from '../lib/http.ts';
import type { Engine, EngineContext, InfluxAccess, ServiceStatus, Stack } from './engine.ts';
import { startDemoProcess } from './native/demo.ts';
import { nativeK6 } from './native/k6-launcher.ts';

/** Servers that the team already has. Nothing of theirs is started, stopped or changed. */
export function externalEngine(context: EngineContext): Engine {
  return {
    name: 'external',
    setup: async () => void (await nativeK6(context)),
    up: () => up(context),
    down: async () => context.ui.note('engine external: nothing of ours runs, so nothing is stopped'),
    status: () => status(context),
    k6: () => nativeK6(context),
    startDemo: ({ faults }) => startDemoProcess(context, faults),
  };
}

async function up(context: EngineContext): Promise<Stack> {
  const influx = influxAccess(context.env);
  const client = new InfluxDB({ url: influx.url, token: influx.tokens.cli });
  try {
    await new PingAPI(client).getPing();
  } catch (error) {
    throw unusableError(`InfluxDB to answer at ${influx.url}`, messageOf(error), 'check INFLUX_URL', error);
  }
  await requireBuckets(client, influx);
  const grafana = context.env.GRAFANA_URL ? { url: context.env.GRAFANA_URL } : null;
  return { influx, grafana, inbox: null, notes: grafana ? [] : ['no Grafana: set GRAFANA_URL to have links to yours'] };
}

/** @throws LoadstarError (usage) where address or token is not given */
export function influxAccess(env: EngineContext['env']): InfluxAccess {
  const { INFLUX_URL: url, INFLUX_TOKEN: token } = env;
  if (!url || !token) {
    const missing = [url ? '' : 'INFLUX_URL', token ? '' : 'INFLUX_TOKEN'].filter(Boolean).join(' and ');
    throw usageError('INFLUX_URL and INFLUX_TOKEN for ENGINE=external', `no ${missing}`);
  }
  const bare = url.replace(/\/+$/, '');
  const tokens = { k6: token, grafana: token, cli: token };
  return { url: bare, url_for_k6: bare, org: env.INFLUX_ORG ?? ORG, tokens };
}

async function requireBuckets(client: InfluxDB, influx: InfluxAccess): Promise<void> {
  const wanted = Object.values(BUCKETS).map((bucket) => bucket.name);
  const { buckets = [] } = await new BucketsAPI(client)
    .getBuckets({ org: influx.org, limit: 100 })
    .catch((error: unknown) => {
      throw unusableError(
        `INFLUX_TOKEN to read organisation ${influx.org} at ${influx.url}`,
        messageOf(error),
        'check INFLUX_ORG, and that the token may read and write the three buckets',
        error,
      );
    });
  const missing = wanted.filter((name) => !buckets.some((bucket) => bucket.name === name));
  if (missing.length === 0) return;
  throw unusableError(
    `the buckets ${wanted.join(', ')} in organisation ${influx.org}`,
    `no ${missing.join(', ')}, or none that the token may see`,
    missing.map((name) => `influx bucket create --name ${name} --org ${influx.org}`).join('; '),
  );
}

async function status({ env }: EngineContext): Promise<ServiceStatus[]> {
  const services: ServiceStatus[] = [];
  for (const [service, url, path] of [
    ['influxdb', env.INFLUX_URL, '/health'],
    ['grafana', env.GRAFANA_URL, '/api/health'],
  ] as const) {
    if (!url) services.push({ service, state: 'absent', detail: 'no address given' });
    else services.push({ service, state: (await answers(url + path)) ? 'running' : 'unhealthy', detail: url });
  }
  return services;
}
