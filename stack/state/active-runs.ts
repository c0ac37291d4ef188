/**
 * What runs in this state directory, so that another terminal can find and stop it: a small file a call of `loadstar run`.
 * A process is known by its pid and when it began: a pid alone may be somebody else's by now.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pid as own_pid } from 'node:process';
import type { Stopped } from '../../contract/results.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { runCommand } from '../../lib/command.ts';
import { privateDirectory, readOptional, writePrivate } from '../../lib/private-files.ts';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
import type { K6Id } from '../engine/engine.ts';

/** In the state directory. */
const CALLS_DIR = 'calls';
const RECORD = /^\d+\.json$/;

/** What identifies the record of a run in InfluxDB. */
export type ActiveIdentity = Pick<RunStart, 'scenario' | 'profile' | 'target' | 'branch'> & {
  readonly testid: string;
  /** ISO 8601 */
  readonly started: string;
};

/** `rest`: `host:port` of its REST API, as k6 sees it. A container has no birth here. */
export type ActiveK6 = K6Id & { readonly birth: string; readonly rest: string };

export interface ActiveRecord {
  readonly cli: ProcessIdentity;
  readonly target: string;
  /** ISO 8601 */
  readonly since: string;
  /** null: it prepares, or is between two runs. */
  readonly run: ActiveIdentity | null;
  /** One a generator. */
  readonly k6: readonly ActiveK6[];
  /** It has heard that it is to stop, and has told k6. */
  readonly stopping: boolean;
}

/** The own call, as long as it lasts. */
export interface ActiveRun {
  begin(run: RunStart): void;
  started(k6: K6Id, rest: string): Promise<void>;
  /** Who has asked for the stop from elsewhere; null: nobody, it was a signal. */
  stopped(): Promise<Stopped | null>;
  over(): Promise<void>;
}

interface Place {
  readonly state_dir: string;
  readonly target: string;
  readonly signal: AbortSignal;
}

/** Writes the file, and keeps it true until {@link ActiveRun.over}. */
export async function activeRun({ state_dir, target, signal }: Place): Promise<ActiveRun> {
  const directory = join(state_dir, CALLS_DIR);
  await privateDirectory(directory);
  const file = recordFile(state_dir, own_pid);
  const cli = await identify(own_pid);
  let record: ActiveRecord = { cli, target, since: new Date().toISOString(), run: null, k6: [], stopping: false };
  // A file of an earlier process of the same pid.
  await rm(requestFile(state_dir, own_pid), { force: true });
  // At once and whole in one call: a signal may come between any two of them.
  const write = (change: Partial<ActiveRecord>) => {
    record = { ...record, ...change };
    writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
  };
  write({});
  const stopping = () => write({ stopping: true });
  signal.addEventListener('abort', stopping);
  return {
    begin({ testid, scenario, profile, target: loaded, branch, started }) {
      const run = { testid, scenario, profile, target: loaded, branch, started: started.toISOString() };
      write({ run, k6: [] });
    },
    async started(id, rest) {
      const { birth } = id.kind === 'process' ? await identify(id.pid) : { birth: '' };
      write({ k6: [...record.k6, { ...id, birth, rest }] });
    },
    stopped: () => readStopRequest(state_dir, own_pid),
    async over() {
      signal.removeEventListener('abort', stopping);
      forget(state_dir, own_pid);
    },
  };
}

/** Those that live: the call itself, or a k6 that its call has left behind. Files of others are removed. */
export async function activeRuns(state_dir: string): Promise<ActiveRecord[]> {
  const names = await readdir(join(state_dir, CALLS_DIR)).catch(() => []);
  const found: ActiveRecord[] = [];
  for (const name of names.filter((it) => RECORD.test(it))) {
    const record = await readRecord(state_dir, Number.parseInt(name, 10));
    if (!record) continue;
    if ((await lives(record.cli)) || (await k6sOf(record)).length > 0) found.push(record);
    else forget(state_dir, record.cli.pid);
  }
  return found;
}

/** @returns null where it is gone, or is being written */
export async function readRecord(state_dir: string, pid: number): Promise<ActiveRecord | null> {
  try {
    return JSON.parse((await readOptional(recordFile(state_dir, pid))) ?? 'null') as ActiveRecord | null;
  } catch {
    return null;
  }
}

/** The same process as then: not one that has got its pid since. Where the system does not say, it is not. */
export async function lives(process: ProcessIdentity): Promise<boolean> {
  return process.birth !== '' && (await isRunning(process));
}

/** Those of its k6 that live. */
export async function k6sOf({ k6 }: ActiveRecord): Promise<ActiveK6[]> {
  const living = await Promise.all(k6.map(async (one) => ((await k6Lives(one)) ? [one] : [])));
  return living.flat();
}

/** The name of a container is drawn anew for each run: nobody else has it. */
async function k6Lives(k6: ActiveK6): Promise<boolean> {
  if (k6.kind === 'process') return await lives(k6);
  const { ok, stdout } = await runCommand('docker', ['inspect', '--format', '{{.State.Running}}', k6.name]);
  return ok && stdout.trim() === 'true';
}

/** Before the signal: the call then knows who wants it, and says so in its record. */
export async function requestStop(state_dir: string, { cli }: ActiveRecord, stopped: Stopped): Promise<void> {
  await writePrivate(requestFile(state_dir, cli.pid), JSON.stringify(stopped));
}

async function readStopRequest(state_dir: string, pid: number): Promise<Stopped | null> {
  const text = await readOptional(requestFile(state_dir, pid));
  return text === null ? null : (JSON.parse(text) as Stopped);
}

export function forget(state_dir: string, pid: number): void {
  for (const file of [recordFile(state_dir, pid), requestFile(state_dir, pid)]) rmSync(file, { force: true });
}

function recordFile(state_dir: string, pid: number): string {
  return join(state_dir, CALLS_DIR, `${pid}.json`);
}

function requestFile(state_dir: string, pid: number): string {
  return join(state_dir, CALLS_DIR, `${pid}.stop.json`);
}
