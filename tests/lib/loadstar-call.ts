import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface LoadstarResult {
  /** null: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A call of `loadstar` as a user makes it: a process of its own. */
export interface LoadstarCall {
  readonly pid: number;
  readonly ended: Promise<LoadstarResult>;
}

export interface CallPlace {
  readonly root: string;
  /** Left out: the root. */
  readonly cwd?: string;
  /** The whole environment of the call. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Sees stderr as it grows. `kill` sends a signal to the whole process group, as Ctrl-C in a terminal does. */
export type OnOutput = (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;

export function callLoadstar(
  { root, cwd = root, env }: CallPlace,
  args: readonly string[],
  onOutput?: OnOutput,
): LoadstarCall {
  const options = { cwd, env: { ...env }, detached: true };
  const child = spawn(process.execPath, [join(root, 'cli', 'loadstar.js'), ...args], options);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
    onOutput?.(stderr, (signal) => child.pid && process.kill(-child.pid, signal));
  });
  const ended = new Promise<LoadstarResult>((done) => {
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
  return { pid: child.pid ?? 0, ended };
}
