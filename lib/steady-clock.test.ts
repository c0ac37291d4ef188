import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSteadyClock } from './steady-clock.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000_000 }));
afterEach(() => vi.useRealTimers());

it.each([-3_600_000, 3_600_000])('goes on at its pace where somebody sets the clock by %i ms', (step_ms) => {
  const now = createSteadyClock();
  expect(now()).toBe(1_000_000_000);
  vi.advanceTimersByTime(2_000);
  vi.setSystemTime(Date.now() + step_ms);
  vi.advanceTimersByTime(3_000);
  expect(Date.now()).toBe(1_000_005_000 + step_ms);
  expect(now()).toBe(1_000_005_000);
});
