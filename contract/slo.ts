/** A service level objective. Thresholds, alert rules, dashboard lines and docs derive from these; nothing restates them. */
export type SloIndicator = 'p95_ms' | 'p99_ms' | 'error_rate' | 'checks_rate' | 'throughput_rps';

export interface Slo {
  readonly indicator: SloIndicator;
  /** In the unit that ends the indicator's name; rates are fractions (0.01 is 1 %). */
  readonly limit: number;
  /** Only this request, by its `name` tag; without it, the whole scenario. */
  readonly request?: string;
  /** Why this limit and not another: for whoever is paged by it. */
  readonly reason: string;
}

/** `below`: the value must stay under the limit; `above`: over it. */
export const SLO_DIRECTION: Readonly<Record<SloIndicator, 'below' | 'above'>> = {
  p95_ms: 'below',
  p99_ms: 'below',
  error_rate: 'below',
  checks_rate: 'above',
  throughput_rps: 'above',
};
