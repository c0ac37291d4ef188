import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { kill } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { K6Process } from './engine.ts';

interface K6ProcessInput {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  onLine(line: string): void;
}

/** k6 in a container: {@link startK6Process} starts the client that creates it. */
interface K6Container {
  readonly name: string;
  /** Removes it. It may not exist yet, or no more. */
  remove(): Promise<void>;
}

/** 128 and SIGKILL: killed by the system for lack of memory, or by somebody. */
const CONTAINER_KILLED = 137;

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/**
 * Starts k6, or the client of its container, in its own process group. Otherwise Ctrl-C in a terminal would reach k6 in
 * addition to our signal, and a second signal makes k6 end without flushing.
 *
 * k6 in a container stops when its standard input ends (k6/output/cmd/k6/parent.go). A signal is lost while the container
 * is being created, and before its process has handlers; the end of a pipe waits. It also ends if this process is killed.
 */
export function startK6Process(input: K6ProcessInput, container?: K6Container): K6Process {
  const { program, args, cwd, env, onLine } = input;
  const options = { cwd, env, detached: true } as const;
  const child: Child = container
    ? spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    : spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  // The client may end before the pipe does.
  child.stdin?.on('error', () => undefined);
  const { pid } = child;
  let interrupted = false;
  return {
    id:
      pid === undefined
        ? null
        : container
          ? { kind: 'container', name: container.name, client_pid: pid }
          : { kind: 'process', pid },
    exited: new Promise((exited) => {
      child.once('error', (error) => {
        onLine(`${program} could not be started: ${error.message}`);
        exited(null);
      });
      // The client of a killed container ends with a code of its own.
      child.once('close', (code) => exited(container && code === CONTAINER_KILLED ? null : code));
    }),
    interrupt() {
      if (interrupted) return;
      interrupted = true;
      if (child.stdin) child.stdin.end();
      else signalGroup(child, 'SIGINT');
    },
    kill() {
      // First, so that the client creates nothing after the removal.
      signalGroup(child, 'SIGKILL');
      void container?.remove();
    },
  };
}

/** A negative pid addresses the process group. */
function signalGroup(child: ChildProcess, name: 'SIGINT' | 'SIGKILL'): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) kill(-child.pid, name);
}
