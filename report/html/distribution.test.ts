import { describe, expect, it } from 'vitest';
import { barsOf, edge_ms, readableFactor, widened } from './distribution.ts';

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

describe('bars of a histogram', () => {
  it('hold every sample, zeros in the lowest', () => {
    const bars = barsOf({ b100: 5, b103: 7, b400: 1, z: 2 });
    expect(total(bars?.counts ?? [])).toBe(15);
    expect(bars?.counts.length).toBeLessThanOrEqual(61);
    expect(bars?.counts[0]).toBeGreaterThanOrEqual(7);
  });

  it('lie where their buckets do: γ^i with γ = 1.01/0.99', () => {
    const bars = barsOf({ b230: 1 }, 1);
    if (!bars) throw new Error('expected bars');
    expect(edge_ms(bars, 0)).toBeCloseTo((1.01 / 0.99) ** 230, 6);
    expect(edge_ms(bars, 1) / edge_ms(bars, 0)).toBeCloseTo(1.01 / 0.99, 9);
  });

  it('handle latencies below a millisecond, whose buckets are negative', () => {
    const bars = barsOf({ 'b-35': 4, b2: 1 }, 4);
    expect(bars).toEqual({ first: -36, width: 4, counts: [4, 0, 0, 0, 0, 0, 0, 0, 0, 1] });
  });

  it('are none for an empty histogram', () => {
    expect(barsOf({})).toBeNull();
    expect(barsOf({ b3: 0 })).toBeNull();
  });
});

describe('widened bars', () => {
  it('of different runs share their edges, and lose nothing', () => {
    const [a, b] = [barsOf({ b11: 1, b30: 2 }, 2), barsOf({ b7: 3, b90: 4 }, 2)];
    if (!a || !b) throw new Error('expected bars');
    const [wide_a, wide_b] = [widened(a, 3), widened(b, 3)];
    expect(total(wide_a.counts)).toBe(3);
    expect(total(wide_b.counts)).toBe(7);
    expect((wide_a.first - wide_b.first) % 6).toBe(0);
  });

  it('are as few as can be read', () => {
    const bars = barsOf({ b0: 1, b499: 1 }, 2);
    if (!bars) throw new Error('expected bars');
    expect(widened(bars, readableFactor([bars])).counts.length).toBeLessThanOrEqual(61);
  });
});
