import { describe, expect, it } from 'vitest';
import type { K6Summary } from '../../contract/k6-summary.ts';
import { planStages, toRequestFigures } from './run-record.ts';

const started = new Date('2026-11-24T12:00:00Z');
const planned = (profile: 'smoke' | 'spike' | 'breakpoint') =>
  planStages({ profile, scale: 0.5, duration_s: null }, started).map(({ at, text }) => [
    (at.getTime() - started.getTime()) / 1_000,
    text,
  ]);

describe('planned changes of load', () => {
  it('are users in a closed model, arrivals in an open one', () => {
    expect(planned('smoke')).toEqual([
      [0, '3 users in 5 s'],
      [5, '3 users in 20 s'],
      [25, '0 users in 5 s'],
    ]);
    expect(planned('spike').slice(0, 2)).toEqual([
      [0, '2.5 iterations/s in 60 s'],
      [60, '25 iterations/s in 5 s'],
    ]);
  });

  it('are not known of stairs, which end where they break', () => {
    expect(planned('breakpoint')).toEqual([]);
  });
});

describe('the figures of a request', () => {
  const histogram = { counts: { b0: 3 }, min: 1.001, max: 1.015 };
  const values = { count: 3, avg: 1, min: 1.001, med: 1, max: 1.015, 'p(50)': 1.002, 'p(90)': 1.003 };
  const trend = { type: 'trend', values: { ...values, 'p(95)': 1.004, 'p(99)': 1.005 } } as const;
  const detail = { histograms: { '': histogram, 'GET /a': histogram }, failed: {}, judged: {} };
  const k6 = (metrics: K6Summary['metrics']): K6Summary => ({ metrics, state: { testRunDurationMs: 1 } });

  it("are k6's own where it keeps the request apart, or the request is the whole run", () => {
    for (const name of ['http_req_duration{name:GET /a}', 'http_req_duration']) {
      expect(toRequestFigures(detail, k6({ [name]: trend }))).toMatchObject([{ p95_ms: 1.004, p99_ms: 1.005 }]);
    }
  });

  it('are from the histogram where k6 has others, or none, and never beyond the maximum', () => {
    const others = { ...trend, values: { ...trend.values, count: 4 } };
    for (const summary of [null, k6({ http_req_duration: others })]) {
      expect(toRequestFigures(detail, summary)).toMatchObject([{ requests: 3, p95_ms: 1.01, max_ms: 1.015 }]);
    }
    const narrow = { ...detail, histograms: { 'GET /a': { ...histogram, max: 1.005 } } };
    expect(toRequestFigures(narrow, null)).toMatchObject([{ p95_ms: 1.005, p99_ms: 1.005, max_ms: 1.005 }]);
  });
});
