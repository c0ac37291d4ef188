/** Which runs a dashboard over many of them shows. */
import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { OF_PROFILE, OF_TARGET, SCOPE_VARIABLE, tagsByAge } from './records.ts';
import { choice, single } from './variables.ts';

/** Profile and target: one, since only runs of the same compare; scenarios: any that ran so. */
export function scopeVariables(): QueryVariableBuilder[] {
  return [
    single(SCOPE_VARIABLE.profile, 'Profile', tagsByAge('profile')),
    single(SCOPE_VARIABLE.target, 'Target', tagsByAge('target', OF_PROFILE)),
    choice(SCOPE_VARIABLE.scenario, 'Scenario', tagsByAge('scenario', OF_TARGET)),
  ];
}
