/** Load profiles: how much load for how long. profiles/options.ts turns one into k6's `options`. */
interface ProfileBase {
  readonly summary: string;
  /** Why this model fits: what decides when the next journey begins. */
  readonly reason: string;
  /** The load exceeds what the SLOs allow on purpose: a failed SLO is a result and sends no alert. */
  readonly seeks_limit?: true;
}

export interface UserStage {
  readonly duration_s: number;
  /** Virtual users at the end of the stage. */
  readonly target_vus: number;
}

export interface RateStage {
  readonly duration_s: number;
  /** Journeys that begin per second at the end of the stage. */
  readonly target_per_s: number;
}

/** A fixed number of VUs, each of which begins its next journey when the last one has ended: a slow target gets less load. */
export interface ClosedProfile extends ProfileBase {
  readonly model: 'closed';
  readonly stages: readonly UserStage[];
}

/** A fixed number of journeys begin per second, whether earlier ones have ended or not: a slow target gets no relief. */
export interface OpenProfile extends ProfileBase {
  readonly model: 'open';
  readonly start_per_s: number;
  readonly stages: readonly RateStage[];
}

/** Open, in steps of equal length, each `factor` times the previous rate. The runner judges each step and stops at the first that fails. */
export interface StaircaseProfile extends ProfileBase {
  readonly model: 'staircase';
  readonly start_per_s: number;
  readonly factor: number;
  /** Maximum number of steps. */
  readonly steps: number;
  readonly step_s: number;
}

/** The `options` of an existing k6 script make the load, as they stand there. */
export interface ScriptProfile extends ProfileBase {
  readonly model: 'script';
}

export type Profile = ClosedProfile | OpenProfile | StaircaseProfile | ScriptProfile;

const MINUTE_S = 60;

export const PROFILES = {
  smoke: {
    summary: '5 VUs for 30 seconds: does it work at all?',
    model: 'closed',
    reason: 'a functional check needs no fixed rate',
    stages: [
      { duration_s: 5, target_vus: 5 },
      { duration_s: 20, target_vus: 5 },
      { duration_s: 5, target_vus: 0 },
    ],
  },
  load: {
    summary: 'the reference load: 16 minutes, up to 50 VUs, then 100',
    model: 'closed',
    reason: 'users wait for an answer before they go on',
    stages: [
      { duration_s: 2 * MINUTE_S, target_vus: 50 },
      { duration_s: 5 * MINUTE_S, target_vus: 50 },
      { duration_s: 2 * MINUTE_S, target_vus: 100 },
      { duration_s: 5 * MINUTE_S, target_vus: 100 },
      { duration_s: 2 * MINUTE_S, target_vus: 0 },
    ],
  },
  stress: {
    summary:
      'three times the reference load: 10 minutes, in steps to 300 VUs; failed SLOs are expected and send no alerts',
    model: 'closed',
    reason: 'real users slow down with the target',
    seeks_limit: true,
    stages: [
      { duration_s: 2 * MINUTE_S, target_vus: 100 },
      { duration_s: 2 * MINUTE_S, target_vus: 200 },
      { duration_s: 4 * MINUTE_S, target_vus: 300 },
      { duration_s: 2 * MINUTE_S, target_vus: 0 },
    ],
  },
  spike: {
    summary: 'a sudden burst of ten times the usual load for a minute, then 2.5 minutes to recover',
    model: 'open',
    reason: 'visitors after a mailing or a broadcast arrive regardless of each other',
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
    summary: '50 VUs for 70 minutes: finds leaks, full disks and connections that are not returned',
    model: 'closed',
    reason: 'an unattended test must not bury a slow target under a backlog',
    stages: [
      { duration_s: 5 * MINUTE_S, target_vus: 50 },
      { duration_s: 60 * MINUTE_S, target_vus: 50 },
      { duration_s: 5 * MINUTE_S, target_vus: 0 },
    ],
  },
  breakpoint: {
    summary:
      'finds the limit: from 10 journeys/s in steps of 5 %, each judged by itself, until an SLO fails; at most 25 minutes',
    model: 'staircase',
    reason: 'users who wait would hide the limit, because they request less when answers take longer',
    seeks_limit: true,
    start_per_s: 10,
    // Larger steps could overload the target, and an overloaded target behaves differently afterwards.
    factor: 1.05,
    // The last step has 1,251 journeys/s. SCALE moves all steps for faster or slower targets.
    steps: 100,
    // The whole seconds of the first step hold 140 journeys, enough for an error rate of 1 % (analysis/steps.ts).
    step_s: 15,
  },
  ci: {
    summary: '20 seconds per scenario, about 5 minutes for all: equal load for every commit',
    model: 'open',
    reason: 'two commits are comparable only under equal load; a closed model loads the slower one less',
    start_per_s: 10,
    // 200 journeys: one failure alone is half of what an error rate of 1 % allows.
    stages: [{ duration_s: 20, target_per_s: 10 }],
  },
  ab: {
    summary: 'for `loadstar ab`: 20 journeys/s, constant, for 5 minutes',
    model: 'open',
    reason: 'two builds are comparable only under equal load',
    start_per_s: 20,
    // Each build has the load half of the time, and so as many requests in a minute as a run of `ci`.
    stages: [{ duration_s: 5 * MINUTE_S, target_per_s: 20 }],
  },
  script: {
    summary: "a k6 script's own `options`: the default of scripts, and for scripts alone",
    model: 'script',
    reason: 'a script that exists states the load that its team wants',
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

/** The profile of a call that names none: small, so that nobody loads a system with 100 VUs by accident. */
export const DEFAULT_PROFILE: ProfileName = 'smoke';

/** The profile of a script that exports its own load. */
export const SCRIPT_PROFILE: ProfileName = 'script';

/** How long k6 lets running iterations finish after the last stage (k6's own default). */
export const GRACEFUL_STOP_S = 30;

/**
 * Open models need a VU for each journey in progress. k6 starts with enough VUs for journeys of this duration. If a
 * journey finds no free VU, k6 drops it and creates another VU.
 */
export const USUAL_ITERATION_S = 6;

/** k6 creates at most as many VUs as journeys of this duration need. */
export const LONGEST_ITERATION_S = 20;

/** The largest number of VUs to start with, because each takes a megabyte (docs/scale.md) and some milliseconds. */
export const MOST_USERS_AT_START = 300;
