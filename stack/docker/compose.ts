import { join } from 'node:path';
import { grafanaSwitches } from '../../contract/grafana.ts';
import { runCommand } from '../../lib/command.ts';
import { unusableError } from '../../lib/errors.ts';
import { PORT_TAKEN } from '../../lib/free-port.ts';
import type { EngineContext } from '../engine/engine.ts';
import type { DockerNetwork } from './network.ts';

export const COMPOSE_FILE = 'docker-compose.yml';
const HOST_NETWORK_FILE = 'docker-compose.host-network.yml';

export type ComposeEnv = Readonly<Record<string, string | undefined>>;

/** The variables of docker-compose.yml. @param project of compose @param ids of the host's user, who then owns the files */
export function composeEnv(
  context: EngineContext,
  project: string,
  ids: { readonly uid: number; readonly gid: number },
): ComposeEnv {
  return {
    ...context.env,
    COMPOSE_PROJECT_NAME: project,
    LOADSTAR_HOME: context.state_dir,
    RESULTS_DIR: context.results_dir,
    LOADSTAR_UID: String(ids.uid),
    LOADSTAR_GID: String(ids.gid),
    ...grafanaSwitches(context.env.GRAFANA_ANONYMOUS, context.env.PUBLIC_GRAFANA_URL),
    INFLUX_PORT: String(context.ports.influxdb),
    GRAFANA_PORT: String(context.ports.grafana),
    DEMO_PORT: String(context.ports.demo),
    INBOX_PORT: String(context.ports.inbox),
  };
}

/** Arguments of `docker` for `docker compose` in this checkout. @param network of the containers of a run */
export function composeArgs(root: string, args: readonly string[], network: DockerNetwork = 'project'): string[] {
  const files = network === 'host' ? [COMPOSE_FILE, HOST_NETWORK_FILE] : [COMPOSE_FILE];
  return ['compose', '--project-directory', root, ...files.flatMap((file) => ['--file', join(root, file)]), ...args];
}

/** Runs `docker compose`. @returns stdout. @throws LoadstarError (unusable) with the last lines; the signal's reason */
export async function runCompose(context: EngineContext, args: readonly string[], env: ComposeEnv): Promise<string> {
  const result = await runCommand('docker', composeArgs(context.root, args), { env, signal: context.signal });
  if (result.ok) return result.stdout;
  context.signal.throwIfAborted();
  throw unusableError(
    `docker compose ${args[0]} to succeed`,
    result.reason,
    findHint(result.reason) ??
      `see \`docker compose -p ${env.COMPOSE_PROJECT_NAME} logs\`, or use ENGINE=native, which needs no Docker`,
  );
}

function findHint(reason: string): string | null {
  if (PORT_TAKEN.test(reason)) {
    return 'stop the program on that port, or set another port: INFLUX_PORT, GRAFANA_PORT, DEMO_PORT';
  }
  if (/no space left/i.test(reason)) return 'free disk space; `docker system df` shows what uses it';
  return null;
}
