/** Processes of a test's own Loadstar: found by their state, never by a name that others have too. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';

interface Identity {
  readonly pid: number;
}

interface CallFile {
  readonly call: Identity;
  readonly runs: readonly { readonly run: { readonly testid: string }; readonly k6: readonly Identity[] }[];
}

export interface UnderWay {
  readonly testid: string;
  readonly call: number;
  /** null before it has started. */
  readonly k6: number | null;
}

/** The pid of a service that the state directory knows. */
export function servicePid({ state_dir }: Machine, service: 'influxdb' | 'grafana' | 'inbox'): number {
  return (JSON.parse(readFileSync(join(state_dir, service, 'pid.json'), 'utf8')) as Identity).pid;
}

/** What the state directory says of the runs whose record is not finished. */
export function runsUnderWay({ state_dir }: Pick<Machine, 'state_dir'>): UnderWay[] {
  const directory = join(state_dir, 'runs');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const { call, runs } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as CallFile;
      return runs.map(({ run, k6 }) => ({ testid: run.testid, call: call.pid, k6: k6[0]?.pid ?? null }));
    });
}

/** SIGKILL to each of them that there is. */
export function killAll(pids: readonly (number | null)[]): void {
  for (const pid of pids) {
    if (pid !== null) process.kill(pid, 'SIGKILL');
  }
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

export async function sleep(duration_s: number): Promise<void> {
  await new Promise((done) => setTimeout(done, duration_s * 1_000));
}

/** Waits until something is so. @throws Error after so long */
export async function until(what: string, is: () => boolean, timeout_s: number): Promise<void> {
  for (const deadline_ms = performance.now() + timeout_s * 1_000; !is(); await sleep(0.05)) {
    if (performance.now() > deadline_ms) throw new Error(`expected ${what} within ${timeout_s} s`);
  }
}
