/** A comparison in words: what terminal and Markdown have in common. */

import { ms, number, percent } from './format.ts';
import type { ComparedMetric, Comparison, MetricComparison } from './results.ts';
import type { ComparisonVerdict } from './runs.ts';

const LABEL: Readonly<Record<ComparedMetric, string>> = {
  p50_ms: 'p50',
  p95_ms: 'p95',
  p99_ms: 'p99',
  error_rate: 'error rate',
  throughput_rps: 'throughput',
  checks_rate: 'checks',
};

/** `p95 of GET /api/search` */
export function metricName({ metric, request }: Pick<MetricComparison, 'metric' | 'request'>): string {
  return request === null ? LABEL[metric] : `${LABEL[metric]} of ${request}`;
}

export function metricValue(metric: ComparedMetric, value: number | null): string {
  if (value === null) return '–';
  switch (metric) {
    case 'error_rate':
    case 'checks_rate':
      return percent(value);
    case 'throughput_rps':
      return `${number(value)}/s`;
    default:
      return ms(value);
  }
}

/** `+28 % (+41 ms)`; of a rate, whose baseline is often 0, in points: `+1.2 points`. */
export function metricChange({ metric, change, difference }: MetricComparison): string {
  if (difference === null) return '–';
  if (isRate(metric)) return signed(difference, (it) => `${number(it * 100)} points`);
  const absolute = signed(difference, (it) => metricValue(metric, it));
  return change === null ? absolute : `${signed(change, percent)} (${absolute})`;
}

/** `140 ms to 180 ms`: what is usual. */
export function metricBand({ metric, low, high }: MetricComparison): string {
  if (low === null || high === null) return '–';
  // A band may reach below what there can be.
  return `${metricValue(metric, Math.max(0, low))} to ${metricValue(metric, isRate(metric) ? Math.min(1, high) : high)}`;
}

/** How sure, as a percentage that never reads as certain. */
export function metricConfidence({ confidence }: MetricComparison): string {
  if (confidence === null) return '–';
  return confidence > SURE ? `> ${percent(SURE)}` : percent(confidence);
}

const SURE = 0.999;
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

function isRate(metric: ComparedMetric): boolean {
  return metric === 'error_rate' || metric === 'checks_rate';
}

/** A true minus sign: a hyphen beside a figure reads as a dash. */
function signed(value: number, format: (magnitude: number) => string): string {
  const text = format(Math.abs(value));
  if (text === format(0)) return `±${text}`;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** A row of a table: metric, baseline, value, change, band, how sure, verdict. */
export function comparisonCells(row: MetricComparison): string[] {
  return [
    metricName(row),
    metricValue(row.metric, row.baseline),
    metricValue(row.metric, row.value),
    metricChange(row),
    metricBand(row),
    metricConfidence(row),
    row.verdict,
  ];
}
