/** Takes processor time from a process, as a full CI runner, a container limit or a frozen machine does. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ends what takes the time, and waits for it. */
export type Release = () => Promise<void>;

const SECOND_MS = 1_000;
const CGROUPS = '/sys/fs/cgroup';
/** Of a CPU quota, as Docker and Kubernetes set it. */
const PERIOD_US = 100_000;

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
  const quota_us = Math.round(cores * PERIOD_US);
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
