/** Metric and tag names, as k6 v1.8.1 emits them (`metrics/builtin.go`). */
export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';

/** The trend that latencies are of. */
export const LATENCY_METRIC = 'http_req_duration';

/** Failed requests of a browser, which `http_req_failed` does not count. */
export const BROWSER_FAILED_METRIC = 'browser_http_req_failed';

/** The one rate that Loadstar itself adds: 1 for an iteration that a script exception ended. k6 counts those nowhere. */
export const EXCEPTION_METRIC = 'iteration_exceptions';

export const K6_METRICS = {
  http_reqs: 'counter',
  [LATENCY_METRIC]: 'trend',
  http_req_failed: 'rate',
  [BROWSER_FAILED_METRIC]: 'rate',
  checks: 'rate',
  iterations: 'counter',
  [EXCEPTION_METRIC]: 'rate',
  iteration_duration: 'trend',
  dropped_iterations: 'counter',
  vus: 'gauge',
  vus_max: 'gauge',
  data_sent: 'counter',
  data_received: 'counter',
} as const satisfies Record<string, MetricType>;

/** System tags that k6 may put on samples. `url` is not among them: it is unbounded, and nothing unbounded is a tag. */
export const SYSTEM_TAGS = ['scenario', 'name', 'method', 'status', 'group', 'check', 'error_code'] as const;

/** Those that k6 puts on samples by itself (v1.8.1, metrics/system_tag.go): selectors of a script's thresholds may name them. */
export const DEFAULT_SYSTEM_TAGS = [
  'proto',
  'subproto',
  'status',
  'method',
  'url',
  'name',
  'group',
  'check',
  'error',
  'error_code',
  'tls_version',
  'scenario',
  'service',
  'expected_response',
] as const;

/** Tags that the runner adds to every sample. Our output keeps a script from setting the first two. */
export const RUN_TAGS = { run: 'testid', project: 'project', generator: 'instance' } as const;
