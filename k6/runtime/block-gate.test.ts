import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { slept_s } from '../stubs/k6.ts';
import { blockGate } from './block-gate.ts';
import { watchIterations } from './iteration.ts';

const PLAN = { start_ms: 1_000, length_ms: 4_000, discarded_ms: 1_000, order: 'ABBA' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  // Other files may have slept in the same process.
  slept_s.length = 0;
});
afterEach(() => void vi.useRealTimers());

function iterateAt(now_ms: number, is_closed: boolean): number {
  vi.setSystemTime(now_ms);
  let iterations = 0;
  const gate = blockGate({ ...PLAN, side: 'B' }, () => 0.5);
  const run = () => {
    iterations += 1;
  };
  watchIterations(run, { takeFailure: () => false, is_closed, gate })();
  return iterations;
}

it('users wait for the block of their build, and begin it spread', () => {
  expect(iterateAt(2_000, true)).toBe(1);
  expect(slept_s).toEqual([3.25]);
});

it('in its block nobody waits', () => {
  expect(iterateAt(6_000, true)).toBe(1);
  expect(iterateAt(6_000, false)).toBe(1);
  expect(slept_s).toEqual([]);
});

it('journeys that arrive at a rate while the other build has the load are none', () => {
  expect(iterateAt(2_000, false)).toBe(0);
  expect(slept_s).toEqual([]);
});
