import { type CommandResult, runCommand } from '../../lib/command.ts';
import type { EngineContext } from '../engine/engine.ts';

type DockerContext = Pick<EngineContext, 'env' | 'signal'>;

/** Runs `docker`. @throws the signal's reason if interrupted */
export async function runDocker({ env, signal }: DockerContext, args: readonly string[]): Promise<CommandResult> {
  const result = await runCommand('docker', args, { env, signal });
  signal.throwIfAborted();
  return result;
}

/** Succeeds if the image is on this machine, and then prints its id. */
export async function inspectImage(context: DockerContext, image: string): Promise<CommandResult> {
  return await runDocker(context, ['image', 'inspect', '--format', '{{.Id}}', image]);
}
