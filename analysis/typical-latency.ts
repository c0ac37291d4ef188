/**
 * The typical latency: one figure of the whole distribution, to compare runs by. A percentile jumps where it lies between
 * two modes (a cache hit or not), and the 95th of 200 requests rests on ten of them; this figure does neither
 * (docs/decisions/0090-typical-latency.md has the measurements).
 *
 * The quantiles of a run, 5 % to 95 %, are divided by those of the runs that it is compared with. The median of these ratios
 * says how much slower the run is. Each quantile counts as much as the time that its requests take: what nobody waits for
 * does not outvote the slow requests. The figure in ms is that ratio times the latency in the middle of that time.
 */
import type { Histogram } from '../contract/histogram.ts';
import { mergeHistograms, percentile, percentileError, percentiles } from './histogram.ts';
import { median, weightedMedian } from './statistics.ts';

const QUANTILES = 19;
const SHARES = Array.from({ length: QUANTILES }, (_, place) => (place + 1) / (QUANTILES + 1)) as [number, ...number[]];
/** Quantiles whose errors stand for those of all. One of them may lie between two modes: then its own is large. */
const QUARTERS = [0.25, 0.5, 0.75] as const;

/** The latencies that runs are compared with. */
export interface LatencyReference {
  /** At {@link SHARES} (ms). */
  readonly quantiles_ms: readonly number[];
  /** Half of the time is spent in requests that take longer (ms). */
  readonly typical_ms: number;
}

/** @param histograms of the runs that others are compared with; @returns null without a request that took any time */
export function latencyReference(histograms: readonly Histogram[]): LatencyReference | null {
  const quantiles_ms = percentiles(mergeHistograms(histograms), SHARES);
  const typical_ms = quantiles_ms ? weightedMedian(quantiles_ms, quantiles_ms) : 0;
  return quantiles_ms && typical_ms > 0 ? { quantiles_ms, typical_ms } : null;
}

/** @returns ms; null for an empty histogram */
export function typicalLatency(reference: LatencyReference, histogram: Histogram | null): number | null {
  const own = percentiles(histogram, SHARES);
  if (!own) return null;
  const known = reference.quantiles_ms;
  const ratios = own.map((value, place) => value / Math.max(known[place] ?? 0, Number.MIN_VALUE));
  return reference.typical_ms * weightedMedian(ratios, known);
}

/** Standard error of {@link typicalLatency} that the number of requests alone gives it, about (ms). */
export function typicalLatencyError(reference: LatencyReference, histogram: Histogram): number {
  const errors = QUARTERS.map((share) => {
    const value = percentile(histogram, share) ?? 0;
    return value > 0 ? (percentileError(histogram, share) ?? 0) / value : 0;
  });
  return reference.typical_ms * median(errors);
}
