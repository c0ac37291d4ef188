/** The one example run of the tests: it has regressed, and all that differs from that is derived from it. */
import { sentenceOf } from '../analysis/verdict-text.ts';
import type { Causes } from '../contract/causes.ts';
import { type MetricValues, metricValues } from '../contract/metrics.ts';
import type { Comparison, MetricComparison, RunSummary } from '../contract/results.ts';
import { summaryValue } from '../contract/summary.ts';
import type { HistoryRun, IndexRun, ReportInput } from './html/input.ts';

const BASELINE_RUNS = 12;

/** A figure of the example's comparison: its p95, and what differs. */
export function metric(more: Partial<MetricComparison>): MetricComparison {
  const row = {
    metric: 'p95_ms' as const,
    request: null,
    baseline: 480,
    value: 612,
    change: 0.275,
    difference: 132,
    low: 460,
    high: 500,
    verdict: 'regressed' as const,
    ...more,
  };
  const judged = {
    ...row,
    value: row.value ?? 0,
    since: null,
    baseline_runs: BASELINE_RUNS,
    worse_runs: 1,
    repeats: 2,
  };
  return { ...row, sentence: sentenceOf(row.metric, row.request, judged), ...more };
}

export const REGRESSED: Comparison = {
  verdict: 'regressed',
  sentence: metric({}).sentence,
  baseline: { kind: 'rolling', runs: BASELINE_RUNS, testid: 'run-before', branch: 'main' },
  metrics: [
    metric({}),
    metric({ request: 'GET /b', baseline: 400, value: 700, change: 0.75, difference: 300, low: 380, high: 430 }),
    metric({
      request: 'GET /c',
      baseline: 9,
      value: 15,
      change: 0.667,
      difference: 6,
      low: 7,
      high: 11,
      verdict: 'suspected',
    }),
    metric({
      metric: 'error_rate',
      baseline: 0,
      value: 0.012,
      change: null,
      difference: 0.012,
      low: 0,
      high: 0.014,
      verdict: 'same',
    }),
    metric({
      metric: 'throughput_rps',
      baseline: 42,
      value: 41.1,
      change: -0.021,
      difference: -0.9,
      low: 39,
      high: 45,
      verdict: 'same',
    }),
  ],
};

/** What the telemetry of its target says. */
export const CAUSES: Causes = {
  symptom: { kind: 'slo', metric: 'p95_ms', request: 'GET /b', limit: 600, at: '2026-11-24T12:34:20.000Z' },
  ranked: [
    {
      component: 'db',
      series: 'connections in use',
      instance: '',
      kind: 'utilisation',
      unit: 'count',
      change: 'limit',
      at: '2026-11-24T12:34:12.000Z',
      value: 20,
      limit: 20,
      usual: 6,
      baseline_runs: BASELINE_RUNS,
      baseline_most: 11,
      sentence:
        '`db` connections in use reached 20 of 20 at 12:34:12, 8 s before p95 of GET /b passed 600 ms; in the 12 baseline runs at most 11.',
    },
  ],
  series: 34,
};

/** It kept its SLOs and is worse than its baseline; two generators made it, so its percentiles are merged. */
export const REGRESSED_RUN: RunSummary = {
  schema_version: 1,
  testid: '20261124T104523Z-search-smoke-x7kq',
  project: 'shop',
  confirms: null,
  scenario: 'search',
  profile: 'smoke',
  target: { base_url: 'https://staging.example.com', name: 'staging.example.com' },
  app: { version: '2.14.0', commit: '4f2c1d9', branch: 'feature/faster' },
  engine: 'native',
  outputs: ['loadstar'],
  k6_version: '1.8.1',
  started: '2026-11-24T10:45:23.000Z',
  ended: '2026-11-24T10:45:53.000Z',
  planned_end: '2026-11-24T10:45:53.000Z',
  duration_s: 30,
  status: 'passed',
  verdict: REGRESSED.sentence.replace(/\.$/, ''),
  exit_code: 3,
  k6_exit_code: 0,
  requests: 1234,
  throughput_rps: 41.1,
  error_rate: 0.012,
  checks_rate: 0.9971,
  iterations: 1234,
  dropped_iterations: 0,
  script_exceptions: 0,
  vus_max: 5,
  data_sent_bytes: 1,
  data_received_bytes: 1,
  latency: { min_ms: 1, avg_ms: 90, p50_ms: 61.34, p90_ms: 400, p95_ms: 612, p99_ms: 998.4, max_ms: 1200 },
  slos: [
    { indicator: 'p95_ms', metric: null, request: null, limit: 1000, value: 612, ok: true },
    { indicator: 'error_rate', metric: null, request: null, limit: 0.07, value: 0.012, ok: true },
  ],
  by_request: [
    { name: 'GET /a', requests: 590, p50_ms: 10, p95_ms: 20, p99_ms: 30, max_ms: 40, error_rate: 0 },
    { name: 'GET /b', requests: 610, p50_ms: 300, p95_ms: 700, p99_ms: 998.4, max_ms: 1200, error_rate: 0.024 },
    { name: 'GET /c', requests: 20, p50_ms: 10, p95_ms: 15, p99_ms: 30, max_ms: 40, error_rate: 0 },
    { name: 'GET /d', requests: 14, p50_ms: 10, p95_ms: 10, p99_ms: 30, max_ms: 40, error_rate: 0 },
  ],
  completeness: {
    state: 'complete',
    samples_sent: 9000,
    samples_stored: 9000,
    tolerance: 0,
    rows: [{ metric: 'http_reqs', quantity: 'sum', sent: 1234, stored: 1234, ok: true }],
  },
  output: null,
  overflow: null,
  generator: {
    saturated: false,
    seconds: 30,
    peak_machine_cpu: 0.4,
    peak_resident_bytes: 1_000_000,
    delayed: { 1: 0.03, 2: 0.008 },
    effects: { p50_ms: 1.5, p95_ms: 4, p99_ms: 9, throughput_rps: 1 },
  },
  generators: { expected: 2, ended: ['a-1', 'a-2'], lost: [] },
  comparison: REGRESSED,
  links: {
    grafana: 'https://grafana.example.com/d/loadstar-live/live?var-testid=x&from=1&to=2',
    compare: 'https://grafana.example.com/d/loadstar-compare/compare?var-testid=x&var-against=run-before',
    live_view: null,
  },
};

