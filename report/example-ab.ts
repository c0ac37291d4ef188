/** The example of `loadstar ab` in tests: one request is slower in head, the other one is unclear. */
import type { AbComparison, AbPair, AbResult, RunSummary } from '../contract/results.ts';
import { PASSED_RUN } from './example-run.ts';

const PAIRS = 24;
const BLOCK_S = 4;
const FIRST_S = 16;

/** Pairs around two levels, with the noise that blocks have. */
export function abPairs(base_ms: number, head_ms: number): AbPair[] {
  return Array.from({ length: PAIRS }, (_, place) => ({
    at_s: FIRST_S + place * 2 * BLOCK_S,
    base_ms: base_ms * (1 + 0.04 * Math.sin(place * 1.7)),
    head_ms: head_ms * (1 + 0.04 * Math.sin(place * 2.3 + 1)),
  }));
}

export function abComparison(more: Partial<AbComparison>): AbComparison {
  return {
    request: null,
    verdict: 'regressed',
    base_ms: 50,
    head_ms: 54.2,
    difference_ms: 4.1,
    change: 0.082,
    low: 0.051,
    high: 0.113,
    base_p95_ms: 121,
    head_p95_ms: 128,
    base_requests: 2210,
    head_requests: 2195,
    errors: { base: 0, head: 0, verdict: 'same' },
    needed_s: null,
    sentence: 'All requests together: 8.2 % slower (50 → 54.2 ms; between 5.1 % and 11.3 %)',
    pairs: abPairs(50, 54.2),
    ...more,
  };
}

export const AB: AbResult = {
  base: {
    testid: '20261129T104523Z-search-smoke-b2kd',
    target: { base_url: 'http://127.0.0.1:4001', name: '127.0.0.1:4001' },
    command: 'node build/base.js',
    app: { version: '2.13.0', commit: '0a1b2c3' },
  },
  head: {
    testid: '20261129T104523Z-search-smoke-h7qx',
    target: { base_url: 'http://127.0.0.1:4002', name: '127.0.0.1:4002' },
    command: 'node build/head.js',
    app: { version: '2.14.0', commit: '4f2c1d9' },
  },
  verdict: 'regressed',
  sentence: 'head is slower than base: GET /a by 12.4 % (+7.6 ms; between 9 % and 15.9 %)',
  end: 'answer',
  started: '2026-11-29T10:45:28.000Z',
  ended: '2026-11-29T10:48:56.000Z',
  budget_s: 300,
  needed_s: null,
  blocks: {
    length_s: BLOCK_S,
    discarded_s: 1,
    warm_up: 4,
    order: 'ABBABAABABBABAABABBABAABABBABAABABBABAABABBABAABABBA',
  },
  least_change: 0.03,
  false_alarms: 0.005,
  overall: abComparison({}),
  requests: [
    abComparison({
      request: 'GET /a',
      base_ms: 61.3,
      head_ms: 68.9,
      difference_ms: 7.6,
      change: 0.124,
      low: 0.09,
      high: 0.159,
      base_requests: 1105,
      head_requests: 1098,
      sentence: 'GET /a: 12.4 % slower (61.3 → 68.9 ms; between 9 % and 15.9 %)',
      pairs: abPairs(61.3, 68.9),
    }),
    abComparison({
      request: 'GET /b',
      verdict: 'unclear',
      base_ms: 38.7,
      head_ms: 39.4,
      difference_ms: 0.7,
      change: 0.018,
      low: -0.021,
      high: 0.058,
      base_requests: 1105,
      head_requests: 1097,
      errors: { base: 0.001, head: 0.002, verdict: 'same' },
      needed_s: 420,
      sentence: 'GET /b: between −2.1 % and 5.8 %: too close to say (about 7 min more would be needed)',
      pairs: abPairs(38.7, 39.4),
    }),
  ],
  not_judged: ['GET /rare'],
};

/** The run of head, whose summary carries the result; that of base has `ab_run` alone. */
export const AB_RUN: RunSummary = {
  ...PASSED_RUN,
  testid: AB.head.testid,
  target: AB.head.target,
  verdict: AB.sentence,
  exit_code: 3,
  slos: [],
  ab_run: { side: 'head', other: AB.base.testid },
  ab: AB,
  links: {
    ...PASSED_RUN.links,
    compare: `https://grafana.example.com/d/loadstar-compare/compare?var-b=${AB.head.testid}&var-a=${AB.base.testid}`,
  },
};
