/**
 * The registry of live runs in a state directory: one file for each call of `loadstar run`, from its start until it has
 * ended and the records of all its runs are finished. `loadstar stop` finds processes in it, a later call finds what a
 * killed call has left to finish. A pid alone may belong to another process by now, so each comes with its birth.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pid as own_pid } from 'node:process';
import type { Stopped } from '../../contract/results.ts';
import type { RunId } from '../../contract/runs.ts';
import { privateDirectory, readOptional, writePrivate } from '../../lib/private-files.ts';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
import { isContainerRunning } from '../engine/containers.ts';
import type { K6Id } from '../engine/engine.ts';
import type { RegisteredCall, RegisteredK6, UnfinishedRun } from './registered-call.ts';

const SUFFIX = '.json';
const PRIVATE_FILE = 0o600;

/** A run whose record is not finished, and what is left of its processes. */
export interface RegisteredRun extends UnfinishedRun {
  readonly call_pid: number;
  /** Whether its call still runs. */
  readonly is_alive: boolean;
  /** Whether it had a k6: then it is known whether that has ended. */
  readonly had_k6: boolean;
  /** Its k6 processes and containers that still run although its call has ended. */
  readonly orphans: readonly RegisteredK6[];
  /** Who asked for its end with `loadstar stop`. */
  readonly stopped: Stopped | null;
}

function nothingIfMissing(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}

export class RunRegistry {
  readonly #directory: string;

  constructor(state_dir: string) {
    this.#directory = join(state_dir, 'runs');
  }

