import { PROFILES, type Profile } from '../../contract/profiles.ts';
import { plannedDuration_s } from '../../profiles/options.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

const MINUTE_S = 60;
/**
 * k6 keeps every value of every trend until its end, for its thresholds and its summary: 350 bytes a request, 240 MiB an
 * hour at 200 requests/s (docs/decisions/0058-long-runs.md). From here on our output's data is judged instead.
 */
export const LONG_RUN_S = 30 * MINUTE_S;

/** Whether k6 must not keep what it measures: then the run is judged by what InfluxDB has, as one of several generators is. */
export function isLongRun(
  { profile: name, duration_s, outputs }: Pick<RunOptions, 'profile' | 'duration_s' | 'outputs'>,
  { needs_browser }: Pick<CatalogueScenario, 'needs_browser'>,
): boolean {
  const profile: Profile = PROFILES[name];
  // Each step of a staircase is read while it goes on; what a browser measures is little.
  if (profile.model === 'staircase' || needs_browser || !outputs.includes('loadstar')) return false;
  return plannedDuration_s(name, duration_s) >= LONG_RUN_S;
}
