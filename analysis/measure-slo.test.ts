import { describe, expect, it } from 'vitest';
import { measureSlo, type PartSamples, worstWindow } from './measure-slo.ts';

const rate = (value: number, count = 100): PartSamples => ({ histogram: null, value, count, span_s: 1 });
const errors = { indicator: 'error_rate', limit: 0.01 } as const;

describe('the worst window', () => {
  it('is found wherever it lies, of whole windows alone', () => {
    const parts = [0, 0, 0, 40, 50, 0, 0, 0].map((failed) => rate(failed));
    expect(worstWindow(errors, parts, 2)).toMatchObject({ value: 0.45, first: 3 });
    // The run as a whole hardly shows it.
    expect(measureSlo('error_rate', { histogram: null, value: 90, count: 800, span_s: 8 })?.value).toBeCloseTo(0.1125);
  });

  it('is the lowest value of an indicator with a lower limit', () => {
    const parts = [100, 60, 100].map((passed) => rate(passed));
    expect(worstWindow({ indicator: 'checks_rate', limit: 0.9 }, parts, 1)).toMatchObject({ value: 0.6, first: 1 });
  });

  it('has enough samples that one alone does not decide', () => {
    expect(worstWindow(errors, [rate(1, 1), rate(0, 200)], 1)).toMatchObject({ value: 0, first: 1 });
    expect(worstWindow(errors, [rate(1, 1)], 1)).toBeNull();
  });

  it('is the whole where the run is shorter', () => {
    expect(worstWindow(errors, [rate(0), rate(4)], 10)).toMatchObject({ value: 0.02 });
  });

  it('weighs by samples, and counts a second without a request as none', () => {
    expect(worstWindow(errors, [rate(10, 100), rate(0, 0), rate(0, 300)], 3)).toMatchObject({ value: 0.025 });
  });
});

it('a rate per second is of all seconds', () => {
  expect(measureSlo('throughput_rps', { histogram: null, value: 120, count: 120, span_s: 60 })).toMatchObject({
    value: 2,
  });
  expect(measureSlo('p95_ms', { histogram: null, value: 0, count: 0, span_s: 60 })).toBeNull();
});
