import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds and has used so far, from /proc (Linux only). */
export interface ProcessUse {
  readonly resident_bytes: number;
  /** Without mapped files, which the system takes back when it wants: this is what a leak would be in. */
  readonly anonymous_bytes: number;
  /** The most that it ever held. */
  readonly peak_bytes: number;
  /** User and system time since its start. */
  readonly cpu_s: number;
}

const KIB = 1024;
/** USER_HZ: 100 on every Linux that Node.js runs on (proc(5)). */
const TICKS_PER_S = 100;
/** ppid, utime and stime in /proc/<pid>/stat, counted from the field after the command's name (proc(5)). */
const STAT_PPID = 1;
const STAT_UTIME = 11;
const STAT_STIME = 12;

/** @returns null where the process has ended */
export function processUse(pid: number): ProcessUse | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    const fields = statOf(pid);
    return {
      resident_bytes: kib('VmRSS') * KIB,
      anonymous_bytes: kib('RssAnon') * KIB,
      peak_bytes: kib('VmHWM') * KIB,
      cpu_s: (Number(fields[STAT_UTIME]) + Number(fields[STAT_STIME])) / TICKS_PER_S,
    };
  } catch {
    return null;
  }
}

/** User and system time that a process has taken so far. Linux only. @throws where there is no such process */
export function cpuTime_s(pid: number): number {
  const use = processUse(pid);
  if (!use) throw new Error(`expected a process ${pid} that runs`);
  return use.cpu_s;
}

/** The child of a process whose arguments hold a text. @returns null where there is none */
export function childOf(parent: number, argument: string): number | null {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        if (Number(statOf(Number(name))[STAT_PPID]) !== parent) return false;
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(argument);
      } catch {
        return false;
      }
    });
  return found === undefined ? null : Number(found);
}

function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
