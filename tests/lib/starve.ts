/** Takes processor time from a process, as a full CI runner, a container limit or a frozen machine does. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ends what takes the time, and waits for it. */
export type Release = () => Promise<void>;

const SECOND_MS = 1_000;
/** k6 reads its bundle first, which needs more than the load. */
const START_UP_S = 1;
const CGROUPS = '/sys/fs/cgroup';
/** Of a CPU quota, as Docker and Kubernetes set it. */
const PERIOD_US = 100_000;
/** The kernel refuses less. */
const SHORTEST_QUOTA_US = 1_000;

/** SIGSTOP for so long in each second, until it is released or the process has ended. */
export function stopEachSecond(pid: number, stopped_ms: number): Release {
  let is_released = false;
  const wait = (duration_ms: number) => new Promise((done) => setTimeout(done, duration_ms));
  const ended = (async () => {
    while (!is_released && send(pid, 'SIGSTOP')) {
      await wait(stopped_ms);
      send(pid, 'SIGCONT');
      await wait(SECOND_MS - stopped_ms);
    }
  })();
  return async () => {
    is_released = true;
    await ended;
  };
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The cores that a process used on average from now until its end, after its start-up. */
export async function coresUsed(pid: number): Promise<number> {
  const samples: { at_s: number; cpu_s: number }[] = [];
  for (let cpu_s = cpuSeconds(pid); cpu_s !== null; cpu_s = cpuSeconds(pid)) {
    samples.push({ at_s: performance.now() / SECOND_MS, cpu_s });
    await new Promise((done) => setTimeout(done, 200));
  }
  const last = samples.at(-1);
  const first = samples.find(({ at_s }) => last && at_s > (samples[0]?.at_s ?? 0) + START_UP_S);
  if (!first || !last || first === last) throw new Error(`process ${pid} ended within ${START_UP_S} s`);
  return (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s);
}

/** Null once the process has ended. Linux counts in hundredths of a second (fields 14 and 15 of proc_pid_stat(5)). */
function cpuSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields[0] === 'Z' ? null : (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

/** Why processes cannot get a CPU quota here; null: they can. */
export function noQuotaReason(): string | null {
  const probe = groupPath(`loadstar-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    const has_quota = existsSync(join(probe, 'cpu.cfs_quota_us')) || existsSync(join(probe, 'cpu.max'));
    rmdirSync(probe);
    return has_quota ? null : `${CGROUPS} has no CPU controller`;
  } catch (error) {
    return `cgroups are not writable: ${(error as Error).message}`;
  }
}

/** A CPU quota of so many cores for all threads of a process. @throws Error where {@link noQuotaReason} has one */
export function limitCpu(pid: number, cores: number): Release {
  const group = groupPath(`loadstar-quota-${pid}`);
  mkdirSync(group);
  const quota_us = Math.max(SHORTEST_QUOTA_US, Math.round(cores * PERIOD_US));
  if (existsSync(join(group, 'cpu.max'))) writeFileSync(join(group, 'cpu.max'), `${quota_us} ${PERIOD_US}`);
  else writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quota_us));
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  return async () => {
    // A group can be removed once its last process has gone.
    while (readFileSync(join(group, 'cgroup.procs'), 'utf8') !== '') await new Promise((done) => setTimeout(done, 50));
    rmdirSync(group);
  };
}

/** Version 1 has a hierarchy for each controller, version 2 one for all. */
function groupPath(name: string): string {
  const version_1 = join(CGROUPS, 'cpu');
  return join(existsSync(join(version_1, 'cgroup.procs')) ? version_1 : CGROUPS, name);
}
