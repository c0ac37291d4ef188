/** Load profiles: how much, for how long. Pure data; k6/lib/options.ts turns one into k6's `options`. */
export interface Stage {
  readonly duration_s: number;
  /** Virtual users at the end of the stage. */
  readonly target_vus: number;
}

export interface Profile {
  readonly summary: string;
  readonly stages: readonly Stage[];
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
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

/** What runs when nobody names a profile: never 100 users by default. */
export const DEFAULT_PROFILE: ProfileName = 'smoke';

/** How long k6 lets running iterations finish after the last stage (k6's own default). */
export const GRACEFUL_STOP_S = 30;
