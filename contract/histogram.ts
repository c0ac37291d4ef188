/**
 * Histograms as the k6 output stores them: counts by bucket, with the exact smallest and largest value beside them. Bucket i
 * holds values in [γ^i, γ^(i+1)), γ = (1+α)/(1−α) (Masson, Rim, Lee: DDSketch, VLDB 2019), as DataDog's sketches-go maps them.
 */
import { HISTOGRAM } from './live-schema.ts';

export interface Histogram {
  /** Bucket field (`b<i>` positive, `n<i>` negative, `z` zero) → samples. */
  readonly counts: Readonly<Record<string, number>>;
  /** Exact, in the unit of the metric. A percentile lies between them, however wide its bucket is. */
  readonly min: number;
  readonly max: number;
}

const { relative_accuracy, positive_prefix, negative_prefix, zero_field } = HISTOGRAM;

export const GAMMA = (1 + relative_accuracy) / (1 - relative_accuracy);

/** Names of the fields that are buckets. */
export const BUCKET_FIELD = new RegExp(`^(${zero_field}|[${positive_prefix}${negative_prefix}]-?[0-9]+)$`);

/**
 * The histogram of a point, or of points that InfluxDB merged.
 * @param fields name and value, in any order; names that are neither a bucket nor an extreme are left out
 * @returns null without a sample
 */
export function histogramOf(fields: Iterable<readonly [name: string, value: number]>): Histogram | null {
  const counts: Record<string, number> = {};
  let min: number | null = null;
  let max: number | null = null;
  for (const [name, value] of fields) {
    if (name === HISTOGRAM.min_field) min = value;
    else if (name === HISTOGRAM.max_field) max = value;
    else if (BUCKET_FIELD.test(name)) counts[name] = value;
  }
  const names = Object.keys(counts).filter((name) => counts[name] !== 0);
  if (names.length === 0) return null;
  // Without the exact extremes, as of a generator that was killed, the bounds of the outer buckets are known.
  return {
    counts,
    min: min ?? Math.min(...names.map((name) => bucketBounds(name).low)),
    max: max ?? Math.max(...names.map((name) => bucketBounds(name).high)),
  };
}

/** What a bucket holds lies between these. */
function bucketBounds(name: string): { readonly low: number; readonly high: number } {
  if (name === zero_field) return { low: 0, high: 0 };
  const index = Number(name.slice(1));
  const [inner, outer] = [GAMMA ** index, GAMMA ** (index + 1)];
  return name.startsWith(negative_prefix) ? { low: -outer, high: -inner } : { low: inner, high: outer };
}
