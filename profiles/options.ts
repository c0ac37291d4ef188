import type { Scenario as K6Scenario, Options } from 'k6/options';
import { SYSTEM_TAGS } from '../contract/k6-metrics.ts';
import { TREND_STATISTICS } from '../contract/metrics.ts';
import {
  GRACEFUL_STOP_S,
  LONGEST_ITERATION_S,
  MOST_USERS_AT_START,
  type OpenProfile,
  PROFILES,
  type Profile,
  type ProfileName,
  SCRIPT_PROFILE,
  type StaircaseProfile,
  USUAL_ITERATION_S,
} from '../contract/profiles.ts';
import type { Slo } from '../contract/slo.ts';
import { plateauName } from '../contract/stages.ts';
import type { ScriptLoad } from './script-load.ts';
import { thresholdsOf } from './thresholds.ts';

/** How a run changes its profile. */
export interface LoadShape {
  /** Of the contract, or of {@link own_profile}. */
  readonly profile: string;
  /** Of the configuration, or of the call. Left out: one of the contract. */
  readonly own_profile?: Profile;
  /** Factor on the number of users, or on the rate. */
  readonly scale: number;
  /** Total duration; null: as the profile says. */
  readonly duration_s: number | null;
  /** Users that the target allows at once; none: as many as the load needs. */
  readonly max_vus?: number | null;
  /** Requests a second that the target allows: stairs end there, as a journey makes one request at least. */
  readonly max_rate_rps?: number | null;
  /** Constant load at the profile's peak instead of its stages, as `loadstar ab` needs it. */
  readonly is_level?: boolean;
  /** What a script's own options plan; with the profile `script` alone. */
  readonly script_load?: ScriptLoad;
}

/** A stage of a run, stretched and scaled. */
export interface LoadStage {
  readonly duration_s: number;
  /** At its end. */
  readonly target: number;
  readonly unit: 'users' | 'iterations/s';
}

/** A step of a staircase: constant load from its start to its end, in seconds since the load began. */
export interface Step {
  readonly from_s: number;
  readonly to_s: number;
  readonly target_per_s: number;
}

const MS_PER_S = 1_000;
/** k6 takes whole numbers of iterations in a unit of time: so a rate may be as fine as a thousandth of one a second. */
const RATE_UNIT_S = 1_000;
const GRACEFUL = `${GRACEFUL_STOP_S}s`;

/** k6's `options` of a scenario: load from the profile, thresholds from the SLOs, tags from the contract. */
export function buildOptions(scenario: string, shape: LoadShape, slos: readonly Slo[]): Options {
  return {
    scenarios: { [scenario]: executorOf(shape) },
    // k6's thresholds look at the run from its start: where each step is judged by itself, the runner does it.
    thresholds: profileOf(shape).model === 'staircase' ? {} : thresholdsOf(slos),
    systemTags: [...SYSTEM_TAGS],
    summaryTrendStats: [...TREND_STATISTICS],
  };
}

/** k6's scenarios: the one of ours, or those of a script. */
export function loadOf(scenario: string, shape: LoadShape): Readonly<Record<string, K6Scenario>> {
  return shape.profile === SCRIPT_PROFILE ? scriptLoadOf(shape).scenarios : { [scenario]: executorOf(shape) };
}

/** @throws Error for a shape that is of no script */
function scriptLoadOf({ script_load }: Pick<LoadShape, 'script_load'>): ScriptLoad {
  if (!script_load) throw new Error('unreachable: the profile script without the options of a script');
  return script_load;
}

