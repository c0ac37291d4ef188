import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A call of `loadstar` as a user makes it: a process of its own. */
export interface LoadstarCall {
  readonly pid: number;
  /** Its exit code; null: a signal ended it. */
  readonly ended: Promise<number | null>;
  /** So far. */
  stdout(): string;
  stderr(): string;
}

/** @param env the whole environment of the call */
export function callLoadstar(
  { root, env }: { readonly root: string; readonly env: Readonly<Record<string, string | undefined>> },
  args: readonly string[],
): LoadstarCall {
  const child = spawn(process.execPath, [join(root, 'cli', 'loadstar.js'), ...args], { cwd: root, env: { ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { pid: child.pid ?? 0, ended, stdout: () => stdout, stderr: () => stderr };
}
