import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { unusableError } from './errors.ts';
import { readOptional, writePrivate } from './private-files.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import type { Ui } from './ui.ts';

/** Who holds a lock. */
interface Holder extends ProcessIdentity {
  readonly since: string;
  /** What it is at, such as "starting the stack". */
  readonly doing: string;
}

export interface LockPlace {
  readonly file: string;
  readonly ui: Ui;
  readonly signal: AbortSignal;
  /** How long another holder is waited for. */
  readonly wait_ms?: number;
}

/** A first build of InfluxDB takes about six minutes on two cores; three times that, and someone is stuck. */
const WAIT_MS = 20 * 60_000;
const POLL_MS = 100;
const SUFFIX_BYTES = 4;

/** Held by whatever starts or stops the services of a state directory, or delivers what runs have left in it. */
export function stackLock(state_dir: string): string {
  return join(state_dir, 'stack.lock');
}

/**
 * Does work that one process at a time may do. The lock names its holder and when that was started: where the holder was
 * killed, or the machine was, the next one sees it at once and takes it over.
 * @throws LoadstarError (unusable) that names the holder, where it does not let go in time
 */
export async function withLock<T>(place: LockPlace, doing: string, work: () => Promise<T>): Promise<T> {
  const holder: Holder = { ...(await identify(pid)), since: new Date().toISOString(), doing };
  const mine = JSON.stringify(holder);
  if (!(await take(place.file, mine))) {
    await place.ui.step('waiting for another call of loadstar', (at) => waitFor(place, mine, at));
  }
  try {
    return await work();
  } finally {
    if ((await readOptional(place.file)) === mine) await rm(place.file, { force: true });
  }
}

async function waitFor(place: LockPlace, mine: string, at: (detail: string) => void): Promise<void> {
  const deadline_ms = performance.now() + (place.wait_ms ?? WAIT_MS);
  while (!(await take(place.file, mine))) {
    place.signal.throwIfAborted();
    const holder = parse(await readOptional(place.file));
    if (holder) at(`pid ${holder.pid}, ${holder.doing} since ${holder.since}`);
    if (holder && performance.now() > deadline_ms) throw stuckError(place, holder);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

function stuckError({ file }: LockPlace, { pid, doing, since }: Holder): Error {
  return unusableError(
    'another call of loadstar to come to its end',
    `pid ${pid} is ${doing} since ${since}, and holds ${file}`,
    `wait for it, or end it: kill ${pid}`,
  );
}

/** @returns whether it is ours now */
async function take(file: string, mine: string): Promise<boolean> {
  const draft = `${file}.${randomBytes(SUFFIX_BYTES).toString('hex')}`;
  await writePrivate(draft, mine);
  try {
    // A link appears with its content, or not at all where there is one already.
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

/** Removes the lock of a holder that has ended. Two may try at once, and a third may have taken it in between. */
async function removeStale(file: string): Promise<void> {
  const text = await readOptional(file);
  const holder = parse(text);
  if (text === null || (holder && (await isRunning(holder)))) return;
  const aside = `${file}.${randomBytes(SUFFIX_BYTES).toString('hex')}`;
  try {
    await rename(file, aside);
    // What was taken away is not what was looked at: it goes back, and its holder has noticed nothing.
    if ((await readOptional(aside)) !== text) await link(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** @returns null where it is no lock: a file that somebody else has put there, or that a full disk left empty */
function parse(text: string | null): Holder | null {
  try {
    return text ? (JSON.parse(text) as Holder) : null;
  } catch {
    return null;
  }
}
