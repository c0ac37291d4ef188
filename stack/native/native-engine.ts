import { INBOX } from '../../contract/alerting.ts';
import { waitForAll } from '../../lib/all-done.ts';
import { isReachable } from '../../lib/http.ts';
import { findInfluxd } from '../binaries/influxd.ts';
import { removeUnused } from '../binaries/unused.ts';
import type { Engine, EngineContext, ServiceStatus, Stack } from '../engine/engine.ts';
import { isInboxUsed } from '../engine/provisioning.ts';
import { deleteState } from '../engine/state-parts.ts';
import { startDemoProcess } from './demo.ts';
import { describeMissingGrafana, findGrafana, grafanaDirectory, grafanaUrl, startGrafana } from './grafana.ts';
import { inboxDirectory, inboxUrl, startInbox } from './inbox.ts';
import { influxDirectory, influxUrl, startInflux } from './influxd.ts';
import { nativeK6 } from './k6-launcher.ts';
import { findRunningPid, stopService } from './service.ts';
import { nativeTelegraf } from './telegraf.ts';

/** Runs everything as processes on loopback. InfluxDB and Grafana keep running between runs. */
export function nativeEngine(context: EngineContext): Engine {
  return {
    name: 'native',
    setup: async () => {
      await waitForAll([findInfluxd(context), nativeK6(context)]);
      await removeUnused(context);
    },
    up: () => startStack(context),
    down: () => stopStack(context),
    deleteData: () => deleteState(context.state_dir),
    status: () => readStatus(context),
    k6: () => nativeK6(context),
    telegraf: () => nativeTelegraf(context),
    startDemo: ({ faults }) => context.ui.step('starting the demo clinic', () => startDemoProcess(context, faults)),
  };
}

async function startStack(context: EngineContext): Promise<Stack> {
  const [influx, inbox] = await waitForAll([startInflux(context), startInbox(context)]);
  const grafana = await startGrafana(context, influx);
  return { influx, grafana, inbox, notes: grafana ? [] : [describeMissingGrafana(context.env)] };
}

async function stopStack(context: EngineContext): Promise<void> {
  await context.ui.step('stopping Grafana and InfluxDB', () =>
    waitForAll([
      stopService({ directory: grafanaDirectory(context) }),
      stopService({ directory: influxDirectory(context) }),
      stopService({ directory: inboxDirectory(context) }),
    ]),
  );
}

async function readStatus(context: EngineContext): Promise<ServiceStatus[]> {
  const has_grafana = (await findGrafana(context.env)) !== null;
  return [
    await readServiceStatus('influxdb', influxDirectory(context), influxUrl(context), '/health'),
    has_grafana
      ? await readServiceStatus('grafana', grafanaDirectory(context), grafanaUrl(context), '/api/health')
      : { service: 'grafana', state: 'absent', detail: describeMissingGrafana(context.env) },
    ...(!isInboxUsed(context.env)
      ? []
      : [await readServiceStatus('inbox', inboxDirectory(context), inboxUrl(context), INBOX.health_path)]),
  ];
}

async function readServiceStatus(
  service: ServiceStatus['service'],
  directory: string,
  url: string,
  health_path: string,
): Promise<ServiceStatus> {
  const pid = await findRunningPid({ directory });
  if (pid === null) return { service, state: 'stopped', detail: '' };
  const state = (await isReachable(url + health_path)) ? 'running' : 'unhealthy';
  return { service, state, detail: `${url}, pid ${pid}` };
}
