/** Load profiles: how much, for how long. Pure data; k6/lib/options.ts turns one into k6's `options`. */
export interface Stage {
  readonly duration_s: number;
  /** Virtual users at the end of the stage. */
  readonly target_vus: number;
}

export interface Profile {
  readonly summary: string;
  readonly stages: readonly Stage[];
  /** Meant to go beyond what the SLOs allow: its breaches are results, and page nobody. */
  readonly seeks_limit?: true;
}

const MINUTE_S = 60;

export const PROFILES = {
  smoke: {
    summary: 'a few users for half a minute: does it work at all?',
    stages: [
      { duration_s: 5, target_vus: 5 },
      { duration_s: 20, target_vus: 5 },
      { duration_s: 5, target_vus: 0 },
    ],
  },
  load: {
    summary: 'the reference: 16 minutes, to 50 users, then 100',
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
    seeks_limit: true,
    stages: [
      { duration_s: 2 * MINUTE_S, target_vus: 100 },
      { duration_s: 2 * MINUTE_S, target_vus: 200 },
      { duration_s: 4 * MINUTE_S, target_vus: 300 },
      { duration_s: 2 * MINUTE_S, target_vus: 0 },
    ],
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

/** What runs when nobody names a profile: never 100 users by default. */
export const DEFAULT_PROFILE: ProfileName = 'smoke';

/** How long k6 lets running iterations finish after the last stage (k6's own default). */
export const GRACEFUL_STOP_S = 30;
