/** Which runs a dashboard over many of them shows. */
import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { SCOPE_VARIABLE, tagsByAge } from './records.ts';
import { choice, single } from './variables.ts';

/** Scenarios: any; profile and target: one, since only runs of the same compare. */
export function scopeVariables(): QueryVariableBuilder[] {
  return [
    choice(SCOPE_VARIABLE.scenario, 'Scenario', tagsByAge('scenario')),
    single(SCOPE_VARIABLE.profile, 'Profile', tagsByAge('profile')),
    single(SCOPE_VARIABLE.target, 'Target', tagsByAge('target')),
  ];
}
