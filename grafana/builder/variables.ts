/** Variables at the top of dashboards. */
import { QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';
import { datasourceRef, fluxQuery } from './panels.ts';

/** What a variable is while nothing is chosen: a pattern that every value matches. */
export const EVERYTHING = '.*';

/** One value; the first that the query finds, unless one is chosen. */
export function single(name: string, label: string, flux: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasourceRef)
    .query(fluxQuery(flux))
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.Disabled);
}

/** Any number of values, and all unless some are chosen. */
export function choice(name: string, label: string, flux: string): QueryVariableBuilder {
  return single(name, label, flux)
    .multi(true)
    .includeAll(true)
    .allValue(EVERYTHING)
    .current({ text: ['All'], value: ['$__all'] });
}
