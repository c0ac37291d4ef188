import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { K6Process } from './engine.ts';

interface K6ProcessInput {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the container, if k6 is not the child process. */
  readonly container?: string;
  onLine(line: string): void;
  /** Sends a signal to k6, which may not be the child process. */
  signal(name: 'SIGINT' | 'SIGKILL', child: ChildProcess): void;
}

/**
 * Starts k6, or the client of its container, in its own process group. Otherwise Ctrl-C in a terminal would reach k6 in
 * addition to our signal, and a second signal makes k6 end without flushing.
 */
export function startK6Process({ program, args, cwd, env, container, onLine, signal }: K6ProcessInput): K6Process {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  let interrupted = false;
  return {
    id: container ? { kind: 'container', name: container } : child.pid ? { kind: 'process', pid: child.pid } : null,
    exited: new Promise((exited) => {
      child.once('error', (error) => {
        onLine(`${program} could not be started: ${error.message}`);
        exited(null);
      });
      child.once('close', (code) => exited(code));
    }),
    interrupt() {
      if (!interrupted) signal('SIGINT', child);
      interrupted = true;
    },
    kill: () => signal('SIGKILL', child),
  };
}
