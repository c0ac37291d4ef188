import { expect, it } from 'vitest';
import { drawOrder, waitForBlock_ms } from './blocks.ts';

it('draws balanced groups', () => {
  const draws = [0.1, 0.9, 0.4];
  expect(drawOrder(3, () => draws.shift() ?? 0)).toBe('ABBABAABABBA');
});

it.each([
  ['A', 0, 1_000],
  ['B', 0, 5_000],
  ['A', 1_000, 0],
  ['A', 4_999, 0],
  ['A', 5_000, 8_000],
  ['B', 5_000, 0],
  ['B', 9_000, 0],
  ['B', 13_000, Number.POSITIVE_INFINITY],
  ['A', 17_000, Number.POSITIVE_INFINITY],
] as const)('side %s at %d ms waits for its block %d ms', (side, now_ms, expected) => {
  const plan = { start_ms: 1_000, length_ms: 4_000, discarded_ms: 1_000, order: 'ABBA' };
  expect(waitForBlock_ms({ ...plan, side }, now_ms)).toBe(expected);
});
