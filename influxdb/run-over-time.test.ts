import { describe, expect, it } from 'vitest';
import { stepLength_s } from './run-over-time.ts';

describe('the length of a step', () => {
  it('lets a chart hold a long run', () => {
    expect(stepLength_s(960, 40_000, 1)).toBe(10);
    expect(stepLength_s(8 * 3_600, 10_000_000, 1)).toBe(300);
  });

  it('lets a step hold enough samples for a p95, but shows a course all the same', () => {
    expect(stepLength_s(60, 600, 1)).toBe(2);
    expect(stepLength_s(30, 120, 1)).toBe(5);
    expect(stepLength_s(30, 3, 1)).toBe(5);
  });

  it('is never shorter than what a point stands for', () => {
    expect(stepLength_s(30, 10_000, 10)).toBe(10);
    expect(stepLength_s(5, 10_000, 0)).toBe(1);
  });
});
