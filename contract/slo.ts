/** Service level objectives. Thresholds, verdicts, alert rules, dashboards and docs derive from what is here. */
import { K6_METRICS } from './k6-metrics.ts';
import { METRICS, type MetricKey } from './metrics.ts';

/** What an indicator has beside its row in the table of metrics (contract/metrics.ts). */
interface Indicator {
  /** null: no rule watches it while a run goes on; `reason` says why. */
  readonly alert: {
    readonly title: string;
    readonly severity: 'critical' | 'warning';
    /** Section of docs/runbook.md. */
    readonly runbook: string;
  } | null;
  readonly reason?: string;
}

/** Those that thresholds, merged data and alert rules can all work out: percentiles, means, shares and rates. */
type IndicatorKey = {
  [Key in MetricKey]: (typeof METRICS)[Key]['k6']['statistic'] extends 'avg' | 'rate' | 'value' | `p(${number})`
    ? Key
    : never;
}[MetricKey];

/**
 * What an SLO may be about. To add an indicator, add its key: unit, direction, k6 metric and statistic are those of the
 * metric, and all else follows from them.
 */
export const INDICATORS = {
  avg_ms: { alert: { title: 'average too high', severity: 'warning', runbook: 'p95-too-high' } },
  p50_ms: { alert: { title: 'p50 too high', severity: 'warning', runbook: 'p95-too-high' } },
  p90_ms: { alert: { title: 'p90 too high', severity: 'warning', runbook: 'p95-too-high' } },
  p95_ms: { alert: { title: 'p95 too high', severity: 'critical', runbook: 'p95-too-high' } },
  p99_ms: { alert: { title: 'p99 too high', severity: 'warning', runbook: 'p95-too-high' } },
  error_rate: { alert: { title: 'error rate too high', severity: 'critical', runbook: 'error-rate-too-high' } },
  checks_rate: { alert: { title: 'checks fail', severity: 'warning', runbook: 'checks-fail' } },
  exception_rate: {
    alert: null,
    reason: 'a broken script says nothing of the target; the run fails for it at its end',
  },
  throughput_rps: {
    alert: null,
    reason:
      'a ramp-up or ramp-down has less throughput by plan, so its last minute says nothing of the target; the whole run does',
  },
  /** k6 judges it: see {@link Slo.threshold}. */
  threshold: { alert: { title: 'threshold fails', severity: 'critical', runbook: 'a-threshold-of-a-script-fails' } },
} as const satisfies Partial<Record<IndicatorKey, Indicator>>;

export type SloIndicator = keyof typeof INDICATORS;

/** A threshold as a k6 script states it. */
export interface ScriptThreshold {
  /** With its selector: `http_req_duration{kind:list}`. */
  readonly metric: string;
  /** `p(95)<300` */
  readonly expression: string;
}

/** A service level objective. */
export interface Slo {
  /** What is limited: avg_ms, p50_ms, p90_ms, p95_ms, p99_ms, error_rate, checks_rate, exception_rate or throughput_rps. */
  readonly indicator: SloIndicator;
  /** In the unit that ends the indicator's name; rates are fractions (0.01 is 1 %). */
  readonly limit: number;
  /** Only this request, by its `name` tag; without it, the whole scenario. */
  readonly request?: string;
  /** The trend that a percentile or mean is of, if it is another than http_req_duration. */
  readonly metric?: string;
  /** Judged in this part of the run alone: a stage by its name (contract/stages.ts), or `steady`. */
  readonly during?: string | undefined;
  /** Judged in every window of this length (`30s`, `2m`): the worst one counts. */
  readonly over?: string | undefined;
  /** Ends the run when the value is beyond this limit, at the earliest so many seconds after the start: more load would show nothing new. */
  readonly aborts?: { readonly limit: number; readonly after_s: number };
  /** Ends the run as soon as the SLO fails, at the earliest {@link ABORT_AFTER_S} after the start. */
  readonly abort?: boolean | undefined;
  /** A short run may make no such request: then nothing is judged. */
  readonly rare?: true;
  /** false: judged by k6 and at the end of a run, without an alert rule. One for each request of each scenario would report one cause many times. */
  readonly alerts?: false;
  /** The bound itself fails: `<` and `>` instead of `<=` and `>=`. */
  readonly strict?: true;
  /** It comes from a k6 script: k6's own judgement of it counts. */
  readonly threshold?: ScriptThreshold;
  /** Why this limit and not another: for the person who is paged. */
  readonly reason: string;
}

/**
 * Every scenario has these SLOs over all requests, unless it states its own for the indicator: a run in which most requests
 * fail, or the script throws, must not pass. Where there is no sample there is nothing to judge, such as without HTTP.
 */
