/** Robust statistics of plain arrays. */

/** @throws RangeError for an empty array */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('expected values to take the median of, found none');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

/** Makes the median absolute deviation of normally distributed values their standard deviation: 1/Φ⁻¹(3/4). */
export const MAD_TO_SIGMA = 1.4826;

/** The spread of values, in their unit, whatever a few outliers do. */
export function medianDeviation(values: readonly number[]): number {
  const middle = median(values);
  return MAD_TO_SIGMA * median(values.map((value) => Math.abs(value - middle)));
}
