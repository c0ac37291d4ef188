/** Load profiles: how much, for how long. Pure data; profiles/options.ts turns one into k6's `options`. */
interface ProfileBase {
  readonly summary: string;
  /** Why this model: who decides when the next journey begins. */
  readonly reason: string;
  /** Meant to go beyond what the SLOs allow: its breaches are results, and page nobody. */
  readonly seeks_limit?: true;
}

export interface UserStage {
  readonly duration_s: number;
  /** Virtual users at the end of the stage. */
  readonly target_vus: number;
}

export interface RateStage {
  readonly duration_s: number;
  /** Journeys begun a second at the end of the stage. */
  readonly target_per_s: number;
}

/** So many users, each of whom begins the next journey when the last one has ended: a slow target gets less load. */
export interface ClosedProfile extends ProfileBase {
  readonly model: 'closed';
  readonly stages: readonly UserStage[];
}

/** So many journeys begun a second, whether the earlier ones have ended or not: a slow target gets no relief. */
export interface OpenProfile extends ProfileBase {
  readonly model: 'open';
  readonly start_per_s: number;
  readonly stages: readonly RateStage[];
}

/** Open, in equal steps of time, each `factor` times the one before; the runner judges each and stops at the first broken. */
export interface StaircaseProfile extends ProfileBase {
  readonly model: 'staircase';
  readonly start_per_s: number;
  readonly factor: number;
  /** At most so many. */
  readonly steps: number;
  readonly step_s: number;
}

export type Profile = ClosedProfile | OpenProfile | StaircaseProfile;

const MINUTE_S = 60;

export const PROFILES = {
  smoke: {
    summary: 'a few users for half a minute: does it work at all?',
    model: 'closed',
    reason: 'five people who click through it: no rate to hold',
    stages: [
      { duration_s: 5, target_vus: 5 },
      { duration_s: 20, target_vus: 5 },
      { duration_s: 5, target_vus: 0 },
    ],
  },
  load: {
    summary: 'the reference: 16 minutes, to 50 users, then 100',
    model: 'closed',
    reason: 'the reference counts users, and each waits for an answer before going on',
    stages: [
      { duration_s: 2 * MINUTE_S, target_vus: 50 },
      { duration_s: 5 * MINUTE_S, target_vus: 50 },
      { duration_s: 2 * MINUTE_S, target_vus: 100 },
      { duration_s: 5 * MINUTE_S, target_vus: 100 },
      { duration_s: 2 * MINUTE_S, target_vus: 0 },
    ],
  },
  stress: {
    summary: 'beyond the reference: ten minutes in steps to 300 users; breaches are expected and page nobody',
    model: 'closed',
    reason: 'what three times the users of the reference do to it; the users slow down with the target, as they would',
    seeks_limit: true,
    stages: [
      { duration_s: 2 * MINUTE_S, target_vus: 100 },
      { duration_s: 2 * MINUTE_S, target_vus: 200 },
      { duration_s: 4 * MINUTE_S, target_vus: 300 },
      { duration_s: 2 * MINUTE_S, target_vus: 0 },
    ],
  },
  spike: {
    summary: 'a sudden burst, ten times the usual, for a minute; then two and a half minutes to recover',
    model: 'open',
    reason: 'a crowd that a mail or a broadcast sends does not wait for the answers of those before it',
    start_per_s: 5,
    stages: [
      { duration_s: MINUTE_S, target_per_s: 5 },
      { duration_s: 5, target_per_s: 50 },
      { duration_s: MINUTE_S, target_per_s: 50 },
      { duration_s: 5, target_per_s: 5 },
      { duration_s: 2.5 * MINUTE_S, target_per_s: 5 },
    ],
  },
  soak: {
    summary: 'an hour and ten minutes at 50 users: leaks, full disks, connections that are not given back',
    model: 'closed',
    reason: 'the same people all the time; unattended, a target that slows down must not be buried under what it owes',
    stages: [
      { duration_s: 5 * MINUTE_S, target_vus: 50 },
      { duration_s: 60 * MINUTE_S, target_vus: 50 },
      { duration_s: 5 * MINUTE_S, target_vus: 0 },
    ],
  },
  breakpoint: {
    summary:
      'finds the limit: from 10 journeys a second up in steps of 5 %, each judged by itself, until an SLO breaks; at most 25 minutes',
    model: 'staircase',
    reason: 'users who wait would hide the limit: they ask for less as soon as answers take longer',
    seeks_limit: true,
    start_per_s: 10,
    // Never more, not even far below the limit: a target that was overrun is another target afterwards.
    factor: 1.05,
    // To 1,251 journeys a second. A target beyond that, or one that cannot take ten, moves the whole stair with SCALE.
    steps: 100,
    // 140 journeys in the whole seconds of the first step: enough for an error rate of 1 % (analysis/steps.ts).
    step_s: 15,
  },
  ci: {
    summary: 'twenty seconds a scenario, about five minutes for all: the same load for every commit',
    model: 'open',
    reason: 'two commits can be compared only under the same load, and a closed model eases it for the slower one',
    start_per_s: 10,
    // 200 journeys: one failure alone is half of what an error rate of 1 % allows.
    stages: [{ duration_s: 20, target_per_s: 10 }],
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

/** What runs when nobody names a profile: never 100 users by default. */
export const DEFAULT_PROFILE: ProfileName = 'smoke';

/** How long k6 lets running iterations finish after the last stage (k6's own default). */
export const GRACEFUL_STOP_S = 30;

/**
 * Open models need a user for each journey under way: so many are there from the start, for journeys that take this
 * long. Where a journey finds none, k6 drops it and makes one more user.
 */
export const USUAL_ITERATION_S = 6;

/** k6 makes more users up to what journeys of this length need. */
export const LONGEST_ITERATION_S = 20;

/** No more than this from the start: a user costs a megabyte (docs/scale.md) and some milliseconds. */
export const MOST_USERS_AT_START = 300;
