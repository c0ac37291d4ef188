import type { Threshold } from 'k6/options';
import { LATENCY_METRIC } from '../contract/k6-metrics.ts';
import { abortsAt, type Slo, type SloIndicator } from '../contract/slo.ts';

interface Form {
  readonly metric: string;
  readonly expression: (limit: number) => string;
}

const FORMS: Readonly<Record<SloIndicator, Form>> = {
  p95_ms: { metric: LATENCY_METRIC, expression: (limit) => `p(95)<${limit}` },
  p99_ms: { metric: LATENCY_METRIC, expression: (limit) => `p(99)<${limit}` },
  error_rate: { metric: 'http_req_failed', expression: (limit) => `rate<${limit}` },
  checks_rate: { metric: 'checks', expression: (limit) => `rate>${limit}` },
  throughput_rps: { metric: 'http_reqs', expression: (limit) => `rate>${limit}` },
};

/** @returns the k6 metric (a submetric where the SLO is for one request) and the threshold expression on it. */
export function thresholdOf(slo: Slo): { metric: string; expression: string } {
  const metric = metricOf(slo);
  return {
    metric: slo.request ? `${metric}{name:${slo.request}}` : metric,
    expression: FORMS[slo.indicator].expression(slo.limit),
  };
}

/** The k6 metric that an SLO is of, whatever the request. */
export function metricOf({ metric, indicator }: Slo): string {
  return metric ?? FORMS[indicator].metric;
}

/** All SLOs as k6's `thresholds` option. */
export function thresholdsOf(slos: readonly Slo[]): Record<string, Threshold[]> {
  const thresholds: Record<string, Threshold[]> = {};
  for (const slo of slos) {
    const { metric, expression } = thresholdOf(slo);
    thresholds[metric] = [...(thresholds[metric] ?? []), ...expressionsOf(slo, expression)];
  }
  return thresholds;
}

/** Where the limit that ends the run is another than the one that fails it, it is a threshold of its own. */
function expressionsOf(slo: Slo, expression: string): Threshold[] {
  const aborts = abortsAt(slo);
  if (!aborts) return [expression];
  const threshold = FORMS[slo.indicator].expression(aborts.limit);
  const ending = { threshold, abortOnFail: true, delayAbortEval: `${aborts.after_s}s` };
  return threshold === expression ? [ending] : [expression, ending];
}
