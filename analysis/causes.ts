/** Why a run is slow or fails: the series of the target that changed with the symptom, the most likely cause first. */
import type { Cause, Symptom } from '../contract/causes.ts';
import { TELEMETRY_KINDS, type TelemetryPoint, type TelemetrySeries } from '../contract/telemetry.ts';
import { causeSentence } from './cause-text.ts';
import {
  hasReachedLimit,
  isFull,
  isRaised,
  levelOf,
  limitOf,
  type Observed,
  type ObservedRun,
  observe,
  onsetOf,
  type Size,
  type Usual,
  usualOf,
} from './observed-series.ts';
import { median } from './statistics.ts';

/** What is known of a symptom beside what summary.json says. */
export interface MeasuredSymptom {
  readonly symptom: Symptom;
  /** End of the time that it lasted. */
  readonly until: Date;
  /** It begins somewhere in the first window of this length. */
  readonly window_ms: number;
  /** How much slower requests were then, in ms. null: unknown, or it is no latency. */
  readonly added_ms: number | null;
}

export interface CausesQuestion {
  readonly measured: MeasuredSymptom;
  readonly run: ObservedRun;
  /** Runs of the same configuration, and so of the same load. */
  readonly baseline: readonly ObservedRun[];
}

/** Of other components there are fewer than a person reads. */
const MOST_CAUSES = 10;

/** Ranks the components whose series can be the cause of a symptom; empty: no cause found. */
export function rankCauses({ measured, run, baseline }: CausesQuestion): Cause[] {
  const candidates = run.series
    .filter(({ kind }) => TELEMETRY_KINDS[kind].is_cause)
    .flatMap((series) => candidateOf(series, measured, run, baseline) ?? []);
  const known = candidates.filter((candidate) => !lacksSign(candidate, candidates));
  return bestOfComponents(markEffects(known))
    .slice(0, MOST_CAUSES)
    .map(({ cause }) => cause);
}

/** A series that changed with the symptom. */
interface Candidate {
  readonly cause: Cause;
  /** How much of the symptom it can explain, 0 to 1. */
  readonly explains: number;
  /** How much higher than usual its level is, in its unit. */
  readonly rise: number;
  /** The resource has less than usual: then nothing else need have filled it. */
  readonly has_lower_limit: boolean;
}

function candidateOf(
  series: TelemetrySeries,
  { symptom, until, window_ms, added_ms }: MeasuredSymptom,
  run: ObservedRun,
  baseline: readonly ObservedRun[],
): Candidate | null {
  const symptom_ms = Date.parse(symptom.at);
  const observed = observe(series, { from_ms: symptom_ms, to_ms: until.getTime() }, run, baseline);
  if (!observed) return null;
  const is_full = series.kind === 'utilisation' && hasReachedLimit(observed);
  const usual = usualOf(observed);
  if (!is_full && (usual.level === null || !isRaised(observed, sizeOf(series, added_ms)))) return null;
  const level = levelOf(observed.sick);
  const limit = usualLimit(observed);
  const explains = is_full ? 1 : explainedBy(series, level, usual, limit, added_ms);
  if (explains <= 0) return null;
  const onset = onsetOf(observed, isThere(observed, is_full, level, usual), { symptom_ms, window_ms }, run.load);
  if (!onset) return null;
  const has_lower_limit = limit !== null && usual.limit !== null && limit < usual.limit;
  const fields = {
    component: series.component,
    series: series.series,
    instance: series.instance,
    kind: series.kind,
    unit: series.unit,
    change: is_full ? ('limit' as const) : ('level' as const),
    at: new Date(onset.at_ms).toISOString(),
    value: is_full ? mostWhereFull(observed) : level,
    limit,
    usual: usual.level,
    baseline_runs: usual.runs,
    baseline_most: usual.runs > 0 ? usual.most : null,
  };
  return {
    cause: { ...fields, sentence: causeSentence(fields, symptom, onset) },
    explains,
    rise: level - (usual.level ?? 0),
    has_lower_limit,
  };
}

/** Where its limit is reached; else half way between the usual level and the new one. */
function isThere({ series }: Observed, is_full: boolean, level: number, usual: Usual) {
  const threshold = ((usual.level ?? 0) + level) / 2;
  return (point: TelemetryPoint) => (is_full ? isFull(series, point) : point.value >= threshold);
}

