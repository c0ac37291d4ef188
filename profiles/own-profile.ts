/** Load profiles of a team, and those of a call with `--vus` or `--rate`. */
import type { Profile } from '../contract/profiles.ts';
import { durationOf_s } from './script-load.ts';

/** The load at the end of a stage: users, or journeys that begin in a time. */
interface Level {
  readonly users?: number | undefined;
  /** `20/s`, `600/m`, `100/h` */
  readonly rate?: string | undefined;
}

/** A profile as loadstar.config.ts states it: constant load, or stages. */
export interface StatedProfile extends Level {
  readonly summary?: string | undefined;
  readonly duration?: string | undefined;
  readonly stages?: readonly (Level & { readonly duration: string })[] | undefined;
}

/** As k6 without `--duration` would make one iteration, which is no load. */
export const DEFAULT_LOAD_DURATION = '30s';

const RATE = /^(?<count>\d+(?:\.\d+)?)\/(?<unit>[smh])$/;
const UNIT_S = { s: 1, m: 60, h: 3_600 } as const;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/;

/** @returns null for a text that is no rate above 0 */
export function parseRate_per_s(text: string): number | null {
  const { count, unit } = RATE.exec(text)?.groups ?? {};
  const per_s = Number(count) / UNIT_S[unit as keyof typeof UNIT_S];
  return per_s > 0 ? per_s : null;
}

export function isLoadDuration(text: string): boolean {
  return DURATION.test(text);
}

/** The profile of a statement that is valid: project/schema.ts says when it is. */
export function toProfile(stated: StatedProfile): Profile {
  const { users, rate, duration = DEFAULT_LOAD_DURATION } = stated;
  // A stage without duration is a jump: constant load begins at once.
  const stages = stated.stages ?? ['0s', duration].map((time) => ({ users, rate, duration: time }));
  const summary = stated.summary ?? describe(stated);
  if (stages.some((stage) => stage.rate !== undefined)) {
    return {
      summary,
      model: 'open',
      reason: 'the configuration or the call states a rate',
      start_per_s: 0,
      stages: stages.map((stage) => ({
        duration_s: durationOf_s(stage.duration),
        target_per_s: stage.rate === undefined ? 0 : (parseRate_per_s(stage.rate) ?? 0),
      })),
    };
  }
  return {
    summary,
    model: 'closed',
    reason: 'the configuration or the call states users',
    stages: stages.map((stage) => ({ duration_s: durationOf_s(stage.duration), target_vus: stage.users ?? 0 })),
  };
}

/** `10 VUs for 5m` */
function describe({ users, rate, duration = DEFAULT_LOAD_DURATION, stages }: StatedProfile): string {
  if (!stages) return `${level({ users, rate })} for ${duration}`;
  return stages.map((stage) => `${stage.duration} to ${level(stage)}`).join(', ');
}

function level({ users, rate }: Level): string {
  return rate === undefined ? `${users} VUs` : `${rate.replace('/', ' journeys/')}`;
}
