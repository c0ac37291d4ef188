import { runCommand } from '../../lib/command.ts';
import type { EngineContext } from '../engine/engine.ts';
import { findPortHolder } from '../engine/port-holder.ts';
import { isPortTaken, portTakenError } from '../native/service.ts';
import type { ComposeEnv } from './compose.ts';

const PUBLISHED = [
  { name: 'InfluxDB', key: 'influxdb', port_variable: 'INFLUX_PORT' },
  { name: 'Grafana', key: 'grafana', port_variable: 'GRAFANA_PORT' },
  { name: 'the Slack inbox', key: 'inbox', port_variable: 'INBOX_PORT' },
] as const;

/** Makes sure that the ports of the stack are free or its own: before images are built, which takes minutes. @throws LoadstarError (unusable) */
export async function requirePorts(context: EngineContext, env: ComposeEnv): Promise<void> {
  for (const { key, ...place } of PUBLISHED) {
    const port = context.ports[key];
    if (!(await isPortTaken(port)) || (await isOwn(port, env))) continue;
    throw portTakenError({ ...place, port }, (await findPortHolder(port, env)) ?? undefined);
  }
}

async function isOwn(port: number, env: ComposeEnv): Promise<boolean> {
  const project = `label=com.docker.compose.project=${env.COMPOSE_PROJECT_NAME}`;
  const args = ['ps', '--quiet', '--filter', project, '--filter', `publish=${port}`];
  return (await runCommand('docker', args, { env })).stdout.trim() !== '';
}
