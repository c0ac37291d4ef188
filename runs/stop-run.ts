/** Ends the load of a run from another process, whatever state the run's own process is in. */
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../lib/command.ts';
import { fetchJson } from '../lib/http.ts';
import { isContainerRunning, removeContainers } from '../stack/engine/containers.ts';
import type { RegisteredCall, RegisteredK6 } from '../stack/state/registered-call.ts';
import { isSameProcess, livingK6, type RunRegistry } from '../stack/state/run-registry.ts';

/**
 * notified: its own process has stopped it, and writes its record · orphaned: that process is gone or does not answer, so
 * that k6 got the signal directly · killed: k6 went on nevertheless · running: it cannot be killed, and may load.
 */
export type StopOutcome = 'notified' | 'orphaned' | 'killed' | 'running';

export interface StoppedRun {
  readonly outcome: StopOutcome;
  /** Until no user was seen to run any more. */
  readonly took_ms: number;
}

interface StopRequest {
  readonly registry: RunRegistry;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who wants it. */
  readonly by: string;
}

/** The run's own process needs a few milliseconds; one that has not said so by then is hung or gone. */
const ANSWER_MS = 600;
/** k6 has ended its users in 0.1 s. Nothing may load longer than 2 s after the call: this leaves room for the kill. */
const PATIENCE_MS = 1_600;
/** A container that is being created makes no load, and stops as soon as it runs. A busy engine takes seconds. */
const CREATION_MS = 20_000;
/** A busy engine takes seconds to kill a container, too. */
const KILL_MS = 10_000;
const POLL_MS = 50;

/** @throws never for what the processes do: the outcome says it */
export async function stopRun(request: StopRequest, call: RegisteredCall): Promise<StoppedRun> {
  const since_ms = Date.now();
  const over = (outcome: StopOutcome): StoppedRun => ({ outcome, took_ms: Date.now() - since_ms });
  const is_notified = await notifyOwner(request, call);
  // It may start a k6 after the list was made.
  const now = () => request.registry.read(call.name) ?? call;
  const isOver = () => isLoadOver(now());
  // k6 also stops without the process that started it: a second signal would end it without its last samples.
  if (!is_notified && !(await isOver())) await interruptK6(now(), request.env);
  const outcome = is_notified ? 'notified' : 'orphaned';
  if (await awaitCondition(isOver, since_ms + PATIENCE_MS)) return over(outcome);
  await awaitCondition(async () => !(await isBeingCreated(now())), since_ms + CREATION_MS);
  if (await awaitCondition(isOver, Date.now() + ANSWER_MS)) return over(outcome);
  await killK6(now(), request.env);
  const is_gone = await awaitCondition(async () => (await livingK6(now())).length === 0, Date.now() + KILL_MS);
  return over(is_gone ? 'killed' : 'running');
}

/** @returns whether the run's own process has heard it */
async function notifyOwner({ registry, by }: StopRequest, { name, call, stopping }: RegisteredCall): Promise<boolean> {
  // Also where the call has ended: who finishes its record reads it there.
  if (!stopping) await registry.requestStop(name, { by, at: new Date().toISOString() });
  if (!(await isSameProcess(call))) return false;
  // A second signal would end k6 without its last samples: one that stops already gets none.
  if (!stopping) kill(call.pid, 'SIGTERM');
  return await awaitCondition(async () => {
    const now = registry.read(name);
    // Gone: it has ended, and removed its file.
    return now === null || now.stopping;
  }, Date.now() + ANSWER_MS);
}

/** An answer that does not come must not hold up what follows the deadline. */
async function awaitCondition(done: () => Promise<boolean>, deadline_ms: number): Promise<boolean> {
  do {
    const left_ms = Math.max(1, deadline_ms - Date.now());
    if (await Promise.race([done(), sleep(left_ms, false)])) return true;
    await sleep(POLL_MS);
  } while (Date.now() < deadline_ms);
  return false;
}

/** https://grafana.com/docs/k6/latest/reference/k6-rest-api/ */
interface K6Status {
  readonly data: {
    readonly attributes: { readonly stopped: boolean; readonly running: boolean; readonly vus: number };
  };
}

/** k6 itself goes on for a while, to deliver its samples: it says whether its users do. */
async function isLoadOver(call: RegisteredCall): Promise<boolean> {
  const over = await Promise.all((await livingK6(call)).map(areUsersGone));
  return over.every(Boolean);
}

async function areUsersGone(k6: RegisteredK6): Promise<boolean> {
  const status = await fetchJson<K6Status>(`http://${k6.rest}/v1/status`);
  if (status) {
    const { stopped, running, vus } = status.data.attributes;
    return !running || (stopped && vus === 0);
  }
  if (k6.kind === 'process') return false;
  // Its network may be one of its own.
  const { ok, stdout } = await runCommand('docker', ['exec', k6.name, 'k6', 'status', '--address', k6.rest]);
  const says = (line: string) => new RegExp(`^${line}$`, 'm').test(stdout);
  return ok && (says('running: false') || (says('stopped: true') && says('vus: "?0"?')));
}

async function isBeingCreated(call: RegisteredCall): Promise<boolean> {
  const containers = (await livingK6(call)).flatMap((k6) => (k6.kind === 'container' ? [k6.name] : []));
  const running = await Promise.all(containers.map((name) => isContainerRunning(name)));
  return running.includes(false);
}

async function interruptK6(call: RegisteredCall, env: StopRequest['env']): Promise<void> {
  const living = await livingK6(call);
  signalProcesses(living, 'SIGINT');
  await Promise.all(living.map((k6) => (k6.kind === 'container' ? interruptContainer(k6, env) : null)));
}

/** Repeated until the container takes the signal: while it is being created, it takes none. */
async function interruptContainer(k6: RegisteredK6 & { kind: 'container' }, env: StopRequest['env']): Promise<void> {
  const args = ['kill', '--signal', 'SIGINT', k6.name];
  await awaitCondition(
    async () =>
      (await runCommand('docker', args, { env })).ok || (await livingK6({ runs: [{ k6: [k6] }] })).length === 0,
    Date.now() + CREATION_MS,
  );
}

async function killK6(call: RegisteredCall, env: StopRequest['env']): Promise<void> {
  const living = await livingK6(call);
  // The clients first, so that they create nothing after the removal.
  signalProcesses(living, 'SIGKILL');
  await removeContainers(
    living.flatMap((k6) => (k6.kind === 'container' ? [k6.name] : [])),
    env,
  );
}

/** @param name SIGINT is for k6 itself alone: a client would end without its container */
function signalProcesses(living: readonly RegisteredK6[], name: 'SIGINT' | 'SIGKILL'): void {
  for (const k6 of living) {
    const pid = k6.kind === 'process' ? k6.pid : name === 'SIGKILL' ? k6.client?.pid : undefined;
    try {
      // Negative: the group.
      if (pid !== undefined) kill(-pid, name);
    } catch {
      // It has ended in this very moment.
    }
  }
}

/** Waits for a k6 that nobody else waits for: it delivers what it has measured. */
export async function awaitGone(call: RegisteredCall, timeout_ms: number, signal: AbortSignal): Promise<void> {
  await awaitCondition(async () => signal.aborted || (await livingK6(call)).length === 0, Date.now() + timeout_ms);
}
