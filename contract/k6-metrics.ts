/** Metric and tag names, as k6 v1.8.1 emits them (`metrics/builtin.go`). */
export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';

/** k6 keeps so many values of a trend as they are; with one more, it counts them all, percentiles within 0.1 %. */
export const MOST_EXACT_VALUES = 100_000;

interface Protocol {
  /** Of a request, for people. */
  readonly request: string;
  /** Begins its metrics: the number of requests (`http_reqs`), their latency and whether they failed. */
  readonly prefix: string;
  /** k6's own trend of which our k6 derives those that k6 lacks (k6/output/requests). */
  readonly source?: string;
  /** Status of a request that did not fail; left out where k6 says itself which did. */
  readonly passed?: string;
  /** Status of a request that nobody answered. */
  readonly unanswered?: string;
  /** Modules of k6 that speak it. */
  readonly modules: readonly string[];
}

/**
 * Ways to make requests. A run has the figures of one of them ({@link mainProtocol}); requests by name are of all. A gRPC stream
 * is one request, and so is a WebSocket: that which opens it.
 */
export const PROTOCOLS = {
  http: { request: 'HTTP request', prefix: 'http_req', unanswered: '0', modules: ['k6/http'] },
  grpc: {
    request: 'gRPC call',
    prefix: 'grpc_req',
    source: 'grpc_req_duration',
    // OK and UNAVAILABLE: https://grpc.io/docs/guides/status-codes/
    passed: '0',
    unanswered: '14',
    modules: ['k6/net/grpc'],
  },
  ws: {
    request: 'WebSocket',
    prefix: 'ws_req',
    source: 'ws_connecting',
    passed: '101',
    modules: ['k6/ws', 'k6/websockets', 'k6/experimental/websockets'],
  },
  browser: {
    request: 'request of a page',
    prefix: 'browser_http_req',
    source: 'browser_http_req_duration',
    unanswered: '0',
    modules: ['k6/browser'],
  },
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

/** The metrics of a protocol's requests. */
export function requestMetrics(protocol: ProtocolName) {
  const { prefix } = PROTOCOLS[protocol];
  return { requests: `${prefix}s`, duration: `${prefix}_duration`, failed: `${prefix}_failed` } as const;
}

/** The protocol whose metric this is, if it is one of the three of {@link requestMetrics}. */
export function protocolOf(metric: string): ProtocolName | null {
  return PROTOCOL_NAMES.find((name) => Object.values<string>(requestMetrics(name)).includes(metric)) ?? null;
}

/** With fewer than this share of all requests, a protocol is not what a run is about: a login before gRPC calls. */
export const LEAST_SHARE = 0.1;

/** The protocol that the figures of a run are of: the first in the order of the table that is not a mere trifle. */
export function mainProtocol(requests: (protocol: ProtocolName) => number): ProtocolName {
  const total = PROTOCOL_NAMES.reduce((sum, name) => sum + requests(name), 0);
  return PROTOCOL_NAMES.find((name) => requests(name) >= total * LEAST_SHARE && requests(name) > 0) ?? 'http';
}

/** The trend that latencies are of. */
export const LATENCY_METRIC = requestMetrics('http').duration;

/** The one rate that Loadstar itself adds: 1 for an iteration that a script exception ended. k6 counts those nowhere. */
export const EXCEPTION_METRIC = 'iteration_exceptions';

export const K6_METRICS = {
  http_reqs: 'counter',
  [LATENCY_METRIC]: 'trend',
  http_req_failed: 'rate',
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

/** The type of a metric of k6, or of those of {@link PROTOCOLS}; undefined for one that a script makes. */
export function builtInType(metric: string): MetricType | undefined {
  const protocol = protocolOf(metric);
  if (protocol === null) return (K6_METRICS as Readonly<Record<string, MetricType>>)[metric];
  const { requests, failed } = requestMetrics(protocol);
  if (metric === requests) return 'counter';
  return metric === failed ? 'rate' : 'trend';
}

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
