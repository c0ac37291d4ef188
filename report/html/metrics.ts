/** How a metric of a run's record is named and written, and which way is worse. The suffix of its name says its unit. */
import { ms, number, percent, signed } from '../../contract/format.ts';

const LABEL: Readonly<Record<string, string>> = {
  p50_ms: 'p50',
  p90_ms: 'p90',
  p95_ms: 'p95',
  p99_ms: 'p99',
  max_ms: 'maximum',
  throughput_rps: 'throughput',
  error_rate: 'error rate',
  checks_rate: 'checks',
};

export function metricLabel(metric: string): string {
  return LABEL[metric] ?? metric.replaceAll('_', ' ');
}

export function metricValue(metric: string, value: number): string {
  if (metric.endsWith('_ms')) return ms(value);
  if (metric.endsWith('_rate')) return percent(value);
  if (metric.endsWith('throughput_rps')) return `${number(value)}/s`;
  return number(value);
}

/** The difference in the metric's unit; of rates in percentage points. */
export function metricDifference(metric: string, difference: number): string {
  if (metric.endsWith('_rate')) return signed(difference, (size) => `${number(size * 100)} pp`);
  return signed(difference, (size) => metricValue(metric, size));
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
/** From here on a tenth of a percent says nothing. */
const WHOLE_FROM = 10;

function roundPercent(share: number): string {
  const hundredfold = share * 100;
  return `${(hundredfold >= WHOLE_FROM ? whole : tenths).format(hundredfold)} %`;
}

/** @param change a fraction; null where there is nothing to divide by */
export function metricChange(change: number | null): string {
  return change === null ? '–' : signed(change, roundPercent);
}

/** A value that may be unknown. */
export function maybe(value: number | null, write: (value: number) => string): string {
  return value === null ? '–' : write(value);
}

/** The noise band, `65 ms to 78 ms`. */
export function metricBand(metric: string, low: number | null, high: number | null): string {
  return low === null || high === null ? '–' : `${metricValue(metric, low)} to ${metricValue(metric, high)}`;
}

/** Whether more of it is worse. */
export function moreIsWorse(metric: string): boolean {
  return !metric.endsWith('throughput_rps') && metric !== 'checks_rate';
}

/** value / baseline − 1; null where there is nothing to divide by. */
export function relativeChange(baseline: number, value: number): number | null {
  return baseline === 0 ? null : value / baseline - 1;
}
