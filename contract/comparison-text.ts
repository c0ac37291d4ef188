/** A comparison in words: what terminal and Markdown have in common. */

import { metricBand, metricChange, metricDifference, metricName, metricValue } from './metric-text.ts';
import { METRICS } from './metrics.ts';
import type { Comparison, MetricComparison } from './results.ts';
import type { ComparisonVerdict } from './runs.ts';

const NOTEWORTHY: readonly ComparisonVerdict[] = ['regressed', 'suspected', 'improved'];

/** What is worth a row: everything that is not as usual, the worst first. */
export function noteworthy({ metrics }: Comparison): MetricComparison[] {
  return metrics.filter(({ verdict }) => NOTEWORTHY.includes(verdict));
}

/** Figures that differ so much from run to run that nothing can be said of them; null where there are none. */
export function unstableLine({ metrics }: Comparison): string | null {
  const names = metrics.filter(({ verdict }) => verdict === 'unstable').map(metricName);
  const [first] = names;
  if (first === undefined) return null;
  const which = names.length === 1 ? first : `${names.length} figures, as ${first},`;
  return `${which} cannot be judged: too few requests, or runs that differ too much`;
}

/** A row of a table: metric, baseline, value, change, band, how sure, verdict. */
export function comparisonCells(row: MetricComparison): string[] {
  return [
    metricName(row),
    metricValue(row.metric, row.baseline),
    metricValue(row.metric, row.value),
    changeInBoth(row),
    metricBand(row.metric, row.low, row.high),
    row.verdict,
  ];
}

/** `+27.5 % (+41 ms)`; of a share the difference alone. */
function changeInBoth({ metric, change, difference }: MetricComparison): string {
  const text = metricChange(metric, { change, difference });
  if (change === null || METRICS[metric].unit === 'share') return text;
  return `${text} (${metricDifference(metric, difference)})`;
}
