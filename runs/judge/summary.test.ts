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

const trend = (count: number) =>
  ({
    type: 'trend',
    values: { count, min: 1, avg: 2, 'p(50)': 2, 'p(90)': 3, 'p(95)': 4, 'p(99)': 5, max: 6 },
  }) as const;
const counter = (count: number) => ({ type: 'counter', values: { count, rate: 1 } }) as const;

it('has the figures of gRPC calls, and not those of the login before them', () => {
  const metrics: K6Summary['metrics'] = {
    http_reqs: counter(1),
    http_req_failed: rate(0, 1),
    http_req_duration: trend(1),
    grpc_reqs: counter(40),
    grpc_req_failed: rate(10, 30),
    grpc_req_duration: trend(40),
  };
  const expected = { protocol: 'grpc', requests: 40, throughput_rps: 4, error_rate: 0.25, latency: { p95_ms: 4 } };
  expect(toHeadline({ ...k6, metrics })).toMatchObject(expected);
  const mixed = toHeadline({ ...k6, metrics: { ...metrics, http_reqs: counter(10) } });
  expect([mixed.protocol, mixed.requests]).toEqual([undefined, 10]);
});

it('counts calls by their times where a released k6 counts none', () => {
  const found = toHeadline({ ...k6, metrics: { grpc_req_duration: trend(7) } });
  expect(found).toMatchObject({ protocol: 'grpc', requests: 7 });
});
