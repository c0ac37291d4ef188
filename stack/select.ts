import { unusableError, usageError } from '../lib/errors.ts';
import { dockerEngine } from './docker/docker-engine.ts';
import { type DockerState, probeDocker } from './docker/probe.ts';
import type { Engine, EngineContext } from './engine/engine.ts';
import { externalEngine } from './external/external-engine.ts';
import { nativeEngine } from './native/native-engine.ts';

const ENGINES = { docker: dockerEngine, native: nativeEngine, external: externalEngine } as const;

/** Processes may select more than once: the reason why Docker is not used is told once. */
const told = new WeakSet<EngineContext['ui']>();

/**
 * Selects ENGINE if it is set, else docker if Docker can be used, else native. If there is a Docker that cannot be used, one
 * line says why.
 * @throws LoadstarError (usage) for an unknown engine; (unusable) if ENGINE=docker and Docker cannot be used
 */
export async function selectEngine(context: EngineContext, forced: string | undefined): Promise<Engine> {
  const { name, docker } = await selectEngineName(context, forced);
  if (name === 'docker' && docker && docker.state !== 'ready') {
    throw unusableError('Docker with its compose plugin, because ENGINE=docker', docker.found, docker.next);
  }
  if (forced === undefined && docker?.state === 'unusable' && !told.has(context.ui)) {
    told.add(context.ui);
    context.ui.warn(`engine native, because Docker cannot be used: ${docker.found} (${docker.next})`);
  }
  return await ENGINES[name](context);
}

interface Selected {
  readonly name: Engine['name'];
  /** null: Docker was not asked, because another engine is forced. */
  readonly docker: DockerState | null;
}

/** @throws LoadstarError (usage) for an unknown engine */
export async function selectEngineName(
  { env }: Pick<EngineContext, 'env'>,
  forced: string | undefined,
): Promise<Selected> {
  if (forced !== undefined && !Object.hasOwn(ENGINES, forced)) {
    throw usageError(
      'ENGINE to be docker, native or external',
      `\`${forced}\``,
      'unset it to select the engine automatically',
    );
  }
  if (forced !== undefined && forced !== 'docker') return { name: forced as Engine['name'], docker: null };
  const docker = await probeDocker(env);
  return { name: forced === 'docker' || docker.state === 'ready' ? 'docker' : 'native', docker };
}