/** What starts users or journeys, as k6 takes it. */
export function executorOf(shape: LoadShape): K6Scenario {
  const profile = profileOf(shape);
  switch (profile.model) {
    case 'closed':
      return {
        executor: 'ramping-vus',
        startVUs: 0,
        stages: stagesOf(shape).map(({ duration_s, target }) => ({ duration: milliseconds(duration_s), target })),
        gracefulStop: GRACEFUL,
        gracefulRampDown: GRACEFUL,
      };
    case 'open': {
      const stages = stagesOf(shape).map(({ duration_s, target }) => ({ duration_s, target_per_s: target }));
      const users = peakOf(stages) * USUAL_ITERATION_S;
      const start_per_s = shape.is_level ? peakOf(stages) : scaledRate(profile.start_per_s, shape.scale);
      return arrivals(start_per_s, stages, { users, most: shape.max_vus ?? null });
    }
    case 'staircase': {
      const steps = stepsOf(shape);
      const start_per_s = steps[0]?.target_per_s ?? 0;
      // Later steps make the few users that they need more; the first one has to have them, also for long journeys.
      const users = start_per_s * LONGEST_ITERATION_S;
      return arrivals(start_per_s, steps.flatMap(stepStages), { users, most: shape.max_vus ?? null });
    }
    case 'script':
      throw new Error('unreachable: a script has executors of its own');
  }
}

/** A step begins at once: a stage without duration is a jump. */
function stepStages({ from_s, to_s, target_per_s }: Step): OpenProfile['stages'] {
  return [
    { duration_s: 0, target_per_s },
    { duration_s: to_s - from_s, target_per_s },
  ];
}

interface ArrivalUsers {
  /** That are there from the start, if they are not too many. */
  readonly users: number;
  /** That the target allows; journeys that find none are dropped. null: no limit. */
  readonly most: number | null;
}

function arrivals(start_per_s: number, stages: OpenProfile['stages'], { users, most }: ArrivalUsers): K6Scenario {
  const allowed = most ?? Number.POSITIVE_INFINITY;
  const at_start = Math.ceil(Math.min(users, MOST_USERS_AT_START, allowed));
  return {
    executor: 'ramping-arrival-rate',
    startRate: perUnit(start_per_s),
    timeUnit: `${RATE_UNIT_S}s`,
    stages: stages.map(({ duration_s, target_per_s }) => ({
      duration: milliseconds(duration_s),
      target: perUnit(target_per_s),
    })),
    preAllocatedVUs: at_start,
    maxVUs: Math.min(allowed, Math.max(at_start, Math.ceil(peakOf(stages) * LONGEST_ITERATION_S))),
    gracefulStop: GRACEFUL,
  };
}

function peakOf(stages: OpenProfile['stages']): number {
  return Math.max(...stages.map((stage) => stage.target_per_s));
}

/** The profile's stages, stretched to the duration and scaled to the users or the rate that was asked for. */
export function stagesOf(shape: LoadShape): LoadStage[] {
  return shape.is_level ? levelStages(shape) : profileStages(shape);
}

/** A stage without duration is a jump. */
function levelStages(shape: LoadShape): LoadStage[] {
  const [first, ...others] = profileStages(shape);
  if (!first) return [];
  const peak = others.reduce((highest, stage) => (stage.target > highest.target ? stage : highest), first);
  const duration_s = plannedDuration_s(shape);
  return [
    { ...peak, duration_s: 0 },
    { ...peak, duration_s },
  ];
}

function profileStages(shape: LoadShape): LoadStage[] {
  const profile = profileOf(shape);
  const { scale } = shape;
  const stretch = plannedDuration_s(shape) / plannedDuration_s({ ...shape, duration_s: null });
  switch (profile.model) {
    case 'closed':
      return profile.stages.map(({ duration_s, target_vus }) => ({
        duration_s: duration_s * stretch,
        // A stage that has users keeps one, however small the scale.
        target: target_vus === 0 ? 0 : Math.max(1, Math.round(target_vus * scale)),
        unit: 'users',
      }));
    case 'open':
      return profile.stages.map(({ duration_s, target_per_s }) => ({
        duration_s: duration_s * stretch,
        target: scaledRate(target_per_s, scale),
        unit: 'iterations/s',
      }));
    case 'staircase':
      return stepsOf(shape).map(({ from_s, to_s, target_per_s }) => ({
        duration_s: to_s - from_s,
        target: target_per_s,
        unit: 'iterations/s',
      }));
    case 'script':
      return [...scriptLoadOf(shape).stages];
  }
}