const { generators: _several, ...ALONE } = REGRESSED_RUN;

/** Of one generator, without a history. */
export const PASSED_RUN: RunSummary = {
  ...ALONE,
  verdict: '2 of 2 SLOs passed over 1,234 requests',
  exit_code: 0,
  comparison: null,
  links: { ...REGRESSED_RUN.links, compare: null },
};

export const FAILED_RUN: RunSummary = {
  ...PASSED_RUN,
  status: 'failed',
  verdict: 'p95 ≤ 500 ms is 612 ms',
  exit_code: 99,
  k6_exit_code: 99,
  slos: PASSED_RUN.slos.map((slo) => (slo.indicator === 'p95_ms' ? { ...slo, limit: 500, ok: false } : slo)),
};

/** The figures of the example, and what differs. */
export function exampleValues(more: Partial<MetricValues> = {}): MetricValues {
  return { ...metricValues((key) => summaryValue(PASSED_RUN, key)), ...more };
}

export const historyRun = (place: number, more: Partial<HistoryRun> = {}): HistoryRun => ({
  testid: `run-${place}`,
  started: new Date(Date.UTC(2026, 10, place + 1, 2)).toISOString(),
  commit: `c0ffee${place}`,
  status: 'passed',
  comparison: 'same',
  values: exampleValues({ p95_ms: 470 + place, throughput_rps: 42, error_rate: 0 }),
  expected: place < 3 ? {} : { p95_ms: { baseline: 480, low: 460, high: 500 } },
  shifts: {},
  ...more,
});

/** What the page of the example is made of. */
export const INPUT: ReportInput = {
  generated: '2026-11-24T10:46:05.000Z',
  run: REGRESSED_RUN,
  title: 'Search',
  over_time: {
    began: '2026-11-24T10:45:30.000Z',
    step_s: 5,
    steps: Array.from({ length: 6 }, (_, place) => ({
      at_s: place * 5,
      throughput_rps: 41.1,
      failed_rps: place === 4 ? 3 : 0,
      users: 5,
      p50_ms: 60,
      p95_ms: 600 + place,
      p99_ms: 998,
    })),
  },
  telemetry: null,
  histogram: { counts: { b200: 600, b250: 500, b300: 74, b340: 60 }, min: 1, max: 1200 },
  history: [
    ...Array.from({ length: 6 }, (_, place) => historyRun(place)),
    historyRun(6, {
      testid: REGRESSED_RUN.testid,
      comparison: 'regressed',
      values: exampleValues(),
      shifts: { p95_ms: 0.275 },
    }),
  ],
  notes: [],
};

export const indexRun = (place: number, more: Partial<IndexRun> = {}): IndexRun => ({
  ...historyRun(place),
  project: 'shop',
  scenario: 'search',
  profile: 'smoke',
  target: 'staging.example.com',
  branch: 'main',
  version: null,
  verdict: PASSED_RUN.verdict,
  ab_side: null,
  ab_verdict: null,
  page: `run-${place}/report.html`,
  by_request: REGRESSED_RUN.by_request,
  histogram: INPUT.histogram,
  ...more,
});
