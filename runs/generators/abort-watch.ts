import type { K6Summary } from '../../contract/k6-summary.ts';
import { type LoadSpan, loadLength_ms } from '../../contract/load-span.ts';
import type { SloResult } from '../../contract/results.ts';
import { abortsAt, overSeconds, type Slo } from '../../contract/slo.ts';
import type { TimeSpan } from '../../influxdb/windows.ts';
import { waitFor } from '../../lib/wait.ts';
import { toPartResult } from '../judge/part-results.ts';
import { sloResults } from '../judge/slo-results.ts';

export interface AbortWatch {
  readonly slos: readonly Slo[];
  /** What all generators together have measured so far. Missing where k6 itself looks at SLOs of the whole run. */
  read?(load: LoadSpan): Promise<K6Summary>;
  /** The newest time up to which all windows can be read; null before there is one. */
  readable(since: Date): Promise<Date | null>;
  /** The value of an SLO in a span of time; null where it has too few samples. */
  readWindow(slo: Slo, span: TimeSpan): Promise<{ readonly value: number } | null>;
  /** Called once, when InfluxDB does not say whether the run should go on. */
  onUnreadable(error: unknown): void;
  /** Left out: as often as k6 itself looks. */
  readonly every_ms?: number;
}

/** The run so far is written every two seconds (runs/k6/k6-job.ts), of windows that closed a second ago: so a breach ends the run within five. */
const LOOK_EVERY_MS = 1_000;
const MS_PER_S = 1_000;

/** What a watched run is given, and what it says of itself. */
export interface WatchedRun {
  /** Aborted where an SLO, or the end of a search, ends the run; an SLO is its reason. */
  readonly stop: AbortSignal;
  /** Its generators call it when their load has begun. */
  onLoad(began: Date): void;
}

/** Runs generators until they end, or until an SLO ends them. @returns that SLO, with the limit that it ends at; null without one */
export async function runWatched<T>(
  watch: AbortWatch,
  run: (watched: WatchedRun) => Promise<T>,
): Promise<{ readonly outcome: T; readonly breach: SloResult | null }> {
  const over = new AbortController();
  const ended = new AbortController();
  let loaded: Date | null = null;
  const watching = watchForAbort(watch, new Date(), ended.signal, () => loaded).then((breach) => {
    if (breach) over.abort(breach);
    return breach;
  });
  const onLoad = (began: Date) => {
    loaded ??= began;
  };
  const outcome = await run({ stop: over.signal, onLoad }).finally(() => ended.abort());
  return { outcome, breach: await watching };
}

/**
 * Looks at the merged data while the run goes on, for SLOs that end a run: a single process, which sees its own share
 * alone, must not end by itself, nor go on alone. Nor can k6 look at the last seconds instead of the whole run.
 * @param began when the generators were started. @param ended aborted when the generators have ended
 * @param loaded when the load began; null before
 * @returns the SLO that ended the run, with the limit that it ends at; null where none did
 */
export async function watchForAbort(
  watch: AbortWatch,
  began: Date,
  ended: AbortSignal,
  loaded: () => Date | null,
): Promise<SloResult | null> {
  const aborting = watch.slos.filter((slo) => abortsAt(slo) !== undefined && (watch.read || slo.over !== undefined));
  if (aborting.length === 0) return null;
  let told = false;
  while (!ended.aborted) {
    await waitFor(watch.every_ms ?? LOOK_EVERY_MS, ended);
    const from = loaded();
    if (ended.aborted || !from) continue;
    const load = { from, to: new Date() };
    const due = selectDue(aborting, loadLength_ms(load) / MS_PER_S);
    if (due.length === 0) continue;
    try {
      const results = [...(await readWhole(watch, due, load)), ...(await readLast(watch, due, began, from))];
      const broken = results.find(({ ok, value }) => !ok && value !== null);
      if (broken) return broken;
    } catch (error) {
      if (!told) watch.onUnreadable(error);
      told = true;
    }
  }
  return null;
}

async function readWhole(watch: AbortWatch, due: readonly Slo[], load: LoadSpan): Promise<SloResult[]> {
  const of_run = due.filter(({ over }) => over === undefined);
  return watch.read && of_run.length > 0 ? sloResults(of_run, await watch.read(load)) : [];
}

/** SLOs over the last seconds. A window is judged when it is full: before that it has less load by plan. */
async function readLast(watch: AbortWatch, due: readonly Slo[], began: Date, loaded: Date): Promise<SloResult[]> {
  const sliding = due.filter(({ over }) => over !== undefined);
  const newest = sliding.length > 0 ? await watch.readable(began) : null;
  if (!newest) return [];
  const to_ms = Math.floor(newest.getTime() / MS_PER_S) * MS_PER_S;
  const full = sliding
    .map((slo) => ({ slo, from: new Date(to_ms - overSeconds(slo.over ?? '') * MS_PER_S) }))
    .filter(({ from }) => from >= loaded);
  return await Promise.all(
    full.map(async ({ slo, from }) => toPartResult(slo, await watch.readWindow(slo, { from, to: new Date(to_ms) }))),
  );
}

/** Those whose time has come, with the limit that ends the run instead of the one that fails it. */
function selectDue(slos: readonly Slo[], age_s: number): Slo[] {
  return slos.flatMap((slo) => {
    const at = abortsAt(slo);
    return at && age_s >= at.after_s ? [{ ...slo, limit: at.limit }] : [];
  });
}
