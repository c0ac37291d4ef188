import { expect, it } from 'vitest';
import { wholeSeconds } from './span.ts';

const whole = (from_ms: number, to_ms: number) => {
  const { from, to } = wholeSeconds({ testid: 'a-run', from: new Date(from_ms), to: new Date(to_ms) });
  return [from.getTime(), to.getTime()];
};

it('takes no second that is partly of another step', () => {
  expect(whole(1_000, 4_000)).toEqual([1_000, 4_000]);
  expect(whole(1_001, 4_999)).toEqual([2_000, 4_000]);
  expect(whole(1_500, 4_500)).toEqual([2_000, 4_000]);
  // Shorter than two seconds: there may be none at all.
  expect(whole(1_500, 1_900)).toEqual([2_000, 2_000]);
});
