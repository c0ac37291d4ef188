import { protocolOf, requestMetrics } from '../../contract/k6-metrics.ts';
import { hasSamples, type K6Metric, type K6Summary } from '../../contract/k6-summary.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { OutputReport } from '../../contract/output-report.ts';
import type { SloResult } from '../../contract/results.ts';
import {
  isOfPart,
  k6MetricOf,
  k6SubmetricOf,
  passes,
  type ScriptThreshold,
  type Slo,
  type SloIndicator,
} from '../../contract/slo.ts';
import type { RequestFigures } from '../../influxdb/run-points.ts';
import type { Headline } from './summary.ts';

interface SloEvidence {
  /** Results of SLOs that are of a part of the run; one without a result is left out. */
  readonly of_parts?: ReadonlyMap<Slo, SloResult>;
  /** Metrics of thresholds for which the output saw no sample. */
  readonly unmatched?: OutputReport['unmatched'];
  /** What k6 judged thresholds of a script by: its rates are per second of its own time. */
  readonly as_judged?: K6Summary | null;
}

/**
 * Every SLO with its value in k6's summary. One without a sample fails: k6 itself would let `p(95)<=500` pass on nothing.
 * Only one for a request that is rare is left out then.
 * @param k6 over the load (contract/load-span.ts)
 */
export function sloResults(
  slos: readonly Slo[],
  k6: K6Summary,
  { of_parts = new Map(), unmatched = [], as_judged = k6 }: SloEvidence = {},
): SloResult[] {
  return slos.flatMap((slo) => {
    if (isOfPart(slo)) return of_parts.get(slo) ?? [];
    if (slo.threshold) return [thresholdResult(slo, slo.threshold, as_judged ?? k6, unmatched)];
    const value = valueIn(k6.metrics[k6SubmetricOf(slo)], slo.indicator);
    if (value === null && slo.rare) return [];
    const { indicator, request = null, metric = null, limit } = slo;
    return [{ indicator, request, metric, limit, value, ok: value !== null && passes(slo, value) }];
  });
}

/**
 * A threshold of a script, as k6 judged it. k6 lets one pass that has no sample: it then has no value. A run that k6 did not
 * bring to its end has no judgement, so that the value decides. k6's gauges have a value from the start.
 */
function thresholdResult(
  slo: Slo,
  { metric: of, expression }: ScriptThreshold,
  k6: K6Summary,
  unmatched: NonNullable<OutputReport['unmatched']>,
): SloResult {
  const { indicator, request = null, metric = null, limit, strict } = slo;
  const found = k6.metrics[of];
  const without_sample = unmatched.find((it) => it.metric === of);
  const has_value = found && hasSamples(found) && !(found.type === 'gauge' && without_sample);
  const value = has_value ? statisticOf(found, expression) : null;
  const hint = value === null && without_sample ? hintOf(without_sample) : null;
  const judged = found?.thresholds?.[expression]?.ok;
  return {
    indicator,
    request,
    metric,
    limit,
    ...(strict ? { strict } : {}),
    ...(indicator === 'threshold' ? { expression } : {}),
    value,
    ok: judged ?? (value === null || indicator === 'threshold' || passes(slo, value)),
    ...(hint ? { hint } : {}),
  };
}

/** What the selector asks for, and what there is instead. */
function hintOf({ tag, value, values = [] }: NonNullable<OutputReport['unmatched']>[number]): string | null {
  if (tag === undefined || value === undefined) return null;
  const instead = values.length > 0 ? `; ${tag} is ${values.join(', ')}` : '';
  return `no sample has ${tag}:${value}${instead}`;
}

/** `p(99.90)<=300` is of `p(99.9)`; null for a statistic that k6's summary does not have. */
function statisticOf(metric: K6Metric, expression: string): number | null {
  const [, name = '', percentile] = /^\s*([a-z]+)(?:\(([\d.]+)\))?/i.exec(expression) ?? [];
  const statistic = percentile === undefined ? name.toLowerCase() : `p(${Number(percentile)})`;
  return numberAt(metric, statistic);
}

function numberAt({ values }: K6Metric, statistic: string): number | null {
  const found: unknown = new Map<string, unknown>(Object.entries(values)).get(statistic);
  return typeof found === 'number' ? found : null;
}

/**
 * Fails SLOs on the latency of requests of which each has failed: a refused connection takes no time at all, so that p95 would
 * pass at 0 ms. They have no data.
 */
export function failWithoutAnswers(
  results: readonly SloResult[],
  { error_rate, protocol = 'http' }: Pick<Headline, 'error_rate' | 'protocol'>,
  by_request: readonly Pick<RequestFigures, 'name' | 'error_rate'>[],
): SloResult[] {
  const failed = new Set(by_request.filter((it) => it.error_rate === 1).map(({ name }) => name));
  return results.map((result) => {
    const { indicator, metric, request } = result;
    const of = k6MetricOf({ indicator, ...(metric ? { metric } : {}) });
    const spoken = protocolOf(of);
    // k6 judges thresholds that are no indicator.
    const is_latency = indicator !== 'threshold' && spoken !== null && of === requestMetrics(spoken).duration;
    const has_failed = (error_rate === 1 && spoken === protocol) || (request !== null && failed.has(request));
    return is_latency && has_failed ? { ...result, value: null, ok: false } : result;
  });
}

/** null if k6 took no sample: a rate of nothing is not 0. */
function valueIn(metric: K6Metric | undefined, indicator: SloIndicator): number | null {
  if (metric === undefined || !hasSamples(metric)) return null;
  return numberAt(metric, METRICS[indicator].k6.statistic);
}
