import { describe, expect, it } from 'vitest';
import type { K6Summary } from './k6-summary.ts';
import { joinLoads, loadLength_ms, overLoad, ratePerSecond, reportedLoad } from './load-span.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 29, 12, 0, second));
const load = (from: number, to: number) => ({ from: at(from), to: at(to) });

/** k6's own data of a test that took 50 s with 20 s of setup(). */
const k6: K6Summary = {
  metrics: {
    http_reqs: { type: 'counter', values: { count: 120, rate: 2.4 }, thresholds: { 'rate>=0': { ok: true } } },
    checks: { type: 'rate', values: { rate: 0.5, passes: 1, fails: 1 } },
  },
  state: { testRunDurationMs: 50_000 },
};

describe('the load of a run', () => {
  it('has its own duration and rates, whatever k6 did before and after it', () => {
    const { metrics, state } = overLoad(k6, load(20, 50));
    expect(state.testRunDurationMs).toBe(30_000);
    expect(metrics.http_reqs).toEqual({ ...k6.metrics.http_reqs, values: { count: 120, rate: 4 } });
    expect(metrics.checks).toEqual(k6.metrics.checks);
  });

  it('is of k6 where nothing says when it was', () => {
    expect(overLoad(k6, null)).toBe(k6);
    expect(overLoad(k6, load(20, 20))).toBe(k6);
    expect(reportedLoad(null)).toBeNull();
    expect(reportedLoad({})).toBeNull();
  });

  it('lasts from the first generator to the last one, of which one may be late', () => {
    const both = joinLoads([load(0, 30), load(20, 50)]);
    expect(both).toEqual(load(0, 50));
    expect(loadLength_ms(both)).toBe(50_000);
    expect(joinLoads([])).toBeNull();
  });

  it('has no rate where it took no time', () => {
    expect(ratePerSecond(5, 0)).toBe(0);
    expect(ratePerSecond(5, 500)).toBe(10);
  });
});
