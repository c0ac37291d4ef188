/** Why a run is slow or fails: the series of the target that changed with the symptom, the most likely cause first. */
import type { Cause, Symptom } from '../contract/causes.ts';
import { TELEMETRY_KINDS, type TelemetrySeries } from '../contract/telemetry.ts';
import { causeSentence } from './cause-text.ts';
import {
  hasReachedLimit,
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

/** What is known of a symptom beside what summary.json says. */
export interface MeasuredSymptom {
  readonly symptom: Symptom;
  /** End of the time that it lasted. */
  readonly until: Date;
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
  return bestOfComponents(withoutEffects(candidates))
    .slice(0, MOST_CAUSES)
    .map(({ cause }) => cause);
}

/** A series that changed with the symptom. */
interface Candidate {
  readonly cause: Cause;
  /** How much of the symptom it can explain, 0 to 1. */
  readonly explains: number;
  /** The resource has less than usual: then nothing else need have filled it. */
  readonly has_lower_limit: boolean;
}

function candidateOf(
  series: TelemetrySeries,
  { symptom, until, added_ms }: MeasuredSymptom,
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
  const limit = highestLimit(observed);
  const explains = is_full ? 1 : explainedBy(series, level, usual.level ?? 0, limit, added_ms);
  if (explains <= 0) return null;
  const onset = onsetOf(observed, thresholdOf(is_full, level, limit, usual), symptom_ms, run.load);
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
    value: is_full ? mostOf(observed) : level,
    limit,
    usual: usual.level,
    baseline_runs: usual.runs,
    baseline_most: usual.runs > 0 ? usual.most : null,
  };
  return {
    cause: { ...fields, sentence: causeSentence(fields, symptom, onset.is_from_start) },
    explains,
    has_lower_limit,
  };
}

/** Half way between the usual level and the new one; a limit counts where it is reached. */
function thresholdOf(is_full: boolean, level: number, limit: number | null, usual: Usual): number {
  if (is_full && limit !== null) return FULL * limit;
  return ((usual.level ?? 0) + level) / 2;
}

const FULL = 0.95;

function mostOf({ sick }: Observed): number {
  return sick.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function highestLimit({ series, sick }: Observed): number | null {
  return sick.reduce<number | null>((most, point) => {
    const limit = limitOf(series, point);
    return limit === null ? most : Math.max(most ?? limit, limit);
  }, null);
}

/** Smallest changes that can matter. Of what requests wait for, a tenth of what they are slower by. */
function sizeOf({ kind, unit }: TelemetrySeries, added_ms: number | null): Size {
  if (unit === 'ms') return { least_change: 0.5, least_difference: Math.max(1, 0.1 * (added_ms ?? 0)) };
  if (unit === 'share') return { least_change: 0.25, least_difference: 0.05 };
  if (unit === 'per_s') return { least_change: 1, least_difference: 0.2 };
  if (unit === 'bytes') return { least_change: 0.25, least_difference: 0 };
  return { least_change: 0.5, least_difference: kind === 'utilisation' ? 0 : 0.5 };
}

/** Utilisation below the first explains nothing; at the second queues are long. */
const UTILISATION = { from: 0.5, to: 0.95 } as const;
/** What needs less: a process that collects garbage for a twentieth of its time answers late. */
const UTILISATION_OF: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  gc: { from: 0.03, to: 0.25 },
};
/** Of what has no measure of its own. */
const SOME = 0.5;

/** How much of the symptom a series can explain. A resource with room, or without a known limit, explains nothing. */
function explainedBy(
  { component, kind, unit }: TelemetrySeries,
  level: number,
  usual: number,
  limit: number | null,
  added_ms: number | null,
): number {
  switch (kind) {
    case 'utilisation': {
      if (limit === null || limit <= 0) return 0;
      const { from, to } = UTILISATION_OF[component] ?? UTILISATION;
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
const GROUND: readonly string[] = ['gc', 'cpu', 'event loop'];
/** From here on it explains others. */
const EXPLAINS_OTHERS = 0.5;
/** An effect is less likely than its cause, and likelier than what explains little. */
const EFFECT = 0.5;

/** Counts effects for less: of two things that changed, one may be why the other did. */
function withoutEffects(candidates: readonly Candidate[]): Candidate[] {
  return candidates.map((candidate) =>
    candidates.some((other) => isEffectOf(candidate, other))
      ? { ...candidate, explains: candidate.explains * EFFECT }
      : candidate,
  );
}

function isEffectOf({ cause, has_lower_limit }: Candidate, other: Candidate): boolean {
  if (other.cause.component === cause.component) return false;
  const [ground, own] = [GROUND.indexOf(other.cause.component), GROUND.indexOf(cause.component)];
  if (own >= 0) return ground >= 0 && ground < own;
  if (other.explains < EXPLAINS_OTHERS) return false;
  if (ground >= 0) return true;
  // Who waits for something slow keeps what he has: pools and queues fill.
  const is_filled = cause.kind === 'utilisation' || cause.kind === 'saturation';
  const is_origin = other.cause.kind === 'latency' || other.cause.kind === 'errors';
  return is_filled && is_origin && !has_lower_limit;
}

/** Of each component the series that explains most; the earlier one of two that explain as much. */
function bestOfComponents(candidates: readonly Candidate[]): Candidate[] {
  const sorted = [...candidates].sort(
    (a, b) => b.explains - a.explains || Date.parse(a.cause.at) - Date.parse(b.cause.at),
  );
  const seen = new Set<string>();
  return sorted.filter(({ cause: { component, instance } }) => {
    const key = JSON.stringify([component, instance]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
