/** Rules that others publish, for comparison. */
import { median } from '../analysis/statistics.ts';

const mad = (values: readonly number[]) => {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
};

/** Above the median of the last 20 by 5 median absolute deviations and 2 %. */
export function medianAndDeviations(history: readonly number[], run: number): boolean {
  const recent = history.slice(-20);
  const base = median(recent);
  return run > base + 5 * mad(recent) && run > base * 1.02;
}

/** Three in a row above the median of the 20 before by 3 median absolute deviations. */
export function threeInARow(history: readonly number[], run: number): boolean {
  const newest = [...history.slice(-2), run];
  const recent = history.slice(-22, -2);
  if (recent.length < 3) return false;
  const limit = median(recent) + 3 * mad(recent);
  return newest.every((value) => value > limit && value > median(recent) * 1.02);
}

interface Summed {
  readonly mean: number;
  readonly variance: number;
  readonly n: number;
}

function weighted(values: readonly number[], weight: (place: number, n: number) => number): Summed {
  const n = values.length;
  const weights = values.map((_, place) => weight(place, n));
  const total = weights.reduce((sum, it) => sum + it, 0);
  const mean = values.reduce((sum, value, place) => sum + value * (weights[place] as number), 0) / total;
  const variance =
    n > 1
      ? (values.reduce((sum, value, place) => sum + (weights[place] as number) * (value - mean) ** 2, 0) / total) *
        (n / (n - 1))
      : 0;
  return { mean, variance, n };
}

const FORE = 12;
const BACK_LEAST = 12;
const BACK_MOST = 24;
const T_LIMIT = 7;

/**
 * Mozilla's alerting (treeherder, perfherder_analysis): a t-test of the 12 runs from here on against up to 24 before,
 * nearer ones weighing more, the largest of neighbouring t above 7, and a change of 2 % at least.
 */
export function mozilla(values: readonly number[]): number[] {
  const t = values.map((_, index) => {
    const back = values.slice(Math.max(0, index - BACK_MOST), index);
    const fore = values.slice(index, index + FORE);
    if (back.length < BACK_LEAST || fore.length < FORE) return 0;
    const before = weighted([...back].reverse(), (place, n) => (n - place) / n);
    const after = weighted(fore, (place, n) => (n - place) / n);
    if (before.mean === after.mean) return 0;
    const error = Math.sqrt(before.variance / before.n + after.variance / after.n);
    return error === 0 ? Number.POSITIVE_INFINITY : Math.abs(after.mean - before.mean) / error;
  });
  const found: number[] = [];
  values.forEach((_, index) => {
    const here = t[index] as number;
    if (here <= T_LIMIT) return;
    if ((t[index - 1] ?? 0) > here || (t[index + 1] ?? 0) >= here) return;
    const before = weighted(values.slice(Math.max(0, index - BACK_LEAST), index), () => 1).mean;
    const after = weighted(values.slice(index, index + FORE), () => 1).mean;
    if (Math.abs(after - before) >= 0.02 * Math.abs(before)) found.push(index);
  });
  return found;
}
