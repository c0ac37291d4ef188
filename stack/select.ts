import { runCommand } from '../lib/command.ts';
import { usageError } from '../lib/errors.ts';
import { findProgram } from './binaries/which.ts';
import { dockerEngine } from './docker/docker-engine.ts';
import type { Engine, EngineContext } from './engine/engine.ts';
import { externalEngine } from './external/external-engine.ts';
import { nativeEngine } from './native/native-engine.ts';

const ENGINES = { docker: dockerEngine, native: nativeEngine, external: externalEngine } as const;

/** A local Docker engine answers faster than this. */
const DOCKER_ANSWER_MS = 1_500;

/** Selects ENGINE if it is set, else docker if a Docker engine answers, else native. @throws LoadstarError (usage) */
export async function selectEngine(context: EngineContext, forced: string | undefined): Promise<Engine> {
  if (forced !== undefined) {
    if (Object.hasOwn(ENGINES, forced)) return await ENGINES[forced as keyof typeof ENGINES](context);
    throw usageError(
      'ENGINE to be docker, native or external',
      `\`${forced}\``,
      'unset it to select the engine automatically',
    );
  }
  return (await isDockerRunning(context.env)) ? await dockerEngine(context) : nativeEngine(context);
}

/** Whether a Docker engine answers, not only its client is installed. */
export async function isDockerRunning(env: EngineContext['env']): Promise<boolean> {
  if (!(await findProgram('docker', env))) return false;
  const result = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], {
    env,
    timeout_ms: DOCKER_ANSWER_MS,
  });
  return result.ok && result.stdout.trim() !== '';
}