/** A stage with constant load, by the name that the output tags its windows with. */
export interface PlannedPlateau {
  readonly name: string;
  readonly target: number;
  readonly unit: LoadStage['unit'];
}

/** The plateaus of a run, as k6/output/stages.go finds them in k6's options. A staircase has steps instead. */
export function plateausOf(shape: LoadShape): PlannedPlateau[] {
  const profile = profileOf(shape);
  // Those of a script are what the output finds.
  if (profile.model === 'staircase' || profile.model === 'script') return [];
  let before = profile.model === 'open' ? scaledRate(profile.start_per_s, shape.scale) : 0;
  let was_flat = false;
  const plateaus: PlannedPlateau[] = [];
  for (const { target, unit } of stagesOf(shape)) {
    const is_flat = target === before && target > 0;
    if (is_flat && !was_flat) plateaus.push({ name: plateauName(plateaus.length + 1), target, unit });
    was_flat = is_flat;
    before = target;
  }
  return plateaus;
}

/** Names of the plateaus of a profile; none for a profile that does not exist (any more). */
export function plateauNames(profile: string): string[] {
  if (!(profile in PROFILES)) return [];
  return plateausOf({ profile: profile as ProfileName, scale: 1, duration_s: null }).map(({ name }) => name);
}

/** Every plateau that a profile can have. */
export function allPlateaus(): string[] {
  return Object.keys(PROFILES)
    .map(plateauNames)
    .reduce((most, names) => (names.length > most.length ? names : most), []);
}

/**
 * The steps of a staircase; none for other profiles. No step is more than the factor above the one before, and none above
 * what the target allows.
 */
export function stepsOf(shape: LoadShape): Step[] {
  const profile = profileOf(shape);
  if (profile.model !== 'staircase') return [];
  const step_s = plannedDuration_s(shape) / profile.steps;
  let rate = perUnit(scaledRate(profile.start_per_s, shape.scale));
  const steps = Array.from({ length: profile.steps }, (_, index) => {
    // Rounded down: rounding up would exceed the factor.
    if (index > 0) rate = Math.floor(rate * profile.factor);
    return { from_s: index * step_s, to_s: (index + 1) * step_s, target_per_s: rate / RATE_UNIT_S };
  });
  const most = shape.max_rate_rps ?? Number.POSITIVE_INFINITY;
  return steps.filter(({ target_per_s }) => target_per_s <= most);
}

/** Seconds from the first user to the last stage's end, without the graceful stop. */
export function plannedDuration_s(
  shape: Pick<LoadShape, 'profile' | 'own_profile' | 'duration_s' | 'script_load'>,
): number {
  if (shape.duration_s !== null) return shape.duration_s;
  const profile = profileOf(shape);
  switch (profile.model) {
    case 'script':
      return scriptLoadOf(shape).duration_s;
    case 'staircase':
      return allSteps_s(profile);
    default:
      return profile.stages.reduce(sumDuration_s, 0);
  }
}

function allSteps_s({ steps, step_s }: StaircaseProfile): number {
  return steps * step_s;
}

function sumDuration_s(sum_s: number, { duration_s }: { readonly duration_s: number }): number {
  return sum_s + duration_s;
}

/** @throws Error for a name that neither the contract nor the shape knows */
export function profileOf({ profile, own_profile }: Pick<LoadShape, 'profile' | 'own_profile'>): Profile {
  const profiles: Readonly<Record<string, Profile>> = PROFILES;
  const found = own_profile ?? profiles[profile];
  if (!found) throw new Error(`unreachable: no profile \`${profile}\``);
  return found;
}

/** A rate above 0 stays one, however small the scale. */
function scaledRate(rate_per_s: number, scale: number): number {
  return rate_per_s === 0 ? 0 : Math.max(1, perUnit(rate_per_s * scale)) / RATE_UNIT_S;
}

function perUnit(rate_per_s: number): number {
  return Math.round(rate_per_s * RATE_UNIT_S);
}

/** k6 takes whole milliseconds. */
function milliseconds(duration_s: number): string {
  return `${Math.round(duration_s * MS_PER_S)}ms`;
}
