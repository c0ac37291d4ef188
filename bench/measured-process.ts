import { spawn } from 'node:child_process';
import { type ProcessUse, processUse } from './process-use.ts';

export interface Measured {
  readonly code: number | null;
  /** User and system time of the process. */
  readonly cpu_s: number;
  readonly peak_bytes: number;
  readonly stderr: string;
}

/** Reading /proc this often misses at most so much of the process's end. */
const POLL_MS = 50;

/**
 * Runs a process and reads what it cost from /proc. Linux only.
 * @param onRead called with each reading
 */
export async function measure(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  onRead?: (use: ProcessUse) => void,
): Promise<Measured> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  let cpu_s = 0;
  let peak_bytes = 0;
  const read = () => {
    // Where it has ended in this moment, the last reading stands.
    const use = child.pid === undefined ? null : processUse(child.pid);
    if (!use || use.peak_bytes === 0) return;
    cpu_s = use.cpu_s;
    peak_bytes = Math.max(peak_bytes, use.peak_bytes);
    onRead?.(use);
  };
  const timer = setInterval(read, POLL_MS);
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  clearInterval(timer);
  return { code, cpu_s, peak_bytes, stderr };
}
