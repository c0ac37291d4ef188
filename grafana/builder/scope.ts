/** Which runs a dashboard over many of them shows. */
import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { OF_PROFILE, OF_PROJECT, OF_TARGET, SCOPE_VARIABLE, tagsByAge } from './records.ts';
import { choice, single } from './variables.ts';

/** The project of the newest run, unless one is chosen. @param range in which it has runs, in Flux */
export function projectVariable(range?: string): QueryVariableBuilder {
  return single(SCOPE_VARIABLE.project, 'Project', tagsByAge('project', '', range)).description(
    'Projects with runs in this InfluxDB, that of the newest run first',
  );
}

/** Project, profile and target: one, since only runs of the same compare; scenarios: any that ran so. */
export function scopeVariables(): QueryVariableBuilder[] {
  return [
    projectVariable(),
    single(SCOPE_VARIABLE.profile, 'Profile', tagsByAge('profile', OF_PROJECT)),
    single(SCOPE_VARIABLE.target, 'Target', tagsByAge('target', OF_PROFILE)),
    choice(SCOPE_VARIABLE.scenario, 'Scenario', tagsByAge('scenario', OF_TARGET)),
  ];
}
