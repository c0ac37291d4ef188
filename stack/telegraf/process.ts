import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { createInterface } from 'node:readline';
import { makeOwnedDirectory } from '../../lib/owned-directory.ts';
import { privateDirectory, writePrivate } from '../../lib/private-files.ts';
import type { EngineContext, TelegrafProcess, TelegrafStart } from '../engine/engine.ts';

/** Below the state directory; each file goes with its Telegraf. */
export const TELEGRAF_DIR = 'telegraf';
/** It writes what it has at its end, for which InfluxDB may be slow. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * Telegraf runs until its standard input ends, which is when this process ends, even if it is killed. The shell has the
 * input, because Telegraf does not read its own.
 */
const UNTIL_INPUT_ENDS =
  'exec 3<&0; "$@" </dev/null & child=$!; { read -r _ <&3; kill "$child"; } >/dev/null 2>&1 & wait "$child"';

/** Settings for every engine: it has a generator beside it, whose CPU and memory it must not take. */
export const TELEGRAF_SETTINGS = { GOMAXPROCS: '1', GOMEMLIMIT: '150MiB' } as const;

/** Arguments of `sh`. @param program Telegraf, as it is called there @param file its configuration, as it is there */
export function telegrafArgs(program: string, file: string): string[] {
  // Its secrets are in its environment anyway, and memory that it may lock is short in containers.
  return ['-c', UNTIL_INPUT_ENDS, 'sh', program, '--config', file, '--strict-env-handling', '--unprotected'];
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Removes its container, if it has one. */
  remove?(): Promise<void>;
}

/** @param command calls Telegraf with a configuration @returns as soon as it is started, not when it has collected something */
export async function startTelegrafProcess(
  context: Pick<EngineContext, 'state_dir' | 'root'>,
  { config, onLine }: TelegrafStart,
  command: (file: string) => Command,
): Promise<TelegrafProcess> {
  const parent = join(context.state_dir, TELEGRAF_DIR);
  await privateDirectory(parent);
  const directory = await makeOwnedDirectory(parent, 'run');
  const file = join(directory, 'telegraf.conf');
  await writePrivate(file, config);
  const { program, args, env, remove } = command(file);
  // In its own process group: Ctrl-C is for the run, whose end it is to see.
  const child = spawn(program, args, { cwd: context.root, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  const exited = new Promise<void>((done) => {
    child.once('error', (error) => {
      onLine(`${program} could not be started: ${error.message}`);
      done();
    });
    child.once('exit', () => done());
  }).finally(async () => {
    // The shell that waits for its input ends with it.
    child.stdin.end();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    async stop() {
      child.stdin.end();
      const force = setTimeout(() => {
        if (child.pid !== undefined && child.exitCode === null) kill(-child.pid, 'SIGKILL');
        void remove?.();
      }, STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(force);
    },
  };
}
