/** Percentiles of histograms: the one place where a histogram becomes a percentile (in Go k6/output/histogram.go does it). */
import { GAMMA, type Histogram } from '../contract/histogram.ts';
import { HISTOGRAM } from '../contract/live-schema.ts';
import { sum } from './statistics.ts';

const { relative_accuracy, negative_prefix, zero_field } = HISTOGRAM;

/** The value that stands for a bucket: within `relative_accuracy` of every value in it. */
function bucketValue(bucket: string): number {
  if (bucket === zero_field) return 0;
  const magnitude = GAMMA ** Number(bucket.slice(1)) * (1 + relative_accuracy);
  return bucket.startsWith(negative_prefix) ? -magnitude : magnitude;
}

/** Buckets with samples above 0, by ascending value. */
export function positiveBuckets({ counts }: Histogram): { index: number; value: number; count: number }[] {
  return Object.entries(counts)
    .filter(([bucket, count]) => count > 0 && bucket.startsWith(HISTOGRAM.positive_prefix))
    .map(([bucket, count]) => ({ index: Number(bucket.slice(1)), value: bucketValue(bucket), count }))
    .sort((a, b) => a.index - b.index);
}

export function sampleCount(histogram: Histogram | null): number {
  return Object.values(histogram?.counts ?? {}).reduce((sum, count) => sum + count, 0);
}

/**
 * Percentile as k6 defines it: linear between the values of the neighbouring ranks p·(n−1), each known to 1 %, and never
 * beyond the exact extremes.
 * @param share 0 to 1; @returns null for an empty histogram; the unit is that of the metric.
 */
export function percentile(histogram: Histogram | null, share: number): number | null {
  return percentiles(histogram, [share])?.[0] ?? null;
}

/** Several percentiles of one histogram, in the order of `shares`. */
export function percentiles(
  histogram: Histogram | null,
  shares: readonly [number, ...number[]],
): [number, ...number[]] | null {
  const total = sampleCount(histogram);
  if (histogram === null || total === 0) return null;
  const buckets = Object.entries(histogram.counts)
    .filter(([, count]) => count > 0)
    .map(([bucket, count]) => ({ value: bucketValue(bucket), count }))
    .sort((a, b) => a.value - b.value);
  return shares.map((share) => {
    const rank = share * (total - 1);
    const lower = atRank(buckets, Math.floor(rank));
    const upper = atRank(buckets, Math.ceil(rank));
    const value = lower + (upper - lower) * (rank - Math.floor(rank));
    return Math.min(Math.max(value, histogram.min), histogram.max);
  }) as [number, ...number[]];
}

function atRank(buckets: readonly { value: number; count: number }[], rank: number): number {
  let left = rank;
  for (const { value, count } of buckets) {
    if (left < count) return value;
    left -= count;
  }
  return buckets.at(-1)?.value ?? 0;
}

/** Share of the samples above a value, 0 to 1: those of a bucket count by the value that stands for it. 0 without samples. */
export function shareAbove(histogram: Histogram, limit: number): number {
  const total = sampleCount(histogram);
  const above = Object.entries(histogram.counts).filter(([bucket]) => bucketValue(bucket) > limit);
  return total === 0 ? 0 : above.reduce((sum, [, count]) => sum + count, 0) / total;
}

/** @returns null for an empty histogram; otherwise within `relative_accuracy` of the mean of its samples */
export function mean(histogram: Histogram | null): number | null {
  const total = sampleCount(histogram);
  if (histogram === null || total === 0) return null;
  return (
    Object.entries(histogram.counts).reduce((sum, [bucket, count]) => sum + bucketValue(bucket) * count, 0) / total
  );
}

/**
 * The geometric mean of the samples above 0: the typical value where values differ by factors, as latencies do. A tail
 * counts, and no single sample counts much.
 * @returns null without such a sample
 */
export function geometricMean(histogram: Histogram | null): number | null {
  const buckets = histogram ? positiveBuckets(histogram) : [];
  const total = sum(buckets.map(({ count }) => count));
  return total === 0 ? null : Math.exp(sum(buckets.map(({ value, count }) => Math.log(value) * count)) / total);
}

/** All samples of several histograms. @returns null without one */
export function mergeHistograms(histograms: readonly (Histogram | null)[]): Histogram | null {
  const known = histograms.filter((it): it is Histogram => it !== null);
  if (known.length === 0) return null;
  const counts: Record<string, number> = {};
  for (const [bucket, count] of known.flatMap((it) => Object.entries(it.counts))) {
    counts[bucket] = (counts[bucket] ?? 0) + count;
  }
  return { counts, min: Math.min(...known.map((it) => it.min)), max: Math.max(...known.map((it) => it.max)) };
}

/** Half of the range that holds a normal value in 68 % of cases: ±1 standard deviation. */
const ONE_DEVIATION = 1;

/**
 * Standard error of a percentile that the number of samples alone gives it: half the distance between the values whose
 * ranks lie one binomial deviation √(n·p·(1−p)) below and above its own (David & Nagaraja, Order Statistics, 7.1). Needs no
 * assumption on the distribution, but that samples are independent.
 * @param share 0 to 1; @returns null for an empty histogram
 */
export function percentileError(histogram: Histogram, share: number): number | null {
  const total = sampleCount(histogram);
  if (total === 0) return null;
  const shift = (ONE_DEVIATION * Math.sqrt(total * share * (1 - share))) / total;
  const [low, high = 0] = percentiles(histogram, [Math.max(0, share - shift), Math.min(1, share + shift)]) ?? [0];
  return (high - low) / 2;
}
