/** Robust statistics of plain arrays. */

export type Numbers = readonly number[];

export function sum(values: Numbers): number {
  return values.reduce((total, value) => total + value, 0);
}

/** @throws RangeError for an empty array */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/**
 * Linear between the neighbouring ranks p·(n−1), as k6 and numpy do it.
 * @param share 0 to 1; @throws RangeError for an empty array
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) throw new RangeError('expected values to take a quantile of, found none');
  return sortedQuantile(new Float64Array(values).sort(), share);
}

/** {@link quantile} of what is sorted already. */
export function sortedQuantile(sorted: ArrayLike<number>, share: number): number {
  const rank = share * (sorted.length - 1);
  const below = Math.floor(rank);
  const lower = sorted[below] as number;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return lower + (upper - lower) * (rank - below);
}

/** Makes the median absolute deviation of normally distributed values their standard deviation: 1/Φ⁻¹(3/4). */
export const MAD_TO_SIGMA = 1.4826;

/** The spread of values, in their unit, whatever a few outliers do, and to whatever they are rounded. */
export function medianDeviation(values: Numbers): number {
  const middle = median(values);
  const deviations = values.map((value) => Math.abs(value - middle));
  // Where most values are equal the plain median is 0, whatever the step of the others.
  return MAD_TO_SIGMA * Math.min(median(deviations), roundedMedian(deviations, smallestStep(values)));
}

/** Two values that differ by less are equal: the last digits of floats. */
const FLOAT_NOISE = 1e-9;

/** The smallest difference between two values: where they are rounded, what they are rounded to. 0 where all are equal. */
export function smallestStep(values: Numbers): number {
  const sorted = new Float64Array(values).sort();
  const scale = Math.max(Math.abs(sorted[0] as number), Math.abs(sorted[sorted.length - 1] as number));
  let least = Number.POSITIVE_INFINITY;
  for (let place = 1; place < sorted.length; place += 1) {
    const step = (sorted[place] as number) - (sorted[place - 1] as number);
    if (step > scale * FLOAT_NOISE && step < least) least = step;
  }
  return Number.isFinite(least) ? least : 0;
}

/**
 * Median of values that were rounded to multiples of `step`: equal ones are taken to lie evenly within half a step to
 * either side (the median of grouped data). With a step of 0 the plain median.
 * @param values not below 0: a value of 0 stands for 0 to half a step; at least one
 */
export function roundedMedian(values: Numbers, step: number): number {
  const middle = median(values);
  if (step === 0) return middle;
  const low = Math.max(0, middle - step / 2);
  const high = middle + step / 2;
  const below = values.filter((value) => value < low).length;
  const within = values.filter((value) => value >= low && value < high).length;
  return within === 0 ? middle : low + ((values.length / 2 - below) / within) * (high - low);
}

/**
 * How often a value of `after` lies above one of `before`: 0.5 where both are alike, 1 where they do not overlap (Mann &
 * Whitney 1947; the "probability of superiority"). Needs no assumption on their distribution. Equal pairs say nothing and
 * are left out, or rounding would hide a shift.
 */
export function superiority(before: Numbers, after: Numbers): number {
  let wins = 0;
  let losses = 0;
  for (const high of after) {
    for (const low of before) {
      if (high > low) wins += 1;
      else if (high < low) losses += 1;
    }
  }
  return wins + losses === 0 ? 0.5 : wins / (wins + losses);
}

/** Value that a standard normal one stays below with chance `p` (Acklam's rational approximation, error below 1.2e-9). */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  const edge = 0.02425;
  if (p > 1 - edge) return -normalQuantile(1 - p);
  const horner = (x: number, factors: readonly number[]) => factors.reduce((sum, factor) => sum * x + factor, 0);
  if (p < edge) {
    const q = Math.sqrt(-2 * Math.log(p));
    return horner(q, TAIL_ABOVE) / (horner(q, TAIL_BELOW) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (horner(r, BODY_ABOVE) * q) / (horner(r, BODY_BELOW) * r + 1);
}

const BODY_ABOVE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const BODY_BELOW = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const TAIL_ABOVE = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

/**
 * The value in the middle of the weight: as much weight lies below it as above.
 * @param weights of the values, in their order, none below 0; @throws RangeError for an empty array
 */
export function weightedMedian(values: Numbers, weights: Numbers): number {
  const sorted = values
    .map((value, place) => ({ value, weight: weights[place] ?? 0 }))
    .sort((a, b) => a.value - b.value);
  const half = sum(sorted.map(({ weight }) => weight)) / 2;
  let below = 0;
  for (const { value, weight } of sorted) {
    below += weight;
    if (below >= half) return value;
  }
  throw new RangeError('expected values to take a median of, found none');
}
