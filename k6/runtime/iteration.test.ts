import { beforeEach, describe, expect, it } from 'vitest';
import { EXCEPTION_METRIC } from '../../contract/k6-metrics.ts';
import { slept_s } from '../stubs/k6.ts';
import { rated } from '../stubs/metrics.ts';
import { watchIterations } from './iteration.ts';

beforeEach(() => {
  slept_s.length = 0;
  rated.clear();
});

/** Iterations that take the given time, or throw; a clock that only they move. */
function vu(is_closed = true) {
  let now = 0;
  let has_failed = false;
  const iterate = watchIterations(
    (took_ms: number, outcome: 'good' | 'failed' | 'throws') => {
      now += took_ms;
      has_failed = outcome === 'failed';
      if (outcome === 'throws') throw new Error('boom');
    },
    { takeFailure: () => has_failed, is_closed, now_ms: () => now },
  );
  return iterate;
}

describe('an iteration', () => {
  it('that throws or fails before its think time lasts a second', () => {
    const iterate = vu();
    expect(() => iterate(2, 'throws')).toThrow('boom');
    iterate(300, 'failed');
    iterate(1_500, 'failed');
    expect(slept_s).toEqual([0.998, 0.7]);
    expect(rated.get(EXCEPTION_METRIC)).toEqual([true, false, false]);
  });

  it('that fails lasts no longer than the last good one', () => {
    const iterate = vu();
    iterate(200, 'good');
    iterate(50, 'failed');
    expect(slept_s).toEqual([0.15]);
  });

  it('that begins at a rate is paced by the rate', () => {
    const iterate = vu(false);
    expect(() => iterate(2, 'throws')).toThrow('boom');
    expect(slept_s).toEqual([]);
  });

  it('that rejects later counts as one that throws', async () => {
    const watch = { takeFailure: () => false, is_closed: true, now_ms: () => 0 };
    const iterate = watchIterations(() => Promise.reject(new Error('boom')), watch);
    await expect(iterate()).rejects.toThrow('boom');
    expect(rated.get(EXCEPTION_METRIC)).toEqual([true]);
    expect(slept_s).toEqual([1]);
  });
});