function mostWhereFull({ series, sick }: Observed): number {
  return sick
    .filter((point) => isFull(series, point))
    .reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function usualLimit({ series, sick }: Observed): number | null {
  const limits = sick.flatMap((point) => limitOf(series, point) ?? []);
  return limits.length > 0 ? median(limits) : null;
}

/** Smallest changes that can matter. Of what requests wait for, a tenth of what they are slower by; a late process adds to each wait. */
function sizeOf({ component, kind, unit }: TelemetrySeries, added_ms: number | null): Size {
  if (component === EVENT_LOOP && unit === 'ms') return { least_change: 0.5, least_difference: 20 };
  if (component === 'gc' && unit === 'share') return { least_change: 0.5, least_difference: 0.02 };
  if (unit === 'ms') return { least_change: 0.5, least_difference: Math.max(1, 0.1 * (added_ms ?? 0)) };
  if (unit === 'share') return { least_change: 0.25, least_difference: 0.05 };
  if (unit === 'per_s') return { least_change: 1, least_difference: 0.2 };
  if (unit === 'bytes') return { least_change: 0.25, least_difference: 0 };
  return { least_change: 0.5, least_difference: kind === 'utilisation' ? 0 : 0.5 };
}

/** Utilisation below the first explains nothing; at the second queues are long. */
const UTILISATION = { from: 0.5, to: 0.95 } as const;
/** Without baseline runs: it may rise because the load does. */
const UTILISATION_ALONE = { from: 0.75, to: 0.95 } as const;
/** What needs less: a process that collects garbage for a twentieth of its time answers late. */
const UTILISATION_OF: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  gc: { from: 0.04, to: 0.25 },
  cpu: { from: 0.2, to: 0.95 },
};
/** Memory without a known limit explains something where it is a multiple of what it was: to search it takes that much longer. */
const MULTIPLE = { times: 3, least_bytes: 128 * 2 ** 20 } as const;

function isMultiple(level: number, usual: number): boolean {
  return level >= MULTIPLE.times * usual && level - usual >= MULTIPLE.least_bytes;
}

/** Of what has no measure of its own. */
const SOME = 0.5;

/** How much of the symptom a series can explain. A resource with room, or without a known limit, explains nothing. */
function explainedBy(
  { component, kind, unit }: TelemetrySeries,
  level: number,
  { level: usual_level, runs }: Usual,
  limit: number | null,
  added_ms: number | null,
): number {
  const usual = usual_level ?? 0;
  switch (kind) {
    case 'utilisation': {
      if (unit === 'bytes' && isMultiple(level, usual)) return SOME;
      if (limit === null || limit <= 0) return 0;
      const { from, to } = UTILISATION_OF[component] ?? (runs > 0 ? UTILISATION : UTILISATION_ALONE);
      return Math.min(1, (level / limit - from) / (to - from));
    }
    case 'latency':
    case 'saturation':
      if (unit === 'ms' && added_ms !== null && added_ms > 0) return Math.min(1, (level - usual) / added_ms);
      return SOME;
    case 'errors':
      return unit === 'share' ? Math.min(1, level - usual + SOME / 2) : SOME;
    case 'rate':
      return 0;
  }
}

/** What the machine and the runtime lack slows down everything above: the first explains those after it, and all other components. */
const EVENT_LOOP = 'event loop';
const GROUND: readonly string[] = ['memory', 'gc', 'cpu', EVENT_LOOP];
/** From here on it explains others. */
const EXPLAINS_OTHERS = 0.5;
/** A candidate, and whether another one may be why it changed. */
interface Judged extends Candidate {
  readonly is_effect: boolean;
}

function markEffects(candidates: readonly Candidate[]): Judged[] {
  return candidates.map((candidate) => ({
    ...candidate,
    is_effect: candidates.some((other) => isEffectOf(candidate, other)),
  }));
}

/**
 * A CPU with room explains something only where a process comes too late to its work: others on the machine take what it
 * lacks. Memory without a limit does only where the process is busy with it.
 */
function lacksSign({ cause: { component, value, limit } }: Candidate, candidates: readonly Candidate[]): boolean {
  const isNamed = (...names: readonly string[]) => candidates.some(({ cause }) => names.includes(cause.component));
  if (component === 'cpu') return limit !== null && value < UTILISATION.from * limit && !isNamed(EVENT_LOOP);
  return component === 'memory' && limit === null && !isNamed('gc', 'cpu', EVENT_LOOP);
}

function isEffectOf({ cause, rise, has_lower_limit }: Candidate, other: Candidate): boolean {
  if (other.cause.component === cause.component) return false;
  const [ground, own] = [GROUND.indexOf(other.cause.component), GROUND.indexOf(cause.component)];
  if (own >= 0) return ground >= 0 && ground < own;
  if (isLate({ cause, rise }, other)) return true;
  if (other.explains < EXPLAINS_OTHERS) return false;
  if (ground >= 0) return true;
  // Who waits for something slow keeps what he has: pools and queues fill.
  const is_filled = cause.kind === 'utilisation' || cause.kind === 'saturation';
  const is_origin = other.cause.kind === 'latency' || other.cause.kind === 'errors';
  return is_filled && is_origin && !has_lower_limit;
}

/** What a process waits for ends for it when its event loop gets to it: late at each step. */
const LATE_TIMES = 6;

function isLate({ cause, rise }: Pick<Candidate, 'cause' | 'rise'>, other: Candidate): boolean {
  const is_lag = other.cause.component === EVENT_LOOP && other.cause.unit === 'ms';
  return is_lag && cause.kind === 'latency' && cause.unit === 'ms' && rise <= LATE_TIMES * other.rise;
}

/** Of each component the series that explains most, effects last; the earlier one of two that explain as much. */
function bestOfComponents(candidates: readonly Judged[]): Judged[] {
  const sorted = [...candidates].sort(
    (a, b) =>
      Number(a.is_effect) - Number(b.is_effect) ||
      b.explains - a.explains ||
      Date.parse(a.cause.at) - Date.parse(b.cause.at),
  );
  const seen = new Set<string>();
  return sorted.filter(({ cause: { component, instance } }) => {
    const key = JSON.stringify([component, instance]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
