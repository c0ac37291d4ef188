import { describe, expect, it } from 'vitest';
import type { OutputReport } from '../../contract/output-report.ts';
import type { GeneratorDelay } from '../../contract/results.ts';
import type { MergedMetric } from '../../influxdb/merged-run.ts';
import { mergedSummary, mergeReports, mergeTotals, sentTotals } from './merge.ts';

const nothing: MergedMetric = { count: 0, value: 0, sum: 0, min: 0, max: 0, histogram: null, has_extremes: false };
const figures = (metrics: Record<string, Partial<MergedMetric>>, users = 0) => ({
  metrics: new Map(Object.entries(metrics).map(([name, more]) => [name, { ...nothing, ...more }])),
  requests: new Map(),
  users,
});

describe('the summary of several generators', () => {
  it('has rates over the whole time, and shares of their own samples', () => {
    const { metrics, state } = mergedSummary(
      figures({ http_reqs: { count: 30, value: 30 }, http_req_failed: { count: 30, value: 3 } }),
      new Map(),
      10_000,
    );
    expect(state.testRunDurationMs).toBe(10_000);
    expect(metrics.http_reqs).toEqual({ type: 'counter', values: { count: 30, rate: 3 } });
    expect(metrics.http_req_failed).toEqual({ type: 'rate', values: { rate: 0.1, passes: 3, fails: 27 } });
  });

  it('has no percentile outside of what was measured', () => {
    // Bucket 0 holds [1, 1.02): its representative is 1.01.
    const histogram = { counts: { b0: 2 }, min: 1, max: 1.005 };
    const trend = { count: 2, sum: 2.005, min: 1, max: 1.005, histogram, has_extremes: true };
    const { metrics } = mergedSummary(figures({ own: trend }), new Map(), 1);
    expect(metrics.own).toMatchObject({ type: 'trend', values: { avg: 1.0025, 'p(95)': 1.005, max: 1.005, count: 2 } });
  });

  it('adds up users, and no other gauge', () => {
    const gauge = { min: 1, max: 2, has_extremes: true };
    const { metrics } = mergedSummary(figures({ vus: gauge, depth: gauge }, 6), new Map(), 1);
    expect(metrics.vus).toMatchObject({ values: { max: 6 } });
    expect(metrics.depth).toMatchObject({ type: 'gauge', values: { min: 1, max: 2 } });
  });

  it("takes a metric of the team's own for what the generators say that it is", () => {
    const own = figures({ own_rate: { count: 4, value: 1 } });
    expect(mergedSummary(own, new Map([['own_rate', 'rate']]), 1).metrics.own_rate?.type).toBe('rate');
  });
});

describe('what generators sent', () => {
  it('adds up, with the extremes of all', () => {
    const one = { type: 'trend', sum: 10, count: 2, min: 3, max: 7 } as const;
    const other = { type: 'trend', sum: 1, count: 1, min: 1, max: 1 } as const;
    const merged = mergeTotals([new Map([['a', one]]), new Map([['a', other]]), new Map([['b', other]])]);
    expect(merged.get('a')).toEqual({ type: 'trend', sum: 11, count: 3, min: 1, max: 7 });
    expect(merged.get('b')).toEqual(other);
  });

  it('leaves out metrics of which nothing could be stored', () => {
    const sent = { type: 'gauge', received: 2, dropped: 2, sum: 0, min: 0, max: 0 } as const;
    expect(sentTotals(new Map([['nan', sent]])).size).toBe(0);
    expect(sentTotals(new Map([['some', { ...sent, dropped: 1 }]])).get('some')?.count).toBe(2);
  });
});

const report = (more: Partial<OutputReport>, delayed?: GeneratorDelay): { report: OutputReport } => ({
  report: {
    samples: { a: 2 },
    dropped: {},
    points: 1,
    bytes: 10,
    sent_bytes: 5,
    series: 1,
    spooled_batches: 0,
    rejected_batches: 0,
    lost_points: 0,
    overflow: null,
    failures: null,
    machine: { cpu_model: 'A', cores: 4, memory_bytes: 16 },
    generator: {
      seconds: 30,
      peak_machine_cpu: 0.5,
      peak_resident_bytes: 1,
      ...(delayed ? { delayed } : {}),
    },
    ...more,
  },
});

it('reports add up, and delays count by the samples of their generator', () => {
  const late = report({ samples: { a: 1, b: 4 } }, { 1: 0.5, 10: 0.25 });
  const merged = mergeReports([report({ lost_points: 1, samples: { a: 2, b: 13 } }, { 1: 0.02 }), late]);
  expect(merged).toMatchObject({ samples: { a: 3, b: 17 }, points: 2, lost_points: 1 });
  expect(merged?.machine).toEqual({ cpu_model: 'A', cores: 4, memory_bytes: 16 });
  expect(merged?.generator).toMatchObject({ seconds: 30, delayed: { 1: 0.14, 10: 0.0625 } });
  expect(mergeReports([late, report({})])?.generator.delayed).toBeUndefined();
  expect(mergeReports([])).toBeNull();
});

it('failures of the same request, check or answer add up, and the earliest is the example', () => {
  const cause = (name: string, count: number, first: string, status = 401) => ({
    ...{ name, status, error_code: 1000 + status, count, of: 10 },
    first: `2026-11-28T12:00:${first}Z`,
  });
  const failures = (requests: ReturnType<typeof cause>[], failed_requests: number) => ({
    ...{ failed_requests, failed_checks: 1, answers: requests.slice(0, 1), requests },
    checks: [{ ...cause('ok', 1, '01', 0), error_code: 0 }],
  });
  const one = failures([cause('GET /b', 2, '07'), cause('GET /b', 1, '08', 503)], 3);
  const other = failures([cause('GET /a', 6, '05'), cause('GET /b', 3, '06')], 9);
  const merged = mergeReports([report({ failures: one }), report({ failures: other }), report({})])?.failures;
  expect(merged).toMatchObject({ failed_requests: 12, failed_checks: 2 });
  expect(merged?.answers).toEqual([{ ...cause('GET /a', 8, '05'), of: 20 }]);
  expect(merged?.requests).toEqual([
    cause('GET /a', 6, '05'),
    { ...cause('GET /b', 5, '06'), of: 20 },
    cause('GET /b', 1, '08', 503),
  ]);
  expect(merged?.checks).toMatchObject([{ name: 'ok', count: 2, of: 20 }]);
  expect(mergeReports([report({})])?.failures).toBeNull();
});
