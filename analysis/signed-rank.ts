/**
 * Paired differences by their ranks (Wilcoxon 1945): exact whatever the noise is like, as long as a difference is as
 * likely to be positive as negative where there is nothing to find. One outlier counts as one rank.
 */
import { type Numbers, normalQuantile, sortedQuantile } from './statistics.ts';

/** Up to so many pairs the distribution is counted; beyond, the normal one is closer than a rank, and wider. */
const MOST_EXACT = 100;

/**
 * The largest sum of positive ranks that n pairs stay at or below with at most this chance, if there is nothing to find.
 * @returns −1 if no sum is as rare
 */
export function rareRankSum(n: number, chance: number): number {
  if (n > MOST_EXACT) {
    const mean = (n * (n + 1)) / 4;
    const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.floor(mean + normalQuantile(chance) * deviation - 0.5);
  }
  const chances = rankSums(n);
  let sum = 0;
  for (let rank_sum = 0; rank_sum < chances.length; rank_sum += 1) {
    sum += chances[rank_sum] as number;
    if (sum > chance) return rank_sum - 1;
  }
  return chances.length - 1;
}

const counted = new Map<number, Float64Array>();

/** The chance of each sum of positive ranks: every rank is positive in half of the cases. */
function rankSums(n: number): Float64Array {
  const known = counted.get(n);
  if (known) return known;
  const chances = new Float64Array((n * (n + 1)) / 2 + 1);
  chances[0] = 1;
  for (let rank = 1; rank <= n; rank += 1) {
    for (let sum = (rank * (rank + 1)) / 2; sum >= 0; sum -= 1) {
      chances[sum] = ((chances[sum] as number) + (sum >= rank ? (chances[sum - rank] as number) : 0)) / 2;
    }
  }
  counted.set(n, chances);
  return chances;
}

/** The middle of paired differences, and what it may be: null where the pairs are too few for that. */
export interface Shift {
  readonly estimate: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The shift by which the differences are around 0, with the interval that the signed-rank test leaves (Hodges & Lehmann
 * 1963; Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3.2 and 3.3).
 * @param chance that the shift is below `low`, and as much that it is above `high`
 */
export function shiftOf(differences: Numbers, chance: number): Shift {
  const n = differences.length;
  const averages = new Float64Array((n * (n + 1)) / 2);
  let place = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = i; j < n; j += 1) {
      averages[place] = ((differences[i] as number) + (differences[j] as number)) / 2;
      place += 1;
    }
  }
  averages.sort();
  const left_out = rareRankSum(n, chance) + 1;
  const is_known = left_out > 0;
  return {
    estimate: sortedQuantile(averages, 0.5),
    low: is_known ? (averages[left_out - 1] as number) : null,
    high: is_known ? (averages[averages.length - left_out] as number) : null,
  };
}

/** Whether differences are above 0 more than chance allows. Those of 0 say nothing (Wilcoxon). */
export function isAbove(differences: Numbers, chance: number): boolean {
  const telling = differences.filter((it) => it !== 0);
  const { low } = telling.length === 0 ? { low: null } : shiftOf(telling, chance);
  return low !== null && low > 0;
}
