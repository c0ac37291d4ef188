import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { unusableError } from './errors.ts';
import { parseJson } from './json.ts';
import { readOptional, writePrivate } from './private-files.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import type { Ui } from './ui.ts';

interface Holder extends ProcessIdentity {
  /** ISO 8601 */
  readonly since: string;
  /** The work that it does, such as "starting the stack". */
  readonly doing: string;
}

export interface Lock {
  readonly file: string;
  readonly ui: Ui;
  readonly signal: AbortSignal;
  readonly wait_ms?: number;
}

/** A first build of InfluxDB takes about six minutes on two cores. A process that takes three times as long is stuck. */
const WAIT_MS = 20 * 60_000;
const POLL_MS = 100;
const SUFFIX_BYTES = 4;

/** Guards the services of a state directory, and the delivery of what runs have left in it. */
export function stackLock(state_dir: string): string {
  return join(state_dir, 'stack.lock');
}

/**
 * Does work that one process at a time may do. The lock names the process that holds it, so that the lock of a killed
 * process, or of an earlier boot, is taken over at once.
 * @throws LoadstarError (unusable) that names the holder, if it does not release the lock in time
 */
export async function withLock<T>(lock: Lock, doing: string, work: () => Promise<T>): Promise<T> {
  const holder: Holder = { ...(await identify(pid)), since: new Date().toISOString(), doing };
  const text = JSON.stringify(holder);
  if (!(await acquire(lock.file, text))) {
    await lock.ui.step('waiting for another loadstar command', (showDetail) => waitFor(lock, text, showDetail));
  }
  try {
    return await work();
  } finally {
    if ((await readOptional(lock.file)) === text) await rm(lock.file, { force: true });
  }
}

async function waitFor(lock: Lock, text: string, showDetail: (detail: string) => void): Promise<void> {
  const { file, signal, wait_ms = WAIT_MS } = lock;
  const deadline_ms = performance.now() + wait_ms;
  while (!(await acquire(file, text))) {
    signal.throwIfAborted();
    const holder = parseHolder(await readOptional(file));
    if (holder) showDetail(`pid ${holder.pid}, ${holder.doing} since ${holder.since}`);
    if (holder && performance.now() > deadline_ms) {
      throw unusableError(
        'another loadstar command to finish',
        `pid ${holder.pid} is ${holder.doing} since ${holder.since}, and holds ${file}`,
        `wait for it, or end it: kill ${holder.pid}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** @returns whether this process holds the lock now */
async function acquire(file: string, text: string): Promise<boolean> {
  const draft = temporaryName(file);
  await writePrivate(draft, text);
  try {
    // A link appears with its content, or not at all if the file exists.
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeStale(file);
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes the lock of a process that has ended. Two processes may try at once, and a third may have taken it in between. */
async function removeStale(file: string): Promise<void> {
  const text = await readOptional(file);
  const holder = parseHolder(text);
  if (text === null || (holder && (await isRunning(holder)))) return;
  const aside = temporaryName(file);
  try {
    await rename(file, aside);
    // A third process has taken the lock since it was read: it gets the lock back.
    if ((await readOptional(aside)) !== text) await link(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

function temporaryName(file: string): string {
  return `${file}.${randomBytes(SUFFIX_BYTES).toString('hex')}`;
}

/** @returns null if the file is no lock, such as one that a full disk left empty */
function parseHolder(text: string | null): Holder | null {
  return (parseJson(text ?? '') as Holder | undefined) ?? null;
}
