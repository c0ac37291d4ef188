/** What a series of the target does while a symptom is there, and what it does otherwise. */
import type { TelemetryPoint, TelemetrySeries } from '../contract/telemetry.ts';
import { judgeSeries, LEAST_RUNS } from './judge-series.ts';
import { median, medianDeviation, superiority } from './statistics.ts';

/** From `from_ms` to `to_ms`, as times of day. */
export interface Stretch {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** A run whose target was observed. */
export interface ObservedRun {
  /** When it made load. */
  readonly load: Stretch;
  readonly series: readonly TelemetrySeries[];
}

/** A series of the run, with the same series of the baseline runs. */
export interface Observed {
  readonly series: TelemetrySeries;
  /** While the symptom was there. */
  readonly sick: readonly TelemetryPoint[];
  /** Under load, before the symptom. */
  readonly before: readonly TelemetryPoint[];
  /** Before the load. */
  readonly rest: readonly TelemetryPoint[];
  /** At the same time of the load in each baseline run that has the series. */
  readonly baseline: readonly (readonly TelemetryPoint[])[];
}

/** The level that a series has without the symptom. */
export interface Usual {
  /** null: nothing says it. */
  readonly level: number | null;
  /** Highest value; null without one. */
  readonly most: number | null;
  /** Lowest limit; null where none is known. */
  readonly limit: number | null;
  /** Baseline runs that say it; 0: the time before the symptom says it. */
  readonly runs: number;
}

/** Fewer samples have no level. */
const LEAST_BEFORE = 4;
const LEAST_SICK = 2;
/** Samples come every two seconds, and a window is bad only once enough requests in it are. */
const LAG_MS = 3_000;
/** The first samples of a load are of connections that are made and code that is compiled. */
const WARM_UP_MS = 3_000;
/** A symptom that is over at once is too short for samples: the time after it counts too. */
const SHORTEST_MS = 10_000;
/** A run is not as fast as the other to the second: at a time of the load is around it. */
const AROUND_MS = 10_000;

/**
 * Takes the parts of a series that are compared.
 * @param sick when the symptom was there
 * @returns null where the series has too few samples then
 */
export function observe(
  series: TelemetrySeries,
  sick: Stretch,
  { load }: ObservedRun,
  baseline: readonly ObservedRun[],
): Observed | null {
  const until_ms = Math.min(load.to_ms, Math.max(sick.to_ms, sick.from_ms + SHORTEST_MS));
  const all = within(series.points, { from_ms: sick.from_ms, to_ms: until_ms });
  // The first window of a symptom begins before it does.
  const later = all.filter(({ at_ms }) => at_ms >= sick.from_ms + LAG_MS);
  const is_from_start = sick.from_ms <= load.from_ms + WARM_UP_MS;
  const found = later.length > LEAST_SICK && !is_from_start ? later : all;
  if (found.length < LEAST_SICK) return null;
  const offset: Stretch = {
    from_ms: Math.max(0, sick.from_ms - load.from_ms - AROUND_MS),
    to_ms: until_ms - load.from_ms + AROUND_MS,
  };
  return {
    series,
    sick: found,
    before: beforeFull(
      series,
      within(series.points, { from_ms: load.from_ms + WARM_UP_MS, to_ms: sick.from_ms - LAG_MS }),
    ),
    rest: series.points.filter(({ at_ms }) => at_ms < load.from_ms),
    baseline: baseline.flatMap((run) => {
      const same = run.series.find((it) => isSame(it, series));
      const from_ms = run.load.from_ms + offset.from_ms;
      const to_ms = Math.min(run.load.to_ms, run.load.from_ms + offset.to_ms);
      const points = same ? within(same.points, { from_ms, to_ms }) : [];
      return points.length >= LEAST_SICK ? [points] : [];
    }),
  };
}

/**
 * Without the time just before the symptom in which a resource was full already: latency rises from then on, and passes its
 * limit later. What is left may be too short to say what is usual. What was full from the start on was so without the symptom.
 */
function beforeFull(series: TelemetrySeries, before: readonly TelemetryPoint[]): readonly TelemetryPoint[] {
  let end = before.length;
  for (let index = before.length - 1; index >= 0 && index >= end - 1 - MOST_GAPS; index -= 1) {
    if (isFull(series, before[index] as TelemetryPoint)) end = index;
  }
  return end === 0 ? before : before.slice(0, end);
}

function isSame(a: TelemetrySeries, b: TelemetrySeries): boolean {
  return a.component === b.component && a.series === b.series && a.instance === b.instance && a.kind === b.kind;
}

function within(points: readonly TelemetryPoint[], { from_ms, to_ms }: Stretch): TelemetryPoint[] {
  return points.filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms);
}

/** Means count short queues too, which samples see only now and then. @param points at least one */
export function levelOf(points: readonly TelemetryPoint[]): number {
  return points.reduce((total, { value }) => total + value, 0) / points.length;
}

export function usualOf({ series, baseline, before }: Observed): Usual {
  const known = baseline.length >= LEAST_RUNS ? baseline.flat() : before.length >= LEAST_BEFORE ? before : [];
  if (known.length === 0) return { level: null, most: null, limit: null, runs: 0 };
  const runs = baseline.length >= LEAST_RUNS ? baseline.length : 0;
  const level = runs > 0 ? median(baseline.map(levelOf)) : levelOf(before);
  const limits = known.flatMap((point) => limitOf(series, point) ?? []);
  return {
    level,
    most: highest(known.map(({ value }) => value)),
    limit: limits.length > 0 ? -highest(limits.map((it) => -it)) : null,
    runs,
  };
}

