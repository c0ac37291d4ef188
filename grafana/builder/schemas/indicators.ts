/** How the value of an SLO's indicator is queried: the same for dashboards and alert rules, in either layout. */
import { METRICS } from '../../../contract/metrics.ts';
import { aggregationOf, type SloIndicator } from '../../../contract/slo.ts';
import type { Frame } from '../flux.ts';
import type { MetricsSchema } from './schema.ts';

/** What one read of a metric answers. */
export type Read = 'percentiles' | 'sums';

export function readOf(indicator: SloIndicator): Read {
  return aggregationOf(indicator).kind === 'percentile' ? 'percentiles' : 'sums';
}

/** One table of `by` and the columns that {@link valueColumn} takes. Percentiles need the schema's function defined. */
export function readIndicators(
  schema: MetricsSchema,
  read: Read,
  frame: Frame,
  metric: string,
  by: readonly string[],
): string {
  return read === 'percentiles' ? schema.percentilesOf(frame, metric, by) : schema.sums(frame, metric, by);
}

/** The value of an indicator in a row of such a table. @param seconds Flux: how long the frame is */
export function valueColumn(indicator: SloIndicator, seconds: string): string {
  const { kind } = aggregationOf(indicator);
  switch (kind) {
    case 'percentile':
      return `r.${METRICS[indicator].label}`;
    case 'mean':
    case 'share':
      return 'r.value / r.count';
    case 'per_second':
      return `r.value / ${seconds}`;
  }
}

/** The number of samples in a row of such a table. */
export function samplesColumn(indicator: SloIndicator): string {
  return readOf(indicator) === 'percentiles' ? 'r.n' : 'r.count';
}
