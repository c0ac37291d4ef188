/** Metrics in words: every output writes a value, a change and a band with these, so that figures agree to the digit. */
import { count, ms, number, percent, signed } from './format.ts';
import { METRICS, type MetricKey, UNITS, type Unit } from './metrics.ts';
import type { MetricComparison } from './results.ts';

/** What stands where a figure is not known. */
export const UNKNOWN = '–';

const WRITE: Readonly<Record<Unit, (value: number) => string>> = {
  ms,
  share: percent,
  per_s: (value) => `${number(value)}${UNITS.per_s.suffix}`,
  count,
  number,
};

export function metricLabel(metric: MetricKey): string {
  return METRICS[metric].label;
}

/** As the head of a column or a panel: `Error rate`; percentiles stay as they are. */
export function metricTitle(metric: MetricKey): string {
  const label = metricLabel(metric);
  return 'percentile' in METRICS[metric] ? label : label.charAt(0).toUpperCase() + label.slice(1);
}

/** `p95 of GET /api/search`, `p95 in plateau 1` */
export function metricName({
  metric,
  request,
  plateau,
}: Pick<MetricComparison, 'metric' | 'request' | 'plateau'>): string {
  if (plateau !== undefined) return `${metricLabel(metric)} in ${plateau}`;
  return request === null ? metricLabel(metric) : `${metricLabel(metric)} of ${request}`;
}

/** `612 ms`, `1.2 %`, `41.1/s`, `1,234` */
export function unitValue(unit: Unit, value: number): string {
  return WRITE[unit](value);
}

/** The same of a metric, which may be unknown. */
export function metricValue(metric: MetricKey, value: number | null): string {
  return value === null ? UNKNOWN : unitValue(METRICS[metric].unit, value);
}

/** In the unit of the metric: `+41 ms`; of a share in percentage points: `+1.2 pp`. */
export function metricDifference(metric: MetricKey, difference: number | null): string {
  if (difference === null) return UNKNOWN;
  if (isShare(metric)) return signed(difference, (size) => `${number(size * 100)} pp`);
  return signed(difference, (size) => metricValue(metric, size));
}

/** `+27.5 %`; of a share, whose baseline is often 0, the difference: `+1.2 pp`. */
export function metricChange(
  metric: MetricKey,
  { change, difference }: Pick<MetricComparison, 'change' | 'difference'>,
): string {
  if (isShare(metric) || change === null) return metricDifference(metric, difference);
  return signed(change, percent);
}

/** The usual range, `140 ms to 180 ms`. */
export function metricBand(metric: MetricKey, low: number | null, high: number | null): string {
  if (low === null || high === null) return UNKNOWN;
  // A band may reach beyond what there can be.
  const { highest } = UNITS[METRICS[metric].unit];
  return `${metricValue(metric, Math.max(0, low))} to ${metricValue(metric, Math.min(highest, high))}`;
}

function isShare(metric: MetricKey): boolean {
  return METRICS[metric].unit === 'share';
}
