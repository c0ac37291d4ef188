/** A real cluster, through the kubectl that KUBECTL names. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KubectlEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Cluster {
  readonly namespace: string;
  /** `kubectl ARGS` in the namespace. @throws Error unless it ends with 0 */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** The same, whatever its exit code is. */
  attempt(args: readonly string[], input?: string): Promise<KubectlEnd>;
  /** What a resource is. */
  get<T>(args: readonly string[]): Promise<T>;
  /** Forwards a port of a Service to one of this machine, until it is closed. */
  forward(service: string, port: number): Promise<{ readonly url: string; close(): void }>;
}

export function cluster(program: string, namespace: string): Cluster {
  const attempt: Cluster['attempt'] = (args, input = '') =>
    new Promise((done, failed) => {
      const child = spawn(program, ['--namespace', namespace, ...args]);
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk;
      });
      child.on('error', failed);
      child.on('close', (code) => done({ code, stdout, stderr }));
      child.stdin.on('error', () => undefined).end(input);
    });
  const kubectl: Cluster['kubectl'] = async (args, input) => {
    const { code, stdout, stderr } = await attempt(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    namespace,
    kubectl,
    attempt,
    get: async <T>(args: readonly string[]) => JSON.parse(await kubectl(['get', ...args, '--output', 'json'])) as T,
    forward: (service, port) => forward(program, namespace, service, port),
  };
}

function forward(program: string, namespace: string, service: string, port: number) {
  const child = spawn(program, ['--namespace', namespace, 'port-forward', `service/${service}`, `:${port}`]);
  return new Promise<{ url: string; close(): void }>((done, failed) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk;
      const local = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (local) done({ url: `http://127.0.0.1:${local}`, close: () => void child.kill() });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', () => failed(new Error(`kubectl port-forward ended: ${output}`)));
  });
}

const POLL_MS = 500;

/** @throws Error after `limit_s` seconds */
export async function lookFor<T>(what: string, limit_s: number, look: () => Promise<T | null>): Promise<T> {
  const deadline_ms = Date.now() + limit_s * 1_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadline_ms) throw new Error(`expected ${what} within ${limit_s} s`);
    await sleep(POLL_MS);
  }
}
