import { type QueryVariableBuilder, VariableHide } from '@grafana/grafana-foundation-sdk/dashboard';
import { VARIABLE } from '../../builder/flux.ts';
import type { MetricsSchema } from '../../builder/schemas/schema.ts';
import { choice, single } from '../../builder/variables.ts';
import { runs, tagValues, windowLength } from './queries.ts';

/** The run (newest first, and so the default), its scenarios and its requests; hidden, the length of its windows. */
export function variables(schema: MetricsSchema): QueryVariableBuilder[] {
  return [
    single(VARIABLE.run, 'Run', runs(schema)).description('Runs that InfluxDB knows, newest first'),
    choice(VARIABLE.scenario, 'Scenario', tagValues(schema, 'scenario')),
    choice(VARIABLE.request, 'Request', tagValues(schema, 'name')),
    single(VARIABLE.window, 'Window', windowLength(schema)).hide(VariableHide.HideVariable),
  ];
}
