import { QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';
import { VARIABLE } from '../../lib/flux.ts';
import { datasourceRef, fluxQuery } from '../../lib/panels.ts';
import { RUNS, tagValues } from './queries.ts';

const EVERYTHING = '.*';

/** The run (newest first, and so the default), its scenarios and its requests. */
export function variables(): QueryVariableBuilder[] {
  return [
    new QueryVariableBuilder(VARIABLE.run)
      .label('Run')
      .description('Runs that InfluxDB knows, newest first')
      .datasource(datasourceRef)
      .query(fluxQuery(RUNS))
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.Disabled),
    choice(VARIABLE.scenario, 'Scenario', tagValues('scenario')),
    choice(VARIABLE.request, 'Request', tagValues('name')),
  ];
}

function choice(name: string, label: string, flux: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasourceRef)
    .query(fluxQuery(flux))
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue(EVERYTHING)
    .current({ text: ['All'], value: ['$__all'] });
}
