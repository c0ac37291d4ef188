import type { Options } from 'k6/options';
import { SYSTEM_TAGS, TREND_STATS } from '../../contract/metrics.ts';
import { GRACEFUL_STOP_S, PROFILES, type Profile, type ProfileName, type Stage } from '../../contract/profiles.ts';
import { SCENARIOS, type Scenario } from '../../contract/scenarios.ts';
import type { Slo } from '../../contract/slo.ts';
import { thresholdsOf } from './thresholds.ts';

/** How a run changes its profile. */
export interface LoadShape {
  readonly profile: ProfileName;
  /** Factor on the number of users. */
  readonly scale: number;
  /** Total duration; null: as the profile says. */
  readonly duration_s: number | null;
}

const MS_PER_S = 1_000;

/** k6's `options` of a scenario: load from the profile, thresholds from the SLOs, tags from the contract. */
export function buildOptions(scenario: string, shape: LoadShape, slos = builtInSlos(scenario)): Options {
  const graceful = `${GRACEFUL_STOP_S}s`;
  return {
    scenarios: {
      [scenario]: {
        executor: 'ramping-vus',
        startVUs: 0,
        stages: stagesOf(shape).map((stage) => ({
          // k6 takes whole milliseconds.
          duration: `${Math.round(stage.duration_s * MS_PER_S)}ms`,
          target: stage.target_vus,
        })),
        gracefulStop: graceful,
        gracefulRampDown: graceful,
      },
    },
    thresholds: thresholdsOf(slos),
    systemTags: [...SYSTEM_TAGS],
    summaryTrendStats: [...TREND_STATS],
  };
}

function builtInSlos(scenario: string): readonly Slo[] {
  return (SCENARIOS as Readonly<Record<string, Scenario>>)[scenario]?.slos ?? [];
}

/** The profile's stages, stretched to the duration and scaled to the users that were asked for. */
export function stagesOf({ profile, scale, duration_s }: LoadShape): Stage[] {
  const { stages } = PROFILES[profile] as Profile;
  const stretch = plannedDuration_s(profile, duration_s) / plannedDuration_s(profile, null);
  return stages.map((stage) => ({
    duration_s: stage.duration_s * stretch,
    // A stage that has users keeps one, however small the scale.
    target_vus: stage.target_vus === 0 ? 0 : Math.max(1, Math.round(stage.target_vus * scale)),
  }));
}

/** Seconds from the first user to the last stage's end, without the graceful stop. */
export function plannedDuration_s(profile: ProfileName, duration_s: number | null): number {
  return duration_s ?? (PROFILES[profile] as Profile).stages.reduce((sum, stage) => sum + stage.duration_s, 0);
}
