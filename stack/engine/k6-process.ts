import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { K6Process } from './engine.ts';

export interface K6ProcessInput {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where k6 is not the child itself. */
  readonly container?: string;
  onLine(line: string): void;
  /** Brings a signal to k6 itself, which may not be the child. */
  signal(name: 'SIGINT' | 'SIGKILL', child: ChildProcess): void;
}

/**
 * Starts k6, or what leads to it, in a process group of its own: a terminal's Ctrl-C would reach k6 beside our own
 * signal, and a second one makes it end without flushing.
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
