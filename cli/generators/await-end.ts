import { setTimeout as sleep } from 'node:timers/promises';
import { ALERTING } from '../../contract/alerting.ts';
import type { GeneratorLife } from '../../influxdb/generators.ts';

/** How far the generators of a run are. */
export interface Progress {
  readonly lives: readonly GeneratorLife[];
  /** Names of those that have come to their end. */
  readonly ended: readonly string[];
}

export interface Waiting {
  /** How many there should be; null: as many as are seen. */
  readonly expected: number | null;
  readonly wait_s: number;
  read(): Promise<Progress>;
  /** Called after each look. */
  onLook(progress: Progress): Promise<void>;
  readonly stop: AbortSignal;
}

const LOOK_EVERY_MS = 1_000;
const MS_PER_S = 1_000;

/**
 * Waits until all generators have come to their end, those that have not have fallen silent, or the time is over.
 * @returns what was seen last
 * @throws whatever reading throws; the signal's reason where somebody stopped it
 */
export async function awaitEnd(waiting: Waiting): Promise<Progress> {
  const deadline_ms = Date.now() + waiting.wait_s * MS_PER_S;
  for (;;) {
    const progress = await waiting.read();
    await waiting.onLook(progress);
    const now_ms = Date.now();
    if (isOver(progress, waiting.expected, new Date(now_ms)) || now_ms >= deadline_ms) return progress;
    await sleep(Math.min(LOOK_EVERY_MS, deadline_ms - now_ms), undefined, { signal: waiting.stop });
  }
}

/** Whether there is nothing left to wait for. */
export function isOver({ lives, ended }: Progress, expected: number | null, now: Date): boolean {
  if (lives.length === 0 || lives.length < (expected ?? 0)) return false;
  return lives.every(({ instance, last }) => ended.includes(instance) || isSilent(last, now));
}

/** As the alert on silent runs has it. One that cannot reach InfluxDB looks the same: it is missed either way. */
function isSilent(last: Date, now: Date): boolean {
  return now.getTime() - last.getTime() > ALERTING.silent_s * MS_PER_S;
}
