import { type QueryVariableBuilder, VariableHide } from '@grafana/grafana-foundation-sdk/dashboard';
import { ALL_OF_RUN, VARIABLE } from '../../builder/flux.ts';
import { LIVE_RANGE } from '../../builder/records.ts';
import { protocolVariable } from '../../builder/schemas/protocols.ts';
import type { MetricsSchema } from '../../builder/schemas/schema.ts';
import { projectVariable } from '../../builder/scope.ts';
import { choice, single } from '../../builder/variables.ts';
import { runs, tagValues, windowLength } from './queries.ts';
import { components } from './telemetry.ts';

/** The project; its run (newest first, and so the default), its scenarios and its requests; hidden, the length of its windows and the components of its telemetry. */
export function variables(schema: MetricsSchema): QueryVariableBuilder[] {
  return [
    projectVariable(LIVE_RANGE),
    single(VARIABLE.run, 'Run', runs(schema)).description('Runs of the project that InfluxDB knows, newest first'),
    protocolVariable([schema], ALL_OF_RUN),
    choice(VARIABLE.scenario, 'Scenario', tagValues(schema, 'scenario')),
    choice(VARIABLE.request, 'Request', tagValues(schema, 'name')),
    single(VARIABLE.window, 'Window', windowLength(schema)).hide(VariableHide.HideVariable),
    choice(VARIABLE.component, 'Component', components()).hide(VariableHide.HideVariable),
  ];
}
