import type { Slo, SloIndicator } from '../../contract/slo.ts';

interface Form {
  readonly metric: string;
  readonly expression: (limit: number) => string;
}

const FORMS: Readonly<Record<SloIndicator, Form>> = {
  p95_ms: { metric: 'http_req_duration', expression: (limit) => `p(95)<${limit}` },
  p99_ms: { metric: 'http_req_duration', expression: (limit) => `p(99)<${limit}` },
  error_rate: { metric: 'http_req_failed', expression: (limit) => `rate<${limit}` },
  checks_rate: { metric: 'checks', expression: (limit) => `rate>${limit}` },
  throughput_rps: { metric: 'http_reqs', expression: (limit) => `rate>${limit}` },
};

/** @returns the k6 metric (a submetric where the SLO is for one request) and the threshold expression on it. */
export function thresholdOf(slo: Slo): { metric: string; expression: string } {
  const { metric, expression } = FORMS[slo.indicator];
  return {
    metric: slo.request ? `${metric}{name:${slo.request}}` : metric,
    expression: expression(slo.limit),
  };
}

/** All SLOs as k6's `thresholds` option. */
export function thresholdsOf(slos: readonly Slo[]): Record<string, string[]> {
  const thresholds: Record<string, string[]> = {};
  for (const slo of slos) {
    const { metric, expression } = thresholdOf(slo);
    thresholds[metric] = [...(thresholds[metric] ?? []), expression];
  }
  return thresholds;
}
