import { expect, it } from 'vitest';
import { startOfStretch, worstStretch } from './symptom.ts';

const ERRORS = { indicator: 'error_rate', limit: 0.1 } as const;

/** Parts of 100 requests, of which so many failed. */
const parts = (...failed: readonly number[]) =>
  failed.map((value) => ({ histogram: null, value, count: 100, span_s: 5 }));

it('is the stretch that made the whole fail, and not the cold start before it', () => {
  expect(worstStretch(ERRORS, parts(20, 12, 0, 1, 0, 60, 80, 70, 0))).toEqual({
    from: 5,
    to: 8,
    value: 0.7,
    before: 0.01,
  });
});

it('goes on over a good part in between', () => {
  expect(worstStretch(ERRORS, parts(0, 30, 5, 30, 30, 0, 0))).toMatchObject({ from: 1, to: 5 });
});

it('is a blip only where nothing lasts', () => {
  expect(worstStretch(ERRORS, parts(0, 100, 0, 0, 20, 20, 0))).toMatchObject({ from: 4, to: 6 });
  expect(worstStretch(ERRORS, parts(0, 100, 0, 0, 0))).toMatchObject({ from: 1, to: 2 });
});

it('needs enough samples, and a part beyond the limit', () => {
  expect(worstStretch(ERRORS, parts(10, 9, 0))).toBeNull();
  expect(worstStretch(ERRORS, [{ histogram: null, value: 5, count: 5, span_s: 5 }])).toBeNull();
});

it('is below a lower limit', () => {
  const checks = { indicator: 'checks_rate', limit: 0.9 } as const;
  expect(worstStretch(checks, parts(95, 100, 40, 50))).toMatchObject({ from: 2, to: 4 });
});

it('begins in the first piece that is bad for longer than a blip', () => {
  const pieces = (...failed: readonly number[]) =>
    failed.map((value) => ({ histogram: null, value, count: 4, span_s: 1 }));
  expect(startOfStretch(ERRORS, pieces(0, 0, 1, 4, 4))).toBe(2);
  expect(startOfStretch(ERRORS, pieces(1, 0, 0, 4, 4))).toBe(3);
  expect(startOfStretch(ERRORS, pieces(0, 0, 0, 0, 4))).toBe(4);
  expect(startOfStretch(ERRORS, pieces(0, 0))).toBeNull();
});
