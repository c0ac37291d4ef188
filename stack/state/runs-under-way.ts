import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import type { RunId } from '../../contract/runs.ts';
import type { Slo } from '../../contract/slo.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { readOptional, writePrivate } from '../../lib/private-files.ts';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';

/** All that a later call needs to finish the record of a run whose own call was killed. No secrets. */
export interface RunUnderWay {
  readonly run: RunStart;
  /** Where its files are: checkouts may share a state directory. */
  readonly results_dir: string;
  readonly target: { readonly base_url: string; readonly name: string };
  readonly k6_version: string;
  readonly slos: readonly Slo[];
}

/** As it is on disk. */
interface Entry extends RunUnderWay {
  /** The call of loadstar. */
  readonly call: ProcessIdentity;
  /** null before it starts, and where it is no process of this machine. */
  readonly k6: ProcessIdentity | null;
}

export interface KnownRun extends RunUnderWay {
  readonly call_pid: number;
  /** Whether its call of loadstar still runs. */
  readonly alive: boolean;
  /** Whether k6 was a process of this machine, so that it is known whether it has ended. */
  readonly k6_known: boolean;
  /** The k6 of a call that has ended, where k6 itself has not yet. */
  readonly orphan_pid: number | null;
}

const SUFFIX = '.json';

/**
 * The runs of a state directory whose record is not finished: a file each, from before the record of the start until the
 * record of the end is written. What is left of a call that was killed tells the next one what there is to finish.
 */
export class RunsUnderWay {
  readonly #directory: string;

  constructor(state_dir: string) {
    this.#directory = join(state_dir, 'runs');
  }

  async begin(run: RunUnderWay, k6_pid: number | null = null): Promise<void> {
    const k6 = k6_pid === null ? null : await identify(k6_pid);
    const entry: Entry = { ...run, call: await identify(pid), k6 };
    await writePrivate(this.#file(run.run.testid), JSON.stringify(entry));
  }

  async end(testid: RunId): Promise<void> {
    await rm(this.#file(testid), { force: true });
  }

  async list(): Promise<KnownRun[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const files = names.filter((name) => name.endsWith(SUFFIX)).sort();
    const known = await Promise.all(files.map((name) => this.#read(join(this.#directory, name))));
    return known.filter((it) => it !== null);
  }

  /** @returns null where another call has just removed it, or a full disk has left nothing in it */
  async #read(file: string): Promise<KnownRun | null> {
    const text = await readOptional(file);
    if (!text) return null;
    const { run, call, k6, ...more } = JSON.parse(text) as Entry;
    const alive = await isRunning(call);
    const orphan = !alive && k6 !== null && (await isRunning(k6));
    return {
      ...more,
      run: { ...run, started: new Date(run.started), planned_end: new Date(run.planned_end) },
      call_pid: call.pid,
      alive,
      k6_known: k6 !== null,
      orphan_pid: orphan ? k6.pid : null,
    };
  }

  #file(testid: RunId): string {
    return join(this.#directory, testid + SUFFIX);
  }
}

/** For messages. */
export function runUnderWayText({ run, call_pid }: KnownRun): string {
  return `${run.testid} (pid ${call_pid}, since ${run.started.toISOString()}, planned until ${run.planned_end.toISOString()})`;
}
