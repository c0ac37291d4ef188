import { describe, expect, it } from 'vitest';
import { completeness, type MetricTotals } from './completeness.ts';

const totals = (type: MetricTotals['type'], values: Partial<MetricTotals>): MetricTotals => ({
  type,
  sum: 0,
  count: 0,
  min: 0,
  max: 0,
  ...values,
});
const sent = new Map([
  ['http_reqs', totals('counter', { sum: 1000 })],
  ['checks', totals('rate', { sum: 990, count: 1000 })],
  ['http_req_duration', totals('trend', { count: 1000, min: 1, max: 9 })],
  ['vus', totals('gauge', { min: 1, max: 5 })],
]);
const storedWith = (metric: string, values: Partial<MetricTotals>) => {
  const stored = new Map(sent);
  stored.set(metric, { ...(stored.get(metric) as MetricTotals), ...values });
  return stored;
};

describe('completeness', () => {
  it('is complete when every total agrees', () => {
    const result = completeness(sent, new Map(sent), 0);
    expect(result).toMatchObject({ state: 'complete', samples_sent: 2000, samples_stored: 2000 });
    expect(result.rows).toHaveLength(1 + 2 + 3 + 2);
  });

  it('ignores what a quantity of another type would say', () => {
    expect(completeness(sent, storedWith('http_reqs', { count: 7, max: 3 }), 0).state).toBe('complete');
  });

  it.each([
    ['http_reqs', { sum: 999 }],
    ['checks', { count: 999 }],
    ['checks', { sum: 989 }],
    ['http_req_duration', { max: 8 }],
    ['vus', { min: 2 }],
  ] as const)('without tolerance, one lost sample of %s %o is incomplete', (metric, values) => {
    expect(completeness(sent, storedWith(metric, values), 0).state).toBe('incomplete');
  });

  it('within the tolerance is tolerated, and says which total differs', () => {
    const result = completeness(sent, storedWith('http_reqs', { sum: 991 }), 0.01);
    expect(result.state).toBe('tolerated');
    expect(result.rows.filter((row) => !row.ok)).toEqual([
      { metric: 'http_reqs', quantity: 'sum', sent: 1000, stored: 991, ok: false },
    ]);
    expect(completeness(sent, storedWith('http_reqs', { sum: 989 }), 0.01).state).toBe('incomplete');
  });

  it('never tolerates more stored than sent: something was counted twice', () => {
    expect(completeness(sent, storedWith('http_reqs', { sum: 1001 }), 0.01).state).toBe('incomplete');
  });

  it('counts a metric that is not stored at all', () => {
    expect(completeness(sent, new Map(), 0.01)).toMatchObject({ state: 'incomplete', samples_stored: 0 });
  });

  it('with the counts of our own output, holds every sample of every type against them', () => {
    const received = { http_reqs: 40, checks: 1000, http_req_duration: 1000, vus: 7 };
    const counted = new Map(sent);
    counted.set('http_reqs', totals('counter', { sum: 1000, count: 40 }));
    counted.set('vus', totals('gauge', { min: 1, max: 5, count: 7 }));
    expect(completeness(sent, counted, 0, received)).toMatchObject({
      state: 'complete',
      samples_sent: 2047,
      samples_stored: 2047,
    });
    counted.set('vus', totals('gauge', { min: 1, max: 5, count: 6 }));
    const lost = completeness(sent, counted, 0, received);
    expect(lost.state).toBe('incomplete');
    expect(lost.rows.find((row) => !row.ok)).toMatchObject({ metric: 'vus', sent: 7, stored: 6 });
  });

  it('takes another order of adding floats for the same sum', () => {
    const sum = new Map([['custom', totals('counter', { sum: 0.1 + 0.2 })]]);
    expect(completeness(sum, new Map([['custom', totals('counter', { sum: 0.3 })]]), 0).state).toBe('complete');
  });

  describe('with what k6 itself counts otherwise', () => {
    const stateOf = (k6: MetricTotals, stored: MetricTotals, received = 3) =>
      completeness(new Map([['own', k6]]), new Map([['own', stored]]), 0, { own: received }).state;

    it('takes the maximum 0 of a gauge that was never above it', () => {
      const stored = totals('gauge', { min: -5, max: -3, count: 3 });
      expect(stateOf(totals('gauge', { min: -5, max: 0 }), stored)).toBe('complete');
      expect(stateOf(totals('gauge', { min: -5, max: 1 }), stored)).toBe('incomplete');
      expect(stateOf(totals('gauge', { min: -6, max: 0 }), stored)).toBe('incomplete');
      // A trend's extremes are of its values alone.
      const trend = { min: -5, max: -3, count: 3 };
      expect(stateOf(totals('trend', trend), totals('trend', trend))).toBe('complete');
      expect(stateOf(totals('trend', { ...trend, max: 0 }), totals('trend', trend))).toBe('incomplete');
    });

    it.each([
      ['gauge', { min: 2, max: Number.NaN }, { min: 2, max: 4 }],
      ['trend', { min: 2, max: Number.NaN, count: 3 }, { min: 2, max: 4 }],
      ['counter', { sum: Number.NaN }, { sum: 9 }],
    ] as const)('compares the samples of a %s that infinities were added to', (type, k6, values) => {
      expect(stateOf(totals(type, k6), totals(type, { ...values, count: 3 }))).toBe('complete');
      expect(stateOf(totals(type, k6), totals(type, { ...values, count: 2 }))).toBe('incomplete');
    });

    it('bears rounding errors of a counter whose values cancel out', () => {
      const k6 = totals('counter', { sum: 0.1 + 0.2 - 0.3 });
      expect(stateOf(k6, totals('counter', { sum: 0, count: 3 }))).toBe('complete');
      expect(stateOf(k6, totals('counter', { sum: 0.3, count: 3 }))).toBe('incomplete');
      expect(stateOf(k6, totals('counter', { sum: 0, count: 2 }))).toBe('incomplete');
    });
  });
});
