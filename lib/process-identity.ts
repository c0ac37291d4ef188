import { readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import { runCommand } from './command.ts';

/** Identifies a process, also after its pid was reused. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in words of the system; '' where it does not say. */
  readonly birth: string;
}

/** `starttime` in /proc/<pid>/stat, counted from the field after the command's name (proc(5)). */
const STAT_STARTTIME = 19;
const ENDED = 'ended';

export async function identify(pid: number): Promise<ProcessIdentity> {
  return { pid, birth: await readBirth(pid) };
}

/** Whether this very process still runs: neither ended, nor followed by another one with its pid, nor of an earlier boot. */
export async function isRunning({ pid, birth }: ProcessIdentity): Promise<boolean> {
  if (!isAlive(pid)) return false;
  return birth === (await readBirth(pid));
}

function isAlive(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readBirth(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: its parent has not looked yet.
    if (fields[0] === 'Z') return ENDED;
    return `${fields[STAT_STARTTIME] ?? ''}@${await readBootId()}`;
  } catch {
    return await askStartTime(pid);
  }
}

/** Two boots count ticks alike: after a power cut a pid with the same ticks may be anybody. */
async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** Where there is no /proc, as on macOS. */
async function askStartTime(pid: number): Promise<string> {
  const { ok, stdout } = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return ok ? stdout.trim() : '';
}
