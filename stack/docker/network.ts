import { hostname } from 'node:os';
import { platform } from 'node:process';
import { usageError } from '../../lib/errors.ts';
import type { EngineContext } from '../engine/engine.ts';
import { runDocker } from './run-docker.ts';

/** Where k6 and the demo run: in the network of this machine, or in that of the compose project. */
export type DockerNetwork = 'host' | 'project';

/** DOCKER_NETWORK, or null if it is unset. @throws LoadstarError (usage) */
export function chosenNetwork(env: EngineContext['env']): DockerNetwork | null {
  const chosen = env.DOCKER_NETWORK?.trim() || null;
  if (chosen === null || chosen === 'host' || chosen === 'project') return chosen;
  throw usageError('DOCKER_NETWORK to be host or project', `\`${chosen}\``, 'unset it to select one automatically');
}

/**
 * `host` if containers can have the network of this machine. Docker Desktop and others run the engine in a virtual machine,
 * which has another name. Engines with a network namespace of their own are refused before (probe.ts).
 * @throws the signal's reason if interrupted
 */
export async function detectNetwork(context: Pick<EngineContext, 'env' | 'signal'>): Promise<DockerNetwork> {
  if (platform !== 'linux') return 'project';
  const { ok, stdout } = await runDocker(context, ['info', '--format', '{{.Name}}']);
  return ok && stdout.trim() === hostname() ? 'host' : 'project';
}
