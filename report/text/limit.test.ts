import { describe, expect, it } from 'vitest';
import { limitResult } from '../../analysis/steps.ts';
import type { StepResult } from '../../contract/results.ts';
import { limitSentence, stepLine, stepsLine } from './limit.ts';

const passed: StepResult = {
  started: '2026-11-24T12:00:00.000Z',
  offered_per_s: 140,
  throughput_rps: 148.2,
  users: 231.4,
  dropped_iterations: 0,
  generator_delay_ms: 1,
  state: 'passed',
  slos: [{ indicator: 'p95_ms', request: null, metric: null, limit: 400, value: 120, ok: true }],
};
const broken: StepResult = {
  ...passed,
  offered_per_s: 147,
  throughput_rps: 150,
  state: 'failed',
  slos: [{ indicator: 'p95_ms', request: 'GET /a', metric: null, limit: 400, value: 612, ok: false }],
};
const starved: StepResult = { ...passed, state: 'starved', dropped_iterations: 99 };

describe('what the profile breakpoint says', () => {
  it('names the capacity, and what broke beyond it', () => {
    expect(limitSentence(limitResult('slo', [passed, broken]))).toBe(
      'capacity 148 requests/s with 231 users; at 150 requests/s p95 ≤ 400 ms for GET /a is 612 ms',
    );
    expect(stepsLine(limitResult('slo', [passed, broken]))).toContain('2 steps judged');
  });

  it.each([
    [limitResult('slo', [broken]), 'SCALE=0.1'],
    [
      limitResult('capped', [passed]),
      'no limit found: every SLO passed up to 148 requests/s with 231 users, the most that',
    ],
    [limitResult('stalled', [passed, { ...starved, throughput_rps: 20 }]), 'answered 20 requests/s'],
    [
      limitResult('generator', [passed, starved]),
      'limit of the generator, not of the target: every SLO passed up to 148',
    ],
    [limitResult('generator', [passed, { ...broken, generator_delay_ms: 30 }]), 'delayed requests by 30 ms itself'],
    [limitResult('none', [passed]), 'SCALE=10'],
    [limitResult('unreadable', [passed]), 'InfluxDB'],
    [limitResult('cut', []), 'no step was judged'],
  ])('says why it ended (%#)', (limit, text) => {
    expect(limitSentence(limit)).toContain(text);
  });

  it('claims no capacity for a limit of the generator', () => {
    expect(limitSentence(limitResult('generator', [passed, starved]))).not.toContain('capacity');
  });

  it.each([
    [passed, 'passed'],
    [broken, 'failed: p95 ≤ 400 ms for GET /a is 612 ms'],
    [starved, '99 iterations had no user'],
    [{ ...passed, state: 'unjudged' } as const, 'too few'],
  ])('has a line for each step (%#)', (step, text) => {
    expect(stepLine(step)).toContain(text);
  });
});