  /** Registers this process. @param signal aborts when it is asked to stop */
  async register(target: string, signal: AbortSignal): Promise<OwnCall> {
    await privateDirectory(this.#directory);
    const since = new Date();
    // With the time: a killed call with the same pid may have left its file.
    const name = `${since.getTime()}-${own_pid}`;
    const call = await identify(own_pid);
    return new OwnCall(this, { name, call, target, since: since.toISOString(), stopping: false, runs: [] }, signal);
  }

  /** Calls that run, or have left something behind. Files of all others are removed. */
  async calls(): Promise<RegisteredCall[]> {
    const names = (await readdir(this.#directory).catch(nothingIfMissing))
      .filter((name) => name.endsWith(SUFFIX))
      .sort();
    const calls = names.flatMap((name) => this.read(name.slice(0, -SUFFIX.length)) ?? []);
    const kept = await Promise.all(calls.map(async (it) => it.runs.length > 0 || (await isRunning(it.call))));
    for (const [index, { name }] of calls.entries()) if (!kept[index]) this.remove(name);
    return calls.filter((_, index) => kept[index]);
  }

  /** Calls that run, or whose k6 does: those that can be stopped. */
  async activeCalls(): Promise<RegisteredCall[]> {
    const calls = await this.calls();
    const active = await Promise.all(
      calls.map(async (it) => (await isSameProcess(it.call)) || (await livingK6(it)).length > 0),
    );
    return calls.filter((_, index) => active[index]);
  }

  async runs(): Promise<RegisteredRun[]> {
    return (await Promise.all((await this.calls()).map((call) => this.#runsOf(call)))).flat();
  }

  async #runsOf({ name, ...file }: RegisteredCall): Promise<RegisteredRun[]> {
    const { registeredCall } = await import('./registered-call.ts');
    const { data } = registeredCall.safeParse(file);
    // Of another version, or of somebody else: nothing that this call could finish.
    if (!data) return [];
    const { call, runs } = data;
    const is_alive = await isRunning(call);
    const stopped = await this.stopRequest(name);
    return await Promise.all(
      runs.map(async ({ k6, ...run }) => ({
        ...run,
        call_pid: call.pid,
        is_alive,
        had_k6: k6.length > 0,
        orphans: is_alive ? [] : await livingK6({ runs: [{ k6 }] }),
        stopped,
      })),
    );
  }

  /** The record of a run is finished. For runs of calls that have ended: a live call uses {@link OwnCall.finish}. */
  async finish(testid: RunId): Promise<void> {
    for (const { call, ...record } of await this.calls()) {
      const runs = record.runs.filter(({ run }) => run.testid !== testid);
      if (runs.length === record.runs.length || (await isRunning(call))) continue;
      if (runs.length === 0) this.remove(record.name);
      else this.write({ ...record, call, runs });
    }
  }

  /**
   * @returns null where there is none, or a full disk has left no whole document in it
   * @throws if this user may not read it: `loadstar stop` must not call that no run
   */
  read(name: string): RegisteredCall | null {
    try {
      const call = JSON.parse(readFileSync(this.#file(name), 'utf8')) as Partial<RegisteredCall> | null;
      return call?.call && Array.isArray(call.runs) ? { ...(call as RegisteredCall), name } : null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      nothingIfMissing(error as NodeJS.ErrnoException);
      return null;
    }
  }

  /** Whole and synchronous: a signal may come between any two calls. */
  write({ name, ...call }: RegisteredCall): void {
    const draft = `${this.#file(name)}.draft`;
    const file = openSync(draft, 'w', PRIVATE_FILE);
    try {
      writeSync(file, JSON.stringify(call));
      // Without it a power cut may leave the new name with nothing in it.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, this.#file(name));
  }

  remove(name: string): void {
    for (const file of [this.#file(name), this.#stopFile(name)]) rmSync(file, { force: true });
  }

  /** Comes before the signal: so the call knows who stops it, and its record says so. */
  async requestStop(name: string, stopped: Stopped): Promise<void> {
    await writePrivate(this.#stopFile(name), JSON.stringify(stopped));
  }

  async stopRequest(name: string): Promise<Stopped | null> {
    const text = await readOptional(this.#stopFile(name));
    return text === null ? null : (JSON.parse(text) as Stopped);
  }

  #file(name: string): string {
    return join(this.#directory, name + SUFFIX);
  }

  #stopFile(name: string): string {
    return join(this.#directory, `${name}.stop`);
  }
}

/** The registration of this process, kept true until {@link OwnCall.close}. */
export class OwnCall {
  readonly #registry: RunRegistry;
  readonly #signal: AbortSignal;
  #record: RegisteredCall;

  constructor(registry: RunRegistry, record: RegisteredCall, signal: AbortSignal) {
    this.#registry = registry;
    this.#record = record;
    this.#signal = signal;
    this.#change({});
    signal.addEventListener('abort', this.#markStopping);
  }

  /** Before the record of the run begins. */
  begin({ run, ...more }: UnfinishedRun): void {
    const stored = { ...run, started: run.started.toISOString(), planned_end: run.planned_end.toISOString() };
    this.#change({ runs: [...this.#record.runs, { run: stored, ...more, k6: [] }] });
  }

  /** A k6 of the run has started. */
  async addK6(testid: RunId, id: K6Id, rest: string): Promise<void> {
    const k6: RegisteredK6 =
      id.kind === 'process'
        ? { kind: id.kind, ...(await identify(id.pid)), rest }
        : { kind: id.kind, name: id.name, client: await identify(id.client_pid), rest };
    const runs = this.#record.runs.map((it) => (it.run.testid === testid ? { ...it, k6: [...it.k6, k6] } : it));
    this.#changeIfPossible({ runs });
  }

  /** The record of the run is finished. */
  finish(testid: RunId): void {
    this.#changeIfPossible({ runs: this.#record.runs.filter(({ run }) => run.testid !== testid) });
  }

  /** Who has asked for the stop from another terminal; null: nobody, it was a signal. */
  async stopRequest(): Promise<Stopped | null> {
    return await this.#registry.stopRequest(this.#record.name);
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#markStopping);
    if (this.#record.runs.length === 0) this.#registry.remove(this.#record.name);
  }

  readonly #markStopping = () => this.#changeIfPossible({ stopping: true });

  #change(change: Partial<RegisteredCall>): void {
    this.#record = { ...this.#record, ...change };
    this.#registry.write(this.#record);
  }

  /** A full disk is no reason to lose the run: without this `loadstar stop` signals k6 itself, or the call again. */
  #changeIfPossible(change: Partial<RegisteredCall>): void {
    try {
      this.#change(change);
    } catch {
      // Nothing that the person could do now.
    }
  }
}

/** The very process that was registered. Where the system does not say when it began, it counts as another: it gets no signal. */
export async function isSameProcess(process: ProcessIdentity): Promise<boolean> {
  return process.birth !== '' && (await isRunning(process));
}

/** The k6 processes and containers of a call that still run. */
export async function livingK6({
  runs,
}: {
  readonly runs: readonly { readonly k6: readonly RegisteredK6[] }[];
}): Promise<RegisteredK6[]> {
  const all = runs.flatMap(({ k6 }) => k6);
  const living = await Promise.all(all.map(async (k6) => ((await isK6Living(k6)) ? [k6] : [])));
  return living.flat();
}

async function isK6Living(k6: RegisteredK6): Promise<boolean> {
  if (k6.kind === 'process') return await isSameProcess(k6);
  // A container that does not run may be about to: its client is creating it.
  return (k6.client !== undefined && (await isSameProcess(k6.client))) || (await isContainerRunning(k6.name));
}

/** For messages. */
export function registeredRunText({ run, call_pid }: RegisteredRun): string {
  return `${run.testid} (pid ${call_pid}, since ${run.started.toISOString()}, planned until ${run.planned_end.toISOString()})`;
}
