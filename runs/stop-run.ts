/** Ends the load of a run from another process, whatever state the run's own process is in. */
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../lib/command.ts';
import { fetchJson } from '../lib/http.ts';
import type { RegisteredCall, RegisteredK6 } from '../stack/state/registered-call.ts';
import { isSameProcess, livingK6, type RunRegistry } from '../stack/state/run-registry.ts';

/**
 * notified: its own process has stopped it, and writes its record · orphaned: that process is gone or does not answer, so
 * that k6 got the signal directly · killed: k6 went on nevertheless.
 */
export type StopOutcome = 'notified' | 'orphaned' | 'killed';

export interface StoppedRun {
  readonly outcome: StopOutcome;
  /** Until no user ran any more. */
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
const POLL_MS = 50;

/** @throws never for what the processes do: the outcome says it */
export async function stopRun(request: StopRequest, call: RegisteredCall): Promise<StoppedRun> {
  const since_ms = Date.now();
  const over = (outcome: StopOutcome): StoppedRun => ({ outcome, took_ms: Date.now() - since_ms });
  const is_notified = await notifyOwner(request, call);
  // It may have started a k6 since the list was made.
  const now = request.registry.read(call.name) ?? call;
  if (!is_notified) await signalK6(now, 'SIGINT', request.env);
  const ended = await awaitCondition(() => loadIsOver(now), since_ms + PATIENCE_MS);
  if (ended) return over(is_notified ? 'notified' : 'orphaned');
  await signalK6(now, 'SIGKILL', request.env);
  await awaitCondition(async () => (await livingK6(now)).length === 0, Date.now() + ANSWER_MS);
  return over('killed');
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
async function loadIsOver(call: RegisteredCall): Promise<boolean> {
  const over = await Promise.all((await livingK6(call)).map(usersAreGone));
  return over.every(Boolean);
}

async function usersAreGone(k6: RegisteredK6): Promise<boolean> {
  // The API of a container cannot be reached; k6 ends its users on the signal, which is what was sent.
  if (k6.kind === 'container') return true;
  const status = await fetchJson<K6Status>(`http://${k6.rest}/v1/status`);
  if (status === null) return false;
  const { stopped, running, vus } = status.data.attributes;
  return !running || (stopped && vus === 0);
}

async function signalK6(call: RegisteredCall, name: 'SIGINT' | 'SIGKILL', env: StopRequest['env']): Promise<void> {
  const living = await livingK6(call);
  const containers = living.flatMap((k6) => (k6.kind === 'container' ? [k6.name] : []));
  for (const k6 of living) {
    try {
      // Negative: the group.
      if (k6.kind === 'process') kill(-k6.pid, name);
    } catch {
      // It has ended in this very moment.
    }
  }
  if (containers.length > 0) await runCommand('docker', ['kill', '--signal', name, ...containers], { env });
}

/** Waits for a k6 that nobody else waits for: it delivers what it has measured. */
export async function awaitGone(call: RegisteredCall, timeout_ms: number, signal: AbortSignal): Promise<void> {
  await awaitCondition(async () => signal.aborted || (await livingK6(call)).length === 0, Date.now() + timeout_ms);
}
