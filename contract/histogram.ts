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
 * @returns null without a bucket
 */
export function histogramOf(fields: Iterable<readonly [name: string, value: number]>): Histogram | null {
  const counts: Record<string, number> = {};
  let min = Number.NEGATIVE_INFINITY;
  let max = Number.POSITIVE_INFINITY;
  for (const [name, value] of fields) {
    if (name === HISTOGRAM.min_field) min = value;
    else if (name === HISTOGRAM.max_field) max = value;
    else if (BUCKET_FIELD.test(name)) counts[name] = value;
  }
  return Object.keys(counts).length > 0 ? { counts, min, max } : null;
}
