import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  readonly code: number | null;
  /** User and system time of the process. */
  readonly cpu_s: number;
  readonly peak_bytes: number;
  readonly stderr: string;
}

/** Reading /proc this often misses at most so much of the process's end. */
const POLL_MS = 50;
/** USER_HZ: 100 on every Linux that Node.js runs on (proc(5)). */
const TICKS_PER_S = 100;
const KIB = 1024;
/** utime and stime in /proc/<pid>/stat, counted from the field after the command's name (proc(5)). */
const STAT_UTIME = 11;
const STAT_STIME = 12;

/** User and system time that a process has taken so far. Linux only. @throws where there is no such process */
export function cpuTime_s(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[STAT_UTIME]) + Number(fields[STAT_STIME])) / TICKS_PER_S;
}

/** Runs a process and reads what it cost from /proc. Linux only. */
export async function measure(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Measured> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  let cpu_s = 0;
  let peak_bytes = 0;
  const read = () => {
    try {
      cpu_s = cpuTime_s(child.pid ?? 0);
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      peak_bytes = Math.max(peak_bytes, Number(peak ?? 0) * KIB);
    } catch {
      // It has ended in this moment: the last reading stands.
    }
  };
  const timer = setInterval(read, POLL_MS);
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  clearInterval(timer);
  return { code, cpu_s, peak_bytes, stderr };
}
