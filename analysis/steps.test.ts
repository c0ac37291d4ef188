import { describe, expect, it } from 'vitest';
import type { ScenarioFigures, SpanFigures } from '../contract/live-schema.ts';
import type { StepResult } from '../contract/results.ts';
import { leastSamples } from './measure-slo.ts';
import { judgeStep, limitResult, limitSlos, type ScenarioSlo, searchEnd } from './steps.ts';

const FACTOR = 1.05;
const started = new Date('2026-11-24T12:00:00Z');
const p95: ScenarioSlo = { scenario: 'search', indicator: 'p95_ms', limit: 400, reason: '' };
const errors: ScenarioSlo = { scenario: 'search', indicator: 'error_rate', limit: 0.01, reason: '' };
const booking: ScenarioSlo = { ...p95, request: 'POST /b', limit: 100 };

// Bucket 230 is about 100 ms, bucket 310 about 500 ms: γ = 1.01/0.99.
const FAST = 'b230';
const SLOW = 'b310';
const latency = (counts: Record<string, number>) => ({ counts, min: 90, max: 550 });

function scenario(change: Partial<ScenarioFigures> = {}): ScenarioFigures {
  return {
    requests: 1_000,
    dropped_iterations: 0,
    all: { latency: latency({ [FAST]: 1_000 }), rates: { http_req_failed: { value: 0, count: 1_000 } } },
    named: {},
    ...change,
  };
}

function judge(
  figures: ScenarioFigures,
  slos: readonly ScenarioSlo[] = [p95, errors],
  more: Partial<SpanFigures> = {},
) {
  return judgeStep({
    started,
    offered_per_s: 100,
    factor: FACTOR,
    slos,
    figures: { span_s: 10, users: 42, generator_delay_ms: 0.5, scenarios: { search: figures }, ...more },
  });
}

describe('a step', () => {
  it('holds while every SLO does, and says what was answered and by how many users', () => {
    expect(judge(scenario())).toMatchObject({ state: 'passed', throughput_rps: 100, users: 42 });
  });

  it('breaks by its own samples: a slow twentieth is p95', () => {
    const slow = judge(
      scenario({
        all: { latency: latency({ [FAST]: 940, [SLOW]: 60 }), rates: { http_req_failed: { value: 0, count: 1_000 } } },
      }),
    );
    expect(slow.state).toBe('failed');
    expect(slow.slos[0]).toMatchObject({ indicator: 'p95_ms', ok: false });
    expect(slow.slos[0]?.value).toBeCloseTo(500, -1);
    const faster = scenario({
      all: { latency: latency({ [FAST]: 960, [SLOW]: 40 }), rates: { http_req_failed: { value: 0, count: 1_000 } } },
    });
    expect(judge(faster).state).toBe('passed');
  });

  it('breaks by one request, and by failed checks', () => {
    const requests = { latency: latency({ [SLOW]: 50 }), rates: { http_req_failed: { value: 0, count: 50 } } };
    const slow = judge(scenario({ named: { 'POST /b': requests } }), [p95, booking]);
    expect(slow.slos.find((slo) => !slo.ok)).toMatchObject({ request: 'POST /b' });
    const wrong = scenario({
      all: { latency: latency({ [FAST]: 1_000 }), rates: { checks: { value: 970, count: 1_000 } } },
    });
    expect(judge(wrong, [{ ...p95, indicator: 'checks_rate', limit: 0.99 }]).state).toBe('failed');
  });

  it('is of its own scenario', () => {
    expect(judge(scenario(), [{ ...p95, scenario: 'booking' }]).state).toBe('unjudged');
  });

  it('says nothing where one sample alone would decide', () => {
    const few = (count: number) =>
      scenario({ all: { latency: latency({ [SLOW]: count }), rates: { http_req_failed: { value: 1, count } } } });
    expect(judge(few(20)).state).toBe('unjudged');
    expect(judge(few(21), [p95]).state).toBe('failed');
    expect(judge(few(100), [errors]).state).toBe('unjudged');
    expect(judge(few(101), [errors])).toMatchObject({ state: 'passed' });
  });

  it('is none where the generator dropped what it was to add', () => {
    expect(judge(scenario({ dropped_iterations: 47 })).state).toBe('passed');
    expect(judge(scenario({ dropped_iterations: 48 })).state).toBe('starved');
  });

  it('does not judge a throughput: the stairs begin below it', () => {
    expect(judge(scenario(), [{ ...p95, indicator: 'throughput_rps', limit: 1e6 }]).state).toBe('unjudged');
  });
});

