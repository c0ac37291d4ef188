import { expect, it } from 'vitest';
import { isAbove, rareRankSum, shiftOf } from './signed-rank.ts';

// Tables of the signed-rank test, one-sided (Hollander, Wolfe & Chicken, table A.4).
it.each([
  [5, 0.05, 0],
  [10, 0.05, 10],
  [10, 0.01, 5],
  [20, 0.05, 60],
  [20, 0.005, 37],
  [4, 0.05, -1],
])('%d pairs: with a chance of %d at most %d', (n, chance, sum) => {
  expect(rareRankSum(n, chance)).toBe(sum);
});

it('is close to the exact distribution where it does not count any more', () => {
  expect(rareRankSum(101, 0.001) / rareRankSum(100, 0.001)).toBeCloseTo(1.025, 1);
});

it('finds the shift of Darwin’s plants, and its interval', () => {
  // Differences of height of Zea mays in eighths of an inch (Darwin 1876): 15 pairs leave out 25 of 120 averages.
  const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
  const { estimate, low, high } = shiftOf(darwin, 0.025);
  expect(estimate).toBeCloseTo(25);
  expect([low, high]).toEqual([4, 41.5]);
});

it('leaves out differences of 0', () => {
  expect(isAbove([0, 0, 0, 0], 0.05)).toBe(false);
  expect(isAbove([1, 2, 3, 4], 0.05)).toBe(false);
  expect(isAbove([0, 1, 2, 3, 4, 5], 0.05)).toBe(true);
  expect(isAbove([0, -1, -2, -3, -4, -5], 0.05)).toBe(false);
});
