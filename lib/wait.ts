import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the time is over, or until `ended` is aborted. */
export async function waitFor(duration_ms: number, ended: AbortSignal): Promise<void> {
  if (duration_ms <= 0) return;
  await sleep(duration_ms, undefined, { signal: ended }).catch(() => undefined);
}
