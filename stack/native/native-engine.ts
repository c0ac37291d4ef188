import { INBOX } from '../../contract/alerting.ts';
import { allDone } from '../../lib/all-done.ts';
import { answers } from '../../lib/http.ts';
import { findInfluxd } from '../binaries/influxd.ts';
import type { Engine, EngineContext, ServiceStatus, Stack } from '../engine/engine.ts';
import { inboxIsUsed } from '../engine/provisioning.ts';
import { deleteState } from '../engine/state-parts.ts';
import { startDemoProcess } from './demo.ts';
import { findGrafana, grafanaDirectory, grafanaMissing, grafanaUrl, upGrafana } from './grafana.ts';
import { inboxDirectory, inboxUrl, upInbox } from './inbox.ts';
import { influxDirectory, influxUrl, upInflux } from './influxd.ts';
import { nativeK6 } from './k6-launcher.ts';
import { runningPid, stopService } from './service.ts';

/** Everything as processes of this machine, on loopback. InfluxDB and Grafana stay up between runs. */
export function nativeEngine(context: EngineContext): Engine {
  return {
    name: 'native',
    setup: async () => {
      await allDone([findInfluxd(context), nativeK6(context)]);
    },
    up: () => up(context),
    down: () => down(context),
    deleteData: () => deleteState(context.state_dir),
    status: () => status(context),
    k6: () => nativeK6(context),
    startDemo: ({ faults }) => context.ui.step('starting the demo clinic', () => startDemoProcess(context, faults)),
  };
}

async function up(context: EngineContext): Promise<Stack> {
  const [influx, inbox] = await allDone([upInflux(context), upInbox(context)]);
  const grafana = await upGrafana(context, influx);
  return { influx, grafana, inbox, notes: grafana ? [] : [grafanaMissing(context.env)] };
}

async function down(context: EngineContext): Promise<void> {
  await context.ui.step('stopping Grafana and InfluxDB', () =>
    allDone([
      stopService({ directory: grafanaDirectory(context) }),
      stopService({ directory: influxDirectory(context) }),
      stopService({ directory: inboxDirectory(context) }),
    ]),
  );
}

async function status(context: EngineContext): Promise<ServiceStatus[]> {
  const has_grafana = (await findGrafana(context.env)) !== null;
  return [
    await serviceStatus('influxdb', influxDirectory(context), influxUrl(context), '/health'),
    has_grafana
      ? await serviceStatus('grafana', grafanaDirectory(context), grafanaUrl(context), '/api/health')
      : { service: 'grafana', state: 'absent', detail: grafanaMissing(context.env) },
    ...(!inboxIsUsed(context.env)
      ? []
      : [await serviceStatus('inbox', inboxDirectory(context), inboxUrl(context), INBOX.health_path)]),
  ];
}

async function serviceStatus(
  service: ServiceStatus['service'],
  directory: string,
  url: string,
  health_path: string,
): Promise<ServiceStatus> {
  const pid = await runningPid({ directory });
  if (pid === null) return { service, state: 'stopped', detail: '' };
  const state = (await answers(url + health_path)) ? 'running' : 'unhealthy';
  return { service, state, detail: `${url}, pid ${pid}` };
}
