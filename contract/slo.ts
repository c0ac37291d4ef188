/** A service level objective. Thresholds, alert rules, dashboard lines and docs derive from these; nothing restates them. */
export type SloIndicator = 'p95_ms' | 'p99_ms' | 'error_rate' | 'checks_rate' | 'throughput_rps';

export interface Slo {
  readonly indicator: SloIndicator;
  /** In the unit that ends the indicator's name; rates are fractions (0.01 is 1 %). */
  readonly limit: number;
  /** Only this request, by its `name` tag; without it, the whole scenario. */
  readonly request?: string;
  /** The trend that p95_ms or p99_ms is of, where it is another than http_req_duration. */
  readonly metric?: string;
  /** Ends the run where the value is even beyond this, from so many seconds after its start on: the rest would tell nothing new. */
  readonly aborts?: { readonly limit: number; readonly after_s: number };
  /** Ends the run as soon as it is broken, from {@link ABORT_AFTER_S} after its start on. */
  readonly abort?: boolean | undefined;
  /** The scenario may make no such request at all in a short run: then nothing is judged. */
  readonly rare?: true;
  /** false: judged by k6 and at the end of a run, and has no alert rule: one for each request of each scenario would say one thing many times. */
  readonly alerts?: false;
  /** Why this limit and not another: for whoever is paged by it. */
  readonly reason: string;
}

/** A first second has few samples and cold caches: one slow answer in it is a broken p95. */
export const ABORT_AFTER_S = 10;

/** The value from which on the SLO ends the run, if any does. k6 looks every two seconds. */
export function abortsAt({ limit, abort, aborts }: Slo): Slo['aborts'] {
  return abort ? { limit, after_s: ABORT_AFTER_S } : aborts;
}

/** `below`: the value must stay under the limit; `above`: over it. */
export const SLO_DIRECTION: Readonly<Record<SloIndicator, 'below' | 'above'>> = {
  p95_ms: 'below',
  p99_ms: 'below',
  error_rate: 'below',
  checks_rate: 'above',
  throughput_rps: 'above',
};
