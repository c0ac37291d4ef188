/** SLOs in words, for every output. */
import { metricLabel, metricValue } from './metric-text.ts';
import type { SloResult } from './results.ts';
import { sloSign } from './slo.ts';

/** What stands where an SLO has no sample. */
export const NO_DATA = 'no data';

/** `612 ms`, or that there is none. */
export function sloValue({ indicator, value }: Pick<SloResult, 'indicator' | 'value'>): string {
  return value === null ? NO_DATA : metricValue(indicator, value);
}

type Limited = Pick<SloResult, 'indicator' | 'limit' | 'strict' | 'expression'>;

/** `≤ 500 ms`; of a threshold of a script its own words. */
export function sloLimit({ indicator, limit, strict, expression }: Limited): string {
  return expression ?? `${sloSign(indicator, strict)} ${metricValue(indicator, limit)}`;
}

/** `p95 ≤ 500 ms` */
export function sloCondition(slo: Limited): string {
  if (slo.expression !== undefined) return slo.expression;
  return `${metricLabel(slo.indicator)} ${sloLimit(slo)}`;
}

interface Part {
  readonly during?: string | undefined;
  readonly over?: string | undefined;
}

interface Named extends Limited, Part {
  readonly request?: string | null | undefined;
  readonly metric?: string | null | undefined;
}

/** `steady, any 30 s`; empty for an SLO of the whole run. */
export function sloPart({ during, over }: Part): string {
  return [during, over && `any ${over.replace(/([sm])$/, ' $1').replace(/m$/, 'min')}`].filter(Boolean).join(', ');
}

/** `p95 ≤ 500 ms`, with the part of the run, the metric and the request if it is for one. */
export function sloName(slo: Named): string {
  const part = sloPart(slo);
  return [sloCondition(slo), part && `(${part})`, slo.metric && `of ${slo.metric}`, slo.request && `for ${slo.request}`]
    .filter(Boolean)
    .join(' ');
}

/** `p95 ≤ 500 ms is 612 ms` */
export function sloOutcome(slo: SloResult): string {
  return `${sloName(slo)} ${slo.value === null ? 'has' : 'is'} ${sloValue(slo)}`;
}

/** How the result of an SLO is shown. */
export const SLO_STATE = { passed: '✓ passed', failed: '✗ failed', no_data: '– no data' } as const;

export type SloState = keyof typeof SLO_STATE;

/** k6 passes a threshold that saw no sample, which says nothing of the target. All other SLOs without a sample fail. */
export function sloState({ ok, value }: Pick<SloResult, 'ok' | 'value'>): SloState {
  if (!ok) return 'failed';
  return value === null ? 'no_data' : 'passed';
}

/** Results that were judged on samples. */
export function judgedOnSamples<Result extends Pick<SloResult, 'ok' | 'value'>>(slos: readonly Result[]): Result[] {
  return slos.filter((slo) => sloState(slo) !== 'no_data');
}

/** Subject of an SLO that is of no request in particular. */
export const ALL_REQUESTS = 'all requests';