describe('the samples that an SLO needs', () => {
  it.each([
    ['p95_ms', 400, 21],
    ['p99_ms', 400, 101],
    ['error_rate', 0.01, 101],
    ['checks_rate', 0.99, 101],
    ['error_rate', 0, 1],
    ['checks_rate', 1, 1],
  ] as const)('%s %d: %i', (indicator, limit, least) => {
    expect(leastSamples({ indicator, limit })).toBe(least);
  });
});

describe('the search', () => {
  const step = (change: Partial<StepResult>): StepResult => ({ ...judge(scenario()), ...change });
  const good = step({ throughput_rps: 100, users: 50 });
  const better = step({ throughput_rps: 105, users: 53 });
  const broken = step({
    state: 'failed',
    throughput_rps: 108,
    slos: [{ indicator: 'p95_ms', request: null, metric: null, limit: 400, value: 612, ok: false }],
  });

  it('goes on while steps hold, or say nothing yet', () => {
    expect(searchEnd([], FACTOR)).toBeNull();
    expect(searchEnd([good, better], FACTOR)).toBeNull();
    expect(searchEnd([step({ state: 'unjudged', throughput_rps: 2 })], FACTOR)).toBeNull();
  });

  it('ends at the first broken step: the capacity is the last one that held', () => {
    const steps = [good, better, broken];
    expect(searchEnd(steps, FACTOR)).toBe('slo');
    const result = limitResult('slo', steps);
    expect(result).toMatchObject({ capacity_rps: 105, capacity_users: 53 });
    expect(limitSlos(result)).toBe(better.slos);
  });

  it('claims no capacity where the first step breaks', () => {
    const result = limitResult('slo', [broken]);
    expect(result.capacity_rps).toBeNull();
    expect(limitSlos(result)).toBe(broken.slos);
  });

  it('claims none where the generator was saturated, or had no users left', () => {
    expect(searchEnd([good, { ...broken, generator_delay_ms: 12 }], FACTOR)).toBe('generator');
    const starved = step({ state: 'starved', throughput_rps: 104 });
    expect(searchEnd([good, starved], FACTOR)).toBe('generator');
    expect(limitResult('generator', [good, starved]).capacity_rps).toBeNull();
    expect(limitResult('none', [good]).capacity_rps).toBeNull();
  });

  it('ends where the next step would ask for more than is allowed, and that is no capacity', () => {
    const allowed = { rps: 110, users: 60 };
    expect(searchEnd([good], FACTOR, allowed)).toBeNull();
    expect(searchEnd([good, better], FACTOR, allowed)).toBe('capped');
    expect(searchEnd([good, broken], FACTOR, allowed)).toBe('slo');
    const starved = step({ state: 'starved', throughput_rps: 101, users: 59 });
    expect(searchEnd([good, starved], FACTOR, allowed)).toBe('capped');
    expect(searchEnd([good, { ...starved, users: 40 }], FACTOR, allowed)).toBe('generator');
    // It had stalled before: less than allowed is what it answers.
    const less = step({ state: 'unjudged', offered_per_s: 109, throughput_rps: 50 });
    expect(searchEnd([good, less], FACTOR, allowed)).toBe('stalled');
    expect(limitResult('capped', [good, better]).capacity_rps).toBeNull();
  });

  it('takes a target that answers less under more load for stalled, though no answer was slow', () => {
    const starved = step({ state: 'starved', throughput_rps: 60 });
    const half = step({ throughput_rps: 70, users: 90 });
    expect(searchEnd([good, better, half, starved], FACTOR)).toBe('stalled');
    expect(limitResult('stalled', [good, better, half, starved])).toMatchObject({ capacity_rps: 105 });
    expect(searchEnd([good, step({ state: 'unjudged', throughput_rps: 1 })], FACTOR)).toBe('stalled');
  });
});
