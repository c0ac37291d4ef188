import { setTimeout as sleep } from 'node:timers/promises';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { SloResult } from '../../contract/results.ts';
import { abortsAt, type Slo } from '../../contract/slo.ts';
import { sloResults } from '../judge/slo-results.ts';

export interface AbortWatch {
  readonly slos: readonly Slo[];
  /** What all generators together have measured so far. */
  read(now: Date): Promise<K6Summary>;
  /** Called once, when InfluxDB does not say whether the run should go on. */
  onUnreadable(error: unknown): void;
  /** Left out: as often as k6 itself looks. */
  readonly every_ms?: number;
}

/** The run so far is written every two seconds (runs/k6/k6-job.ts), of windows that closed a second ago: so a breach ends the run within five. */
const LOOK_EVERY_MS = 1_000;
const MS_PER_S = 1_000;

/**
 * Looks at the merged data while the run goes on, for SLOs that end a run: a single process, which sees its own share
 * alone, must not end by itself, nor go on alone.
 * @param began when the load began. @param ended aborted when the generators have ended
 * @returns the SLO that ended the run, with the limit that it ends at; null where none did
 */
export async function watchForAbort(watch: AbortWatch, began: Date, ended: AbortSignal): Promise<SloResult | null> {
  const aborting = watch.slos.filter((slo) => abortsAt(slo) !== undefined);
  if (aborting.length === 0) return null;
  let told = false;
  while (!ended.aborted) {
    await sleep(watch.every_ms ?? LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
    const now = new Date();
    const due = selectDue(aborting, (now.getTime() - began.getTime()) / MS_PER_S);
    if (ended.aborted || due.length === 0) continue;
    try {
      const broken = sloResults(due, await watch.read(now)).find(({ ok, value }) => !ok && value !== null);
      if (broken) return broken;
    } catch (error) {
      if (!told) watch.onUnreadable(error);
      told = true;
    }
  }
  return null;
}

/** Those whose time has come, with the limit that ends the run instead of the one that fails it. */
function selectDue(slos: readonly Slo[], age_s: number): Slo[] {
  return slos.flatMap((slo) => {
    const at = abortsAt(slo);
    return at && age_s >= at.after_s ? [{ ...slo, limit: at.limit }] : [];
  });
}
