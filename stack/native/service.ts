import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from '../../contract/ports.ts';
import { unusableError } from '../../lib/errors.ts';
import { PORT_TAKEN } from '../../lib/free-port.ts';
import { privateDirectory, readOptional, writePrivate } from '../../lib/private-files.ts';
import { identify, isRunning, type ProcessIdentity } from '../../lib/process-identity.ts';
import { findPortHolder } from '../engine/port-holder.ts';
import type { Settings } from '../engine/settings.ts';

/** What the pid file holds. */
interface StartedService extends ProcessIdentity {
  /** Left out by versions that did not write it. */
  readonly port?: number;
  /** What it has read from its environment. Left out by versions that did not write it. */
  readonly settings?: Settings;
}

/** A server that keeps running between runs. */
export interface ServiceSpec {
  readonly name: string;
  readonly port: number;
  /** Environment variable of the port, for messages. */
  readonly port_variable: string;
  /** Holds its pid file and log. */
  readonly directory: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What it reads only when it starts; without it, the service takes no notice of changes. */
  readonly settings?: Settings;
  healthy(): Promise<boolean>;
  readonly start_timeout_ms: number;
}

const POLL_MS = 50;
const STOP_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 500;
const LOG_LINES = 8;
const MIB = 2 ** 20;
/** Enough for empty databases and a few runs. */
const DISK_NEEDED_MIB = 64;

/**
 * Starts the service unless it runs, and waits until it is healthy.
 * @throws LoadstarError (unusable) if its port is in use, it runs on another port, or it ends or is not healthy in time
 */
export async function ensureService(spec: ServiceSpec, signal: AbortSignal): Promise<void> {
  const running = await findRunning(spec);
  if (running) {
    if (running.port !== undefined && running.port !== spec.port) throw otherPortError(spec, running.port);
    if (await spec.healthy()) return;
  } else {
    if (await isPortTaken(spec.port)) {
      throw portTakenError(spec, (await findPortHolder(spec.port, spec.env)) ?? undefined);
    }
    await requireDisk(spec);
    await startService(spec);
  }
  await untilHealthy(spec, signal);
}

/** Stops the service gracefully, then by force. */
export async function stopService(spec: Pick<ServiceSpec, 'directory'>): Promise<void> {
  const pid = await findRunningPid(spec);
  if (pid !== null) {
    kill(pid, 'SIGTERM');
    const deadline_ms = performance.now() + STOP_TIMEOUT_MS;
    while ((await findRunningPid(spec)) !== null) {
      if (performance.now() > deadline_ms) kill(pid, 'SIGKILL');
      await sleep(POLL_MS);
    }
  }
  await rm(pidFile(spec), { force: true });
}

/** What a running service was started with. @returns null if it does not run, or an earlier version has started it */
export async function findRunningSettings(spec: Pick<ServiceSpec, 'directory'>): Promise<Settings | null> {
  return (await findRunning(spec))?.settings ?? null;
}

/** @returns the pid of the service that Loadstar started; null if it does not run */
export async function findRunningPid(spec: Pick<ServiceSpec, 'directory'>): Promise<number | null> {
  return (await findRunning(spec))?.pid ?? null;
}

async function findRunning(spec: Pick<ServiceSpec, 'directory'>): Promise<StartedService | null> {
  const text = await readOptional(pidFile(spec));
  if (!text) return null;
  const service = JSON.parse(text) as StartedService;
  return (await isRunning(service)) ? service : null;
}

function logFile(spec: Pick<ServiceSpec, 'directory'>): string {
  return join(spec.directory, 'log');
}

async function startService(spec: ServiceSpec): Promise<void> {
  const log = openSync(logFile(spec), 'a', 0o600);
  try {
    const child = spawn(spec.program, spec.args, {
      cwd: spec.cwd ?? dirname(spec.program),
      env: spec.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((started, failed) => {
      child.once('spawn', () => started());
      child.once('error', failed);
    });
    child.unref();
    const { port, settings } = spec;
    const service: StartedService = { ...(await identify(child.pid ?? 0)), port, ...(settings ? { settings } : {}) };
    await writePrivate(pidFile(spec), JSON.stringify(service));
  } finally {
    closeSync(log);
  }
}

async function untilHealthy(spec: ServiceSpec, signal: AbortSignal): Promise<void> {
  const deadline_ms = performance.now() + spec.start_timeout_ms;
  while (!(await spec.healthy())) {
    signal.throwIfAborted();
    if ((await findRunningPid(spec)) === null) throw await startError(spec, 'it ended immediately');
    if (performance.now() > deadline_ms) throw await startError(spec, `no answer in ${spec.start_timeout_ms / 1000} s`);
    await sleep(POLL_MS);
  }
}

async function startError(spec: ServiceSpec, found: string): Promise<Error> {
  const lines = ((await readOptional(logFile(spec))) ?? '').trimEnd().split('\n').slice(-LOG_LINES);
  // Another program may take the port after it was found free.
  if (PORT_TAKEN.test(lines.join('\n'))) return portTakenError(spec);
  return unusableError(
    `${spec.name} to start`,
    `${found}; the end of its log:\n    ${lines.join('\n    ')}`,
    findHint(lines.join('\n')) ?? `see ${logFile(spec)}`,
  );
}

function findHint(log: string): string | null {
  if (/no space left/i.test(log)) return 'free disk space, then run the same command again; stored data is not lost';
  return null;
}

/** Checks free space first, because a server on a full disk cannot even write its log. */
async function requireDisk(spec: ServiceSpec): Promise<void> {
  await privateDirectory(spec.directory);
  const { bavail, bsize } = await statfs(spec.directory);
  const free_mib = Math.floor((bavail * bsize) / MIB);
  if (free_mib >= DISK_NEEDED_MIB) return;
  throw unusableError(
    `${DISK_NEEDED_MIB} MiB free on the disk of ${spec.directory} for ${spec.name}`,
    `${free_mib} MiB: no space left`,
    'free disk space, or keep the state elsewhere: LOADSTAR_HOME=<directory>',
  );
}

/** Runs may use it there, so that it is not restarted without being asked. */
function otherPortError({ name, port, port_variable }: ServiceSpec, running_port: number): Error {
  return unusableError(
    `${name} on port ${port}, as ${port_variable} says`,
    `it runs on port ${running_port}`,
    `set ${port_variable}=${running_port}, or stop it first: make down`,
  );
}

/** @param found who holds the port, if that is known */
export function portTakenError(
  { name, port, port_variable }: Pick<ServiceSpec, 'name' | 'port' | 'port_variable'>,
  found = 'another program listens on it',
): Error {
  return unusableError(
    `port ${port} to be free for ${name}`,
    found,
    `stop that program (in another checkout: make down), or choose another port: ${port_variable}=${port + 1}; lsof -nP -iTCP:${port} -sTCP:LISTEN names it`,
  );
}

/** Whether a program listens on a loopback port. */
export async function isPortTaken(port: number): Promise<boolean> {
  return await new Promise((answer) => {
    const socket = createConnection({ port, host: LOOPBACK, timeout: CONNECT_TIMEOUT_MS });
    const done = (taken: boolean) => {
      socket.destroy();
      answer(taken);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}

function pidFile(spec: Pick<ServiceSpec, 'directory'>): string {
  return join(spec.directory, 'pid.json');
}
