import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SpanFigures } from '../contract/live-schema.ts';
import type { StepResult } from '../contract/results.ts';
import type { Span } from '../influxdb/span.ts';
import { type LimitSearch, runToLimit } from './find-limit.ts';
import type { WatchedRun } from './generators/abort-watch.ts';
import type { K6Outcome } from './k6-process/k6-run.ts';

const STEP_S = 5;
const FACTOR = 1.05;
const FAST = 'b230';
const SLOW = 'b310';
const began = new Date('2026-11-24T12:00:00Z');
const outcome: K6Outcome = { exit_code: 105, summary: null, exceptions: 0, errors: [] };

/** A run in which the output stores everything at once, and steps from `breaks_at` on are slow. */
function search(breaks_at: number, change: Partial<LimitSearch['reader']> = {}) {
  const seen: StepResult[] = [];
  const spans: Span[] = [];
  const reader: LimitSearch['reader'] = {
    newest: async () => new Date(),
    async read(span) {
      spans.push(span);
      const index = (span.from.getTime() - began.getTime()) / 1_000 / STEP_S;
      const latency = { counts: { [index >= breaks_at ? SLOW : FAST]: 500 }, min: 90, max: 550 };
      const all = { latency, rates: { http_req_failed: { value: 0, count: 500 } } };
      const figures = { requests: 500, dropped_iterations: 0, all, named: {} };
      return {
        span_s: STEP_S,
        users: 10 + index,
        generator_delay_ms: 0,
        scenarios: { search: figures },
      } as SpanFigures;
    },
    ...change,
  };
  const input: LimitSearch = {
    reader,
    testid: 'a-run',
    factor: FACTOR,
    steps: Array.from({ length: 4 }, (_, index) => ({
      from_s: index * STEP_S,
      to_s: (index + 1) * STEP_S,
      target_per_s: 100 * FACTOR ** index,
    })),
    slos: [{ scenario: 'search', indicator: 'p95_ms', limit: 400, reason: '' }],
    onStep: (step) => seen.push(step),
  };
  return { input, seen, spans };
}

/** A k6 that runs until it is stopped, or to the end of the stairs. */
const k6 =
  (lasts_s = 4 * STEP_S) =>
  ({ onLoad, stop }: WatchedRun): Promise<K6Outcome> => {
    onLoad(began);
    return new Promise((done) => {
      const timer = setTimeout(() => done({ ...outcome, exit_code: 0 }), lasts_s * 1_000);
      stop.addEventListener('abort', () => {
        clearTimeout(timer);
        done(outcome);
      });
    });
  };

beforeEach(() => {
  vi.useFakeTimers({ now: began });
});
afterEach(() => {
  vi.useRealTimers();
});

async function finish<T>(running: Promise<T>): Promise<T> {
  let over = false;
  void running.finally(() => {
    over = true;
  });
  for (let second = 0; second < 120 && !over; second += 1) await vi.advanceTimersByTimeAsync(1_000);
  return await running;
}

describe('the search for the limit', () => {
  it('stops k6 at the first step that breaks, and takes the one before it', async () => {
    const { input, seen, spans } = search(2);
    const { outcome: end, limit } = await finish(runToLimit(input, k6()));
    expect(end.exit_code).toBe(105);
    expect(limit).toMatchObject({ end: 'slo', capacity_rps: 100, capacity_users: 11 });
    expect(seen.map((step) => step.state)).toEqual(['passed', 'passed', 'failed']);
    // Each step by its own time.
    expect(
      spans.map((span) => [span.from.getTime(), span.to.getTime()].map((at) => (at - began.getTime()) / 1_000)),
    ).toEqual([
      [0, 5],
      [5, 10],
      [10, 15],
    ]);
  });

  it('judges a step only when all of it is stored', async () => {
    const { input } = search(2, { newest: async () => new Date(began.getTime() + 1_000) });
    const { limit } = await finish(runToLimit(input, k6(60)));
    expect(limit).toMatchObject({ end: 'unreadable', steps: [] });
  });

  it('stops the load where InfluxDB does not say what it does to the target', async () => {
    const fails = () => Promise.reject(new Error('connection refused'));
    const { input } = search(2, { newest: fails });
    const started_ms = Date.now();
    const { limit } = await finish(runToLimit(input, k6(600)));
    expect(limit.end).toBe('unreadable');
    expect(Date.now() - started_ms).toBeLessThan(30_000);
  });

  it('goes to the end of the stairs where everything holds', async () => {
    const { input } = search(99);
    const { outcome: end, limit } = await finish(runToLimit(input, k6()));
    expect(end.exit_code).toBe(0);
    expect(limit).toMatchObject({ end: 'none', capacity_rps: null });
    expect(limit.steps).toHaveLength(4);
  });

  it('claims nothing where k6 ends before', async () => {
    const last = new Date(began.getTime() + 7_000);
    const { input } = search(99, { newest: async () => (Date.now() < last.getTime() ? new Date() : last) });
    const { limit } = await finish(runToLimit(input, k6(7)));
    expect(limit).toMatchObject({ end: 'cut', capacity_rps: null });
    expect(limit.steps).toHaveLength(1);
    const { limit: never } = await finish(runToLimit(input, () => Promise.resolve(outcome)));
    expect(never).toEqual({ end: 'cut', capacity_rps: null, capacity_users: null, steps: [] });
  });
});