export const DEFAULT_SLOS = {
  error_rate: {
    indicator: 'error_rate',
    limit: 0.01,
    rare: true,
    reason: 'default of every scenario: more failed requests are no result of the target at work',
  },
  exception_rate: {
    indicator: 'exception_rate',
    limit: 0.01,
    rare: true,
    reason: 'default of every scenario: an iteration that throws leaves out what it should measure',
  },
} as const satisfies Partial<Record<SloIndicator, Slo>>;

export type DefaultIndicator = keyof typeof DEFAULT_SLOS;

/** A first second has few samples and cold caches: one slow answer in it fails p95. */
export const ABORT_AFTER_S = 10;

/** The value beyond which the SLO ends the run, if any. k6 evaluates thresholds every two seconds. */
export function abortsAt({ limit, abort, aborts }: Slo): Slo['aborts'] {
  return abort ? { limit, after_s: ABORT_AFTER_S } : aborts;
}

/** Whether an SLO is of parts of a run. k6's thresholds look at the whole, so InfluxDB's windows say whether it passed. */
export function isOfPart({ during, over }: Pick<Slo, 'during' | 'over'>): boolean {
  return during !== undefined || over !== undefined;
}

/** `30s` or `2m` in seconds. */
export function overSeconds(over: string): number {
  return Number.parseInt(over, 10) * (over.endsWith('m') ? 60 : 1);
}

/** Whether the limit is the highest value that passes, instead of the lowest. */
export function isUpperLimit(indicator: SloIndicator): boolean {
  return METRICS[indicator].worse === 'up';
}

/** Limits include their bound: all checks pass at `checks_rate: 1`, and no request may fail at `error_rate: 0`. */
const AT_MOST = { operator: '<=', sign: '≤', strict: '<' } as const;
const AT_LEAST = { operator: '>=', sign: '≥', strict: '>' } as const;

function bound(indicator: SloIndicator): typeof AT_MOST | typeof AT_LEAST {
  return isUpperLimit(indicator) ? AT_MOST : AT_LEAST;
}

/** What stands between a value and a limit that it passes, for people. */
export function sloSign(indicator: SloIndicator, is_strict = false): '≤' | '≥' | '<' | '>' {
  return is_strict ? bound(indicator).strict : bound(indicator).sign;
}

/** What stands between a value and a limit that it passes, in k6's thresholds and in Flux. */
export function sloOperator(indicator: SloIndicator): '<=' | '>=' {
  return bound(indicator).operator;
}

/** Whether a value passes. */
export function passes(
  { indicator, limit, strict }: Pick<Slo, 'indicator' | 'limit' | 'strict'>,
  value: number,
): boolean {
  if (strict && value === limit) return false;
  return isUpperLimit(indicator) ? value <= limit : value >= limit;
}

/** How the record, dashboards and k6's breaches call a threshold: k6/output/breaches.go writes the same text. */
export function thresholdText({ metric, expression }: ScriptThreshold): string {
  return `${metric}: ${expression}`;
}

/** The k6 metric that an SLO is of, whatever the request. */
export function k6MetricOf({ metric, indicator }: Pick<Slo, 'indicator' | 'metric'>): string {
  return metric ?? METRICS[indicator].k6.metric;
}

/** The same with the request, as k6 names it in thresholds and in its summary. */
export function k6SubmetricOf(slo: Pick<Slo, 'indicator' | 'metric' | 'request'>): string {
  return slo.request ? `${k6MetricOf(slo)}{name:${slo.request}}` : k6MetricOf(slo);
}

/**
 * Whether k6 can select a request by its `name` tag. It splits selectors at commas, and trims spaces and quotes off the
 * value (v1.8.1, metrics/metric.go: AddSubmetric): where it cannot, the run is judged by what InfluxDB has.
 */
export function isSelectable(request: string): boolean {
  return !/^[\s\u0085"']|[\s\u0085"']$|,/.test(request);
}

/** How an indicator is worked out from stored samples. */
export type Aggregation =
  | { readonly kind: 'percentile'; readonly share: number }
  | { readonly kind: 'mean' | 'share' | 'per_second' };

export function aggregationOf(indicator: SloIndicator): Aggregation {
  const metric: { readonly k6: { readonly metric: string }; readonly percentile?: number } = METRICS[indicator];
  if (metric.percentile !== undefined) return { kind: 'percentile', share: metric.percentile };
  const type = K6_METRICS[metric.k6.metric as keyof typeof K6_METRICS];
  return { kind: type === 'rate' ? 'share' : type === 'counter' ? 'per_second' : 'mean' };
}

/** Whether an alert rule watches the SLO while a run goes on. The warm-up is known at the end alone, so no rule watches a part. */
export function hasAlert({ indicator, alerts, during }: Pick<Slo, 'indicator' | 'alerts' | 'during'>): boolean {
  return alerts !== false && during === undefined && INDICATORS[indicator].alert !== null;
}
