/** A build that `loadstar ab` starts and stops itself, by a command of the team. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { unusableError } from '../../lib/errors.ts';
import { readOptional } from '../../lib/private-files.ts';
import { isPortTaken } from '../../stack/native/service.ts';

export interface BuildCommand {
  /** `base` or `head`, for messages. */
  readonly side: string;
  /** For the shell. It finds its port in PORT. */
  readonly command: string;
  readonly port: number;
  /** Asked until it answers. */
  readonly url: URL;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it prints. */
  readonly log_file: string;
}

export interface StartedBuild {
  /** Ends it with all that it has started. */
  stop(): Promise<void>;
  /** How it has failed by itself; null: it runs, or was stopped. A command that goes to the background ends well. */
  failure(): string | null;
}

/** Compiling at the start, as `npm run dev` does it, takes its time. */
const START_TIMEOUT_MS = 120_000;
const ANSWER_TIMEOUT_MS = 2_000;
const POLL_MS = 200;
const STOP_TIMEOUT_MS = 5_000;
const LOG_LINES = 8;

/**
 * Starts a build in a process group of its own, and waits until it answers.
 * @throws LoadstarError (unusable) if its port is in use, or it ends or does not answer in time, with the end of its log
 */
export async function startBuild(build: BuildCommand, stop: AbortSignal): Promise<StartedBuild> {
  const { side, command, port, cwd, env, log_file } = build;
  if (await isPortTaken(port)) {
    throw unusableError(
      `port ${port} to be free for the build of ${side}`,
      'another program listens on it',
      `choose another one: --${side}-port ${port + 1}`,
    );
  }
  await mkdir(dirname(log_file), { recursive: true });
  const log = openSync(log_file, 'a', 0o600);
  const child = spawn(command, {
    shell: true,
    cwd,
    env: { ...env, PORT: String(port) },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => done(signal ? `it was ended by ${signal}` : `it ended with code ${code}`));
  });
  let is_stopped = false;
  const failure = () => {
    const has_failed = child.signalCode !== null || (child.exitCode ?? 0) !== 0;
    if (is_stopped || !has_failed) return null;
    return `the build of ${side} ended ${child.signalCode ? `by ${child.signalCode}` : `with code ${child.exitCode}`} (see ${basename(log_file)})`;
  };
  const stopBuild = () => {
    // A build that had failed before stays one that has.
    is_stopped = failure() === null;
    return stopGroup(child, ended);
  };
  const started = { stop: stopBuild, failure };
  try {
    await awaitAnswer(build, ended, stop);
    return started;
  } catch (error) {
    await started.stop();
    throw error;
  }
}

async function awaitAnswer({ side, url, log_file }: BuildCommand, ended: Promise<string>, stop: AbortSignal) {
  let end: string | null = null;
  void ended.then((reason) => {
    end = reason;
  });
  const deadline_ms = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(url))) {
    stop.throwIfAborted();
    // A command that goes to the background may end well and leave the build behind.
    const found = end ?? (performance.now() > deadline_ms ? `no answer in ${START_TIMEOUT_MS / 1000} s` : null);
    if (found) {
      const lines = ((await readOptional(log_file)) ?? '').trimEnd().split('\n').slice(-LOG_LINES);
      throw unusableError(
        `the build of ${side} to answer at ${url.href}`,
        `${found}; the end of its log:\n    ${lines.join('\n    ')}`,
        `the command has to listen on the port in PORT; see ${log_file}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Any status is an answer. */
async function answers(url: URL): Promise<boolean> {
  try {
    const { body } = await request(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    await body.dump();
    return true;
  } catch {
    return false;
  }
}

async function stopGroup(child: ChildProcess, ended: Promise<string>): Promise<void> {
  signalGroup(child, 'SIGTERM');
  await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  // What it has started may outlive it.
  signalGroup(child, 'SIGKILL');
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
