/** Several generators of a run as one: what k6 would say at its end, had it been a single process. */

import type { MetricTotals } from '../../analysis/completeness.ts';
import { percentile } from '../../analysis/histogram.ts';
import { builtInType, type MetricType } from '../../contract/k6-metrics.ts';
import type { K6Metric, K6Summary, K6Trend } from '../../contract/k6-summary.ts';
import { joinLoads, ratePerSecond, reportedLoad } from '../../contract/load-span.ts';
import { mergeFailures } from '../../contract/merge-failures.ts';
import { METRICS, PERCENTILE_METRICS } from '../../contract/metrics.ts';
import type { GeneratorReport, OutputReport } from '../../contract/output-report.ts';
import { mergeRefusedHosts } from '../../contract/refused-hosts.ts';
import type { GeneratorDelay } from '../../contract/results.ts';
import { mergeMachines } from '../../history/machine.ts';
import type { GeneratorEnd, SentTotals } from '../../influxdb/generators.ts';
import type { MergedFigures, MergedMetric } from '../../influxdb/merged-run.ts';

const USERS = 'vus';

/**
 * k6's end-of-test data of all generators together. Sums and extremes are exact, percentiles within 1 %.
 * @param types of the metrics, as the generators that have ended say; others are told by their fields
 * @param duration_ms of the load (contract/load-span.ts)
 */
export function mergedSummary(
  { metrics, requests, users }: MergedFigures,
  types: ReadonlyMap<string, MetricType>,
  duration_ms: number,
): K6Summary {
  const all = [...metrics, ...requests].map(([key, merged]) => {
    const metric = key.split('{')[0] as string;
    const type = types.get(metric) ?? metricType(metric, merged);
    return [key, toK6Metric(type, merged, duration_ms)] as const;
  });
  const summary = { metrics: Object.fromEntries(all), state: { testRunDurationMs: duration_ms } };
  // The one gauge that adds up: each generator has users of its own.
  if (metrics.has(USERS)) summary.metrics[USERS] = { type: 'gauge', values: { value: users, min: users, max: users } };
  return summary;
}

/** Of generators of which none has said it. */
function metricType(metric: string, { histogram, has_extremes }: MergedMetric): MetricType {
  const known = builtInType(metric);
  if (known) return known;
  if (histogram) return 'trend';
  return has_extremes ? 'gauge' : 'counter';
}

function toK6Metric(type: MetricType, merged: MergedMetric, duration_ms: number): K6Metric {
  const { count, value, min, max } = merged;
  switch (type) {
    case 'counter': {
      return { type, values: { count: value, rate: ratePerSecond(value, duration_ms) } };
    }
    case 'gauge':
      return { type, values: { value: max, min, max } };
    case 'rate':
      return { type, values: { rate: count > 0 ? value / count : 0, passes: value, fails: count - value } };
    case 'trend':
      return { type, values: trendValues(merged) };
  }
}

function trendValues({ count, sum, min, max, histogram }: MergedMetric): K6Trend['values'] {
  const at = (share: number) => percentile(histogram, share) ?? 0;
  return {
    count,
    avg: count > 0 ? sum / count : 0,
    min,
    max,
    ...Object.fromEntries(PERCENTILE_METRICS.map((key) => [METRICS[key].k6.statistic, at(METRICS[key].percentile)])),
  } as K6Trend['values'];
}

/** What generators sent of a metric each, together. */
export function mergeTotals(all: readonly ReadonlyMap<string, MetricTotals>[]): Map<string, MetricTotals> {
  const merged = new Map<string, MetricTotals>();
  for (const totals of all) {
    for (const [metric, one] of totals) {
      const before = merged.get(metric);
      merged.set(metric, before ? addTotals(before, one) : one);
    }
  }
  return merged;
}

function addTotals(a: MetricTotals, b: MetricTotals): MetricTotals {
  return {
    type: a.type,
    sum: a.sum + b.sum,
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

/** By the generators' own count. What is no number was received, and is no part of any total. */
export function sentTotals(sent: ReadonlyMap<string, SentTotals>): Map<string, MetricTotals> {
  const storable = [...sent].filter(([, { received, dropped }]) => received > dropped);
  return new Map(
    storable.map(([metric, { type, received, sum, min, max }]) => [metric, { type, count: received, sum, min, max }]),
  );
}

/** null where none came to its end. */
export function mergeReports(ends: readonly Pick<GeneratorEnd, 'report'>[]): OutputReport | null {
  const reports = ends.map(({ report }) => report);
  if (reports.length === 0) return null;
  const sum = (of: (report: OutputReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const no_answer_s = Math.max(...reports.map((report) => report.no_answer_s ?? 0));
  const refused_hosts = mergeRefusedHosts(reports.flatMap((report) => report.refused_hosts ?? []));
  const load = joinLoads(reports.flatMap((report) => reportedLoad(report) ?? []));
  const refused = reports.find(({ refusal }) => refusal);
  return {
    samples: addCounts(reports.map(({ samples }) => samples)),
    dropped: addCounts(reports.map(({ dropped }) => dropped)),
    points: sum(({ points }) => points),
    bytes: sum(({ bytes }) => bytes),
    sent_bytes: sum(({ sent_bytes }) => sent_bytes),
    series: sum(({ series }) => series),
    spooled_batches: sum(({ spooled_batches }) => spooled_batches),
    rejected_batches: sum(({ rejected_batches }) => rejected_batches),
    lost_points: sum(({ lost_points }) => lost_points),
    ...(load ? { load: { from: load.from.toISOString(), to: load.to.toISOString() } } : {}),
    ...(refused?.refusal ? { refusal: refused.refusal } : {}),
    ...(no_answer_s > 0 ? { no_answer_s } : {}),
    ...(refused_hosts.length > 0 ? { refused_hosts } : {}),
    failures: mergeFailures(reports.flatMap(({ failures }) => failures ?? [])),
    overflow: reports.find(({ overflow }) => overflow !== null)?.overflow ?? null,
    generator: mergeGenerators(reports),
    machine: mergeMachines(reports.map(({ machine }) => machine)),
  };
}

function addCounts(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of counts) for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  return total;
}

/** Of the busiest machine; delays count by the samples of their generator, because those are what they move. */
function mergeGenerators(reports: readonly OutputReport[]): GeneratorReport {
  const most = (of: (report: GeneratorReport) => number) => Math.max(...reports.map(({ generator }) => of(generator)));
  const delayed = mergeDelays(reports);
  return {
    seconds: most(({ seconds }) => seconds),
    peak_machine_cpu: most(({ peak_machine_cpu }) => peak_machine_cpu),
    peak_resident_bytes: most(({ peak_resident_bytes }) => peak_resident_bytes),
    ...(delayed ? { delayed } : {}),
  };
}

/** undefined where one of them does not say. */
function mergeDelays(reports: readonly OutputReport[]): GeneratorDelay | undefined {
  const weights = reports.map(({ samples }) => Object.values(samples).reduce((sum, count) => sum + count, 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const merged: GeneratorDelay = {};
  for (const [index, { generator }] of reports.entries()) {
    if (!generator.delayed) return undefined;
    for (const [bound, share] of Object.entries(generator.delayed)) {
      merged[bound] = (merged[bound] ?? 0) + (share * (weights[index] ?? 0)) / Math.max(1, total);
    }
  }
  return merged;
}
