import { runCommand } from '../../lib/command.ts';

type Env = Readonly<Record<string, string | undefined>> | undefined;

/** Whether a container runs; false where it does not exist, yet or no more. @param env of the client; left out: that of this process */
export async function isContainerRunning(name: string, env?: Env): Promise<boolean> {
  const options = env ? { env } : {};
  const { ok, stdout } = await runCommand('docker', ['inspect', '--format', '{{.State.Running}}', name], options);
  return ok && stdout.trim() === 'true';
}

/** Kills and removes containers, in whatever state they are. Those that do not exist are none. */
export async function removeContainers(names: readonly string[], env: Env): Promise<void> {
  if (names.length > 0) await runCommand('docker', ['rm', '--force', ...names], env ? { env } : {});
}
