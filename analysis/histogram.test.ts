import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Histogram, histogramOf } from '../contract/histogram.ts';
import { percentile, sampleCount } from './histogram.ts';
import { histogramOfValues } from './testing/histogram-of.ts';

const value = fc.oneof(
  fc.double({ min: 0.001, max: 100_000, noNaN: true }),
  fc.double({ min: -1_000, max: -0.001, noNaN: true }),
  fc.constant(0),
);
const parts = fc.array(fc.array(value, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('percentiles of merged histograms', () => {
  it('lie between the smallest and the largest value, and rise with their share', () => {
    fc.assert(
      fc.property(parts, share, share, (lists, one, other) => {
        const values = lists.flat();
        const merged = histogramOfValues(values);
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((it) => percentile(merged, it) as number);
        expect(sampleCount(merged)).toBe(values.length);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(high).toBeLessThanOrEqual(Math.max(...values));
        expect(low).toBeLessThanOrEqual(high as number);
      }),
    );
  });

  it('stay finite without the exact extremes: the outer buckets bound them', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), share, (values, at) => {
        const exact = histogramOfValues(values);
        const bounded = histogramOf(Object.entries(exact.counts)) as Histogram;
        expect(Number.isFinite(percentile(bounded, at))).toBe(true);
        expect(bounded.min).toBeLessThanOrEqual(exact.min + 1e-9 * Math.abs(exact.min));
        expect(bounded.max).toBeGreaterThanOrEqual(exact.max - 1e-9 * Math.abs(exact.max));
      }),
    );
  });

  it('of equal values are that value, whatever their bucket stands for', () => {
    const one = { counts: { b0: 2 }, min: 1.0001, max: 1.0001 };
    expect(percentile(one, 0.99)).toBe(1.0001);
  });

  it('are none without a sample', () => {
    expect(percentile(null, 0.5)).toBeNull();
    expect(percentile({ counts: {}, min: 1, max: 2 }, 0.5)).toBeNull();
  });
});
