import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from '@influxdata/influxdb-client';
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
  /** Called when InfluxDB did not answer, and may still do so. */
  onMiss(): void;
  readonly stop: AbortSignal;
  /** Left out: a second. */
  readonly every_ms?: number;
}

const LOOK_EVERY_MS = 1_000;
const MS_PER_S = 1_000;

/**
 * Waits until all generators have come to their end, those that have not have fallen silent, or the time is over. An
 * InfluxDB that is away for a moment does not end the waiting.
 * @returns what was seen last
 * @throws what reading throws, where it is refused, or the time is over; the signal's reason where somebody stopped it
 */
export async function awaitEnd(waiting: Waiting): Promise<Progress> {
  const every_ms = waiting.every_ms ?? LOOK_EVERY_MS;
  const deadline_ms = Date.now() + waiting.wait_s * MS_PER_S;
  for (;;) {
    const progress = await readProgress(waiting, deadline_ms);
    const now_ms = Date.now();
    if (progress && (isOver(progress, waiting.expected, new Date(now_ms)) || now_ms >= deadline_ms)) return progress;
    await sleep(Math.max(0, Math.min(every_ms, deadline_ms - now_ms)), undefined, { signal: waiting.stop });
  }
}

/** @returns null where InfluxDB did not answer, and may still do so */
async function readProgress({ read, onLook, onMiss }: Waiting, deadline_ms: number): Promise<Progress | null> {
  try {
    const progress = await read();
    await onLook(progress);
    return progress;
  } catch (error) {
    if (isRefusal(error) || Date.now() >= deadline_ms) throw error;
    onMiss();
    return null;
  }
}

/** A token or a bucket that is not accepted will not be later. */
function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && error.statusCode >= 400 && error.statusCode < 500;
}

/** Whether there is nothing left to wait for. */
export function isOver({ lives, ended }: Progress, expected: number | null, now: Date): boolean {
  if (lives.length === 0 || lives.length < (expected ?? 0)) return false;
  return lives.every(({ instance, last }) => ended.includes(instance) || isSilent(last, now));
}

/** As the alert on silent runs has it. One that cannot reach InfluxDB looks the same: it is missed either way. */
export function isSilent(last: Date, now: Date): boolean {
  return now.getTime() - last.getTime() > ALERTING.silent_s * MS_PER_S;
}
