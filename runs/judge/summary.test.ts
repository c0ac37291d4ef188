import { expect, it } from 'vitest';
import type { K6Summary } from '../../contract/k6-summary.ts';
import { toHeadline, withLoggedExceptions } from './summary.ts';

const rate = (passes: number, fails: number) =>
  ({ type: 'rate', values: { passes, fails, rate: passes / (passes + fails) } }) as const;
const k6: K6Summary = {
  metrics: { iterations: { type: 'counter', values: { count: 10, rate: 1 } }, iteration_exceptions: rate(2, 8) },
  state: { testRunDurationMs: 10_000 },
};

it.each([
  ['those that the script counted', 0, { script_exceptions: 2, exception_rate: 0.2 }],
  ['those of callbacks, which k6 logs alone', 5, { script_exceptions: 5, exception_rate: 0.5 }],
  ['at most all iterations', 12, { script_exceptions: 12, exception_rate: 1 }],
])('script exceptions are %s', (_, logged, expected) => {
  expect(toHeadline(withLoggedExceptions(k6, logged))).toMatchObject(expected);
});