/** A long run has more points than a call takes arguments. */
function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

/** A change that is looked for is as large as both. */
export interface Size {
  /** As a share of the usual level. */
  readonly least_change: number;
  /** In the unit of the series. */
  readonly least_difference: number;
}

/** Runs whose telemetry is known vary by this much of a level, as long as few are known. */
const USUAL_SPREAD = 0.1;
/** As a level shift of a history (change-points.ts): in standard errors, and as the chance that a value after lies above one before. */
const SHIFT = { errors: 5.5, superiority: 0.86, superiority_to_runs: 0.75 } as const;

/**
 * Whether the level is higher than usual: than in the baseline runs, and than before the symptom, as far as either is known.
 * A level that was as high before the symptom explains no change; and one that baseline runs reach too is usual.
 */
export function isRaised(observed: Observed, { least_change, least_difference }: Size): boolean {
  const { sick, before, baseline } = observed;
  const level = levelOf(sick);
  const checks: boolean[] = [];
  if (baseline.length >= LEAST_RUNS) {
    const { verdict } = judgeSeries(baseline.map(levelOf), level, {
      least_change,
      least_difference,
      usual_spread: USUAL_SPREAD,
    });
    // One spike raises a mean, and few samples lie above those of the runs.
    const is_above = superiority(valuesOf(baseline.flat()), valuesOf(sick)) >= SHIFT.superiority_to_runs;
    checks.push(is_above && (verdict === 'suspected' || verdict === 'regressed'));
  }
  if (before.length >= LEAST_BEFORE) {
    const difference = level - levelOf(before);
    checks.push(
      difference >= Math.max(least_difference, least_change * Math.abs(levelOf(before))) && isShift(before, sick),
    );
  }
  return checks.length > 0 && checks.every(Boolean);
}

function isShift(before: readonly TelemetryPoint[], sick: readonly TelemetryPoint[]): boolean {
  const error = Math.hypot(spreadOf(before) / Math.sqrt(before.length), spreadOf(sick) / Math.sqrt(sick.length));
  return (
    levelOf(sick) - levelOf(before) >= SHIFT.errors * error &&
    superiority(valuesOf(before), valuesOf(sick)) >= SHIFT.superiority
  );
}

function spreadOf(points: readonly TelemetryPoint[]): number {
  return medianDeviation(valuesOf(points));
}

function valuesOf(points: readonly TelemetryPoint[]): number[] {
  return points.map(({ value }) => value);
}

/** A resource is full from here on: a gauge that is read now and then seldom shows the last bit. */
const FULL = 0.95;
/** It is full when so many of its samples are, and usually not full when at most so many are. */
const FULL_SHARE = { now: 0.4, usual: 0.15 } as const;

/** Whether it is at its limit, and is not usually, nor without load. */
export function hasReachedLimit({ sick, before, rest, baseline, series }: Observed): boolean {
  const share = (points: readonly TelemetryPoint[]) =>
    points.filter((point) => isFull(series, point)).length / points.length;
  if (sick.filter((point) => isFull(series, point)).length < LEAST_SICK) return false;
  if (rest.length > 0 && share(rest) >= FULL_SHARE.now) return false;
  if (share(sick) < FULL_SHARE.now) return false;
  // Baseline runs know the same time of the load: on a ramp a pool may be full long before the symptom.
  if (baseline.length >= LEAST_RUNS) return median(baseline.map(share)) <= FULL_SHARE.usual;
  return before.length < LEAST_BEFORE || share(before) <= FULL_SHARE.usual;
}

/** Limits change: a pool may have been made smaller. */
export function isFull(series: TelemetrySeries, point: TelemetryPoint): boolean {
  const limit = limitOf(series, point);
  return limit !== null && limit > 0 && point.value >= FULL * limit;
}

/** A share of something has all of it for a limit, where no other is known. */
export function limitOf({ kind, unit }: TelemetrySeries, { limit }: TelemetryPoint): number | null {
  return limit ?? (kind === 'utilisation' && unit === 'share' ? 1 : null);
}

/** Samples that may lie below in between: a queue is empty now and then. */
const MOST_GAPS = 1;

/**
 * When the series got there: the first of the samples that are there up to the symptom; if there are none, the first one
 * after it began.
 * @returns null where it got there only later than telemetry can be late
 */
export function onsetOf(
  { series }: Observed,
  isThere: (point: TelemetryPoint) => boolean,
  { symptom_ms, window_ms }: { readonly symptom_ms: number; readonly window_ms: number },
  load: Stretch,
): Onset | null {
  const points = within(series.points, load);
  const first = points.findIndex((point) => point.at_ms >= symptom_ms - LAG_MS && isThere(point));
  const found = points[first];
  if (!found || found.at_ms > symptom_ms + window_ms + LATEST_MS) return null;
  let onset = first;
  let gaps = 0;
  for (let index = first - 1; index >= 0 && gaps <= MOST_GAPS; index -= 1) {
    if (isThere(points[index] as TelemetryPoint)) {
      onset = index;
      gaps = 0;
    } else gaps += 1;
  }
  const at_ms = (points[onset] as TelemetryPoint).at_ms;
  return { at_ms, after_ms: points[onset - 1]?.at_ms ?? at_ms, is_from_start: at_ms - load.from_ms <= WARM_UP_MS };
}

export interface Onset {
  /** First sample that is there. */
  readonly at_ms: number;
  /** The sample before it: it got there in between. */
  readonly after_ms: number;
  /** As soon as there was load. */
  readonly is_from_start: boolean;
}

/** What begins later than this after the first window of the symptom is an effect: telemetry is late by two samples. */
const LATEST_MS = 5_000;
