import { describe, expect, it } from 'vitest';
import { normal, seededRandom } from '../demo/state/random.ts';
import { findWarmUp } from './warm-up.ts';

const LATENCY_MS = 100;

/** Mean latencies of windows whose first ones are slower, with the noise of real ones, and a slow second here and there. */
function plateau(length: number, seed: number, { excess = 0, half_s = 2, slow_share = 0.02 } = {}): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, (_, second) => {
    const cold = 1 + excess * 0.5 ** (second / half_s);
    return LATENCY_MS * cold * Math.exp(0.05 * normal(random)) * (random() < slow_share ? 3 : 1);
  });
}

const seeds = Array.from({ length: 100 }, (_, seed) => seed + 1);
const cuts = (length: number, start = {}) => seeds.map((seed) => findWarmUp(plateau(length, seed, start)));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a plateau without a warm-up', () => {
  it.each([18, 60, 300])('of %d windows keeps nearly all of them', (length) => {
    expect(mean(cuts(length)) / length).toBeLessThan(0.02);
  });

  it('that drifts from its start to its end keeps all of them: no part of it is steadier', () => {
    expect(findWarmUp(Array.from({ length: 60 }, (_, second) => 100 + second))).toBe(0);
  });

  it('of too few windows, or of too few with a request, keeps them: nothing can be told from noise', () => {
    expect(findWarmUp([900, 500, 100, 100, 100])).toBe(0);
    expect(findWarmUp([900, ...Array.from({ length: 30 }, (_, second) => (second % 3 ? null : 100))])).toBe(0);
  });

  it('that is alike throughout keeps all of them', () => {
    expect(findWarmUp(Array.from({ length: 60 }, () => 100))).toBe(0);
  });
});

describe('a plateau that begins cold', () => {
  it.each([30, 60, 300])('of %d windows loses its first seconds', (length) => {
    const found = cuts(length, { excess: 4 });
    expect(found.filter((cut) => cut > 0).length).toBeGreaterThanOrEqual(90);
    // After 12 s the excess of 400 % is below 7 %.
    expect(mean(found)).toBeGreaterThan(6);
    expect(mean(found)).toBeLessThan(20);
  });

  it('is found where it begins faster than it goes on, too', () => {
    const fast = Array.from({ length: 12 }, () => 20);
    const found = seeds.map((seed) => findWarmUp([...fast, ...plateau(60, seed, { slow_share: 0 })]));
    expect(found.filter((cut) => cut >= 12).length).toBeGreaterThanOrEqual(80);
  });

  it('for longer than half of it keeps all: nothing tells that from a drift', () => {
    const steps = [...Array.from({ length: 13 }, () => 500), ...plateau(7, 3, { slow_share: 0 })];
    expect(findWarmUp(steps)).toBe(0);
  });

  it.each([18, 60])('of %d windows, with five that are far slower and a calm rest, loses those', (length) => {
    const cold = seeds.filter((seed) => {
      const rest = plateau(length - 5, seed, { slow_share: 0 });
      return findWarmUp([500, 500, 500, 500, 500, ...rest]) >= 5;
    });
    expect(cold.length).toBeGreaterThanOrEqual(85);
  });
});
