import type { MetricTotals } from '../../analysis/completeness.ts';
import { EXCEPTION_METRIC, mainProtocol, type ProtocolName, requestMetrics } from '../../contract/k6-metrics.ts';
import type { K6Metric, K6Summary } from '../../contract/k6-summary.ts';
import { ratePerSecond } from '../../contract/load-span.ts';
import { LATENCY_METRICS, METRICS } from '../../contract/metrics.ts';
import type { Latency } from '../../contract/results.ts';

const MS_PER_S = 1_000;

/** The headline figures of a run, taken from k6's own end-of-test data and from nowhere else. */
export interface Headline {
  /** What the requests are; left out: HTTP. */
  readonly protocol?: ProtocolName;
  /** Of the load (contract/load-span.ts). */
  readonly duration_s: number;
  readonly requests: number;
  readonly throughput_rps: number;
  readonly error_rate: number;
  readonly checks_rate: number | null;
  readonly exception_rate: number | null;
  readonly script_exceptions: number;
  readonly iterations: number;
  readonly dropped_iterations: number;
  readonly vus_max: number;
  readonly data_sent_bytes: number;
  readonly data_received_bytes: number;
  readonly latency: Latency | null;
}

export function toHeadline(k6: K6Summary): Headline {
  const protocol = protocolOfRun(k6);
  const durations = k6.metrics[requestMetrics(protocol).duration];
  const failures = k6.metrics[requestMetrics(protocol).failed];
  const requests = requestsOf(k6, protocol);
  const duration_s = k6.state.testRunDurationMs / MS_PER_S;
  return {
    ...(protocol === 'http' ? {} : { protocol }),
    duration_s,
    requests,
    throughput_rps: ratePerSecond(requests, k6.state.testRunDurationMs),
    error_rate: rate(failures) ?? 0,
    checks_rate: rate(k6.metrics.checks),
    exception_rate: rate(k6.metrics[EXCEPTION_METRIC]),
    script_exceptions: passes(k6.metrics[EXCEPTION_METRIC]),
    iterations: count(k6.metrics.iterations),
    dropped_iterations: count(k6.metrics.dropped_iterations),
    vus_max: most(k6.metrics.vus ?? k6.metrics.vus_max),
    data_sent_bytes: count(k6.metrics.data_sent),
    data_received_bytes: count(k6.metrics.data_received),
    latency: latency(durations),
  };
}

/** What the figures of a run are of. */
export function protocolOfRun(k6: K6Summary): ProtocolName {
  return mainProtocol((protocol) => requestsOf(k6, protocol));
}

/** A released k6 counts HTTP requests alone; of the others it has the time that each took. */
function requestsOf(k6: K6Summary, protocol: ProtocolName): number {
  const { requests, duration } = requestMetrics(protocol);
  return k6.metrics[requests] ? count(k6.metrics[requests]) : samples(k6.metrics[duration]);
}

function latency(metric: K6Metric | undefined): Latency | null {
  if (metric?.type !== 'trend' || metric.values.count === 0) return null;
  const { values } = metric;
  return Object.fromEntries(LATENCY_METRICS.map((key) => [key, values[METRICS[key].k6.statistic]])) as Latency;
}

function most(metric: K6Metric | undefined): number {
  return metric?.type === 'gauge' ? metric.values.max : 0;
}

function samples(metric: K6Metric | undefined): number {
  return metric?.type === 'trend' ? metric.values.count : 0;
}

function count(metric: K6Metric | undefined): number {
  return metric?.type === 'counter' ? metric.values.count : 0;
}

/** null where k6 took no sample: a rate of nothing is not 0. */
function rate(metric: K6Metric | undefined): number | null {
  if (metric?.type !== 'rate') return null;
  return metric.values.passes + metric.values.fails > 0 ? metric.values.rate : null;
}

/** Of a rate: its samples that are not 0. */
function passes(metric: K6Metric | undefined): number {
  return metric?.type === 'rate' ? metric.values.passes : 0;
}

/**
 * k6's data with the script exceptions of its log: those in callbacks of timers and WebSockets end an iteration too, and the
 * script itself does not see them.
 */
export function withLoggedExceptions(k6: K6Summary, logged: number): K6Summary {
  const counted = passes(k6.metrics[EXCEPTION_METRIC]);
  const iterations = Math.max(count(k6.metrics.iterations), logged);
  if (logged <= counted) return k6;
  const values = { rate: logged / iterations, passes: logged, fails: iterations - logged };
  return { ...k6, metrics: { ...k6.metrics, [EXCEPTION_METRIC]: { type: 'rate', values } } };
}

/** k6's totals by metric, for the completeness check. Submetrics (`x{tag:value}`) repeat what their metric holds. */
export function k6Totals(k6: K6Summary): Map<string, MetricTotals> {
  const metrics = Object.entries(k6.metrics).filter(([name]) => !name.includes('{'));
  return new Map(metrics.map(([name, metric]) => [name, totals(metric)]));
}

function totals(metric: K6Metric): MetricTotals {
  const nothing = { sum: 0, count: 0, min: 0, max: 0 };
  switch (metric.type) {
    case 'counter':
      return { ...nothing, type: 'counter', sum: metric.values.count };
    case 'gauge':
      return { ...nothing, type: 'gauge', min: metric.values.min, max: metric.values.max };
    case 'rate':
      return {
        ...nothing,
        type: 'rate',
        sum: metric.values.passes,
        count: metric.values.passes + metric.values.fails,
      };
    case 'trend':
      return { ...nothing, type: 'trend', count: metric.values.count, min: metric.values.min, max: metric.values.max };
  }
}
