import { LoadstarError } from '../../lib/errors.ts';
import type { Engine, EngineContext, ServiceStatus, Stack } from '../engine/engine.ts';
import { startDemoProcess } from '../native/demo.ts';
import { nativeK6 } from '../native/k6-launcher.ts';
import { nativeTelegraf } from '../native/telegraf.ts';
import { influxAccess, serverAddress } from './access.ts';
import { examineGrafana, examineInflux } from './examine.ts';

/** Uses existing servers of the team. It neither starts, stops nor changes them. */
export function externalEngine(context: EngineContext): Engine {
  return {
    name: 'external',
    setup: async () => void (await nativeK6(context)),
    up: () => useServers(context),
    down: async () => context.ui.note('ENGINE=external: nothing to stop'),
    status: () => readStatus(context),
    k6: () => nativeK6(context),
    telegraf: () => nativeTelegraf(context),
    startDemo: ({ faults }) => startDemoProcess(context, faults),
  };
}

async function useServers({ env, ui }: EngineContext): Promise<Stack> {
  const influx = influxAccess(env);
  const grafana = env.GRAFANA_URL ? { url: serverAddress(env.GRAFANA_URL, 'GRAFANA_URL') } : null;
  const [{ rights, warnings, notes }, grafana_notes] = await Promise.all([
    examineInflux(env, influx),
    grafana ? checkGrafana(env, grafana.url) : ['no Grafana: set GRAFANA_URL to get links to it'],
  ]);
  for (const warning of warnings) ui.warn(warning);
  return { influx, grafana, inbox: null, rights, notes: [...notes, ...grafana_notes] };
}

async function checkGrafana(env: EngineContext['env'], url: string): Promise<string[]> {
  const { ok, found } = await examineGrafana(env, url);
  return ok ? [] : [`links lead to ${url}, where this machine finds ${found}: check GRAFANA_URL`];
}

async function readStatus({ env }: EngineContext): Promise<ServiceStatus[]> {
  return await Promise.all([readInfluxStatus(env), readGrafanaStatus(env)]);
}

async function readInfluxStatus(env: EngineContext['env']): Promise<ServiceStatus> {
  const service = 'influxdb';
  if (!env.INFLUX_URL) return { service, state: 'absent', detail: 'no address set' };
  try {
    const access = influxAccess(env);
    const { name, warnings } = await examineInflux(env, access);
    return { service, state: 'running', detail: [`${access.url}, ${name}`, ...warnings].join('; ') };
  } catch (error) {
    if (!(error instanceof LoadstarError)) throw error;
    const { message, found, next } = error;
    return { service, state: 'unhealthy', detail: `expected ${message}; found ${found ?? 'nothing'}; ${next ?? ''}` };
  }
}

async function readGrafanaStatus(env: EngineContext['env']): Promise<ServiceStatus> {
  const service = 'grafana';
  if (!env.GRAFANA_URL) return { service, state: 'absent', detail: 'no address set' };
  const url = serverAddress(env.GRAFANA_URL, 'GRAFANA_URL');
  const { ok, found } = await examineGrafana(env, url);
  return { service, state: ok ? 'running' : 'unhealthy', detail: `${url}, ${found}` };
}
