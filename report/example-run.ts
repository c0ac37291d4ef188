import type { Comparison, MetricComparison, RunSummary } from '../contract/results.ts';

/** For tests of reporters: a run that failed, with p95 over its limit and one request to blame. */
export const FAILED_RUN: RunSummary = {
  schema_version: 1,
  testid: '20261124T104523Z-search-smoke-x7kq',
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
  status: 'failed',
  verdict: 'p95 < 500 ms is 612 ms',
  exit_code: 99,
  k6_exit_code: 99,
  requests: 1234,
  throughput_rps: 41.1,
  error_rate: 0.012,
  checks_rate: 1,
  iterations: 1234,
  dropped_iterations: 0,
  script_exceptions: 0,
  vus_max: 5,
  data_sent_bytes: 1,
  data_received_bytes: 1,
  latency: { min_ms: 1, avg_ms: 90, p50_ms: 80, p90_ms: 400, p95_ms: 612, p99_ms: 900, max_ms: 1200 },
  slos: [
    { indicator: 'p95_ms', metric: null, request: null, limit: 500, value: 612, ok: false },
    { indicator: 'error_rate', metric: null, request: null, limit: 0.05, value: 0.012, ok: true },
  ],
  by_request: [
    { name: 'GET /a', requests: 600, p50_ms: 10, p95_ms: 20, p99_ms: 30, max_ms: 40, error_rate: 0 },
    { name: 'GET /b', requests: 600, p50_ms: 300, p95_ms: 700, p99_ms: 900, max_ms: 1200, error_rate: 0.024 },
    { name: 'GET /c', requests: 20, p50_ms: 10, p95_ms: 15, p99_ms: 30, max_ms: 40, error_rate: 0 },
    { name: 'GET /d', requests: 14, p50_ms: 10, p95_ms: 10, p99_ms: 30, max_ms: 40, error_rate: 0 },
  ],
  completeness: { state: 'complete', samples_sent: 9000, samples_stored: 9000, tolerance: 0, rows: [] },
  output: null,
  overflow: null,
  generator: null,
  comparison: null,
  links: {
    grafana: 'https://grafana.example.com/d/loadstar-live/live?var-testid=x&from=1&to=2',
    compare: null,
    live_view: null,
  },
};

export const PASSED_RUN: RunSummary = {
  ...FAILED_RUN,
  status: 'passed',
  verdict: '2 of 2 SLOs held over 1,234 requests',
  exit_code: 0,
  slos: FAILED_RUN.slos.map((slo) => ({ ...slo, limit: slo.indicator === 'p95_ms' ? 1_000 : slo.limit, ok: true })),
};

export function metric(more: Partial<MetricComparison>): MetricComparison {
  return {
    metric: 'p95_ms',
    request: null,
    baseline: 480,
    value: 612,
    change: 0.275,
    difference: 132,
    low: 460,
    high: 500,
    confidence: 0.99,
    verdict: 'regressed',
    sentence: 'p95 is 612 ms, 27.5 % above the baseline of 480 ms: worse, and confirmed.',
    ...more,
  };
}

export const REGRESSED: Comparison = {
  verdict: 'regressed',
  sentence: 'p95 is 612 ms, 27.5 % above the baseline of 480 ms: worse, and confirmed.',
  baseline: { kind: 'rolling', runs: 12, testid: 'run-before', branch: 'main' },
  metrics: [
    metric({}),
    metric({ request: 'GET /c', baseline: 9, value: 15, change: 0.67, difference: 6, verdict: 'suspected' }),
    metric({ request: 'GET /b', baseline: 400, value: 700, change: 0.75, difference: 300 }),
    metric({ metric: 'error_rate', baseline: 0, value: 0.012, change: null, difference: 0.012, verdict: 'same' }),
    metric({ metric: 'throughput_rps', baseline: 42, value: 41.1, change: -0.021, difference: -0.9, verdict: 'same' }),
  ],
};
