import type { Threshold } from 'k6/options';
import { METRICS } from '../contract/metrics.ts';
import {
  abortsAt,
  aggregationOf,
  isOfPart,
  isSelectable,
  k6SubmetricOf,
  type Slo,
  sloOperator,
} from '../contract/slo.ts';

/** All SLOs that k6 can judge, as its `thresholds` option, but for those that are thresholds of the script itself. */
export function thresholdsOf(slos: readonly Slo[]): Record<string, Threshold[]> {
  const thresholds: Record<string, Threshold[]> = {};
  for (const slo of slos) {
    if (
      slo.threshold ||
      isOfPart(slo) ||
      isOfOtherProtocol(slo) ||
      (slo.request !== undefined && !isSelectable(slo.request))
    )
      continue;
    const metric = k6SubmetricOf(slo);
    thresholds[metric] = [...(thresholds[metric] ?? []), ...thresholdsOn(slo)];
  }
  return thresholds;
}

/** A default on requests of another protocol than HTTP: only Loadstar's own k6 has the metric, and k6 refuses unknown ones. */
function isOfOtherProtocol({ indicator, metric, rare, request, abort, aborts }: Slo): boolean {
  return indicator === 'error_rate' && metric !== undefined && rare === true && !request && !abort && !aborts;
}

/**
 * Never fails, and lets k6 keep the metric of the request apart. k6 divides by the time since it started the test, with
 * setup() and teardown(): the judge divides by the load (contract/load-span.ts).
 */
const ANY_RATE = 'rate>=0';

/** A limit that ends the run and differs from the one that fails it is a threshold of its own. */
function thresholdsOn(slo: Slo): Threshold[] {
  const failing = aggregationOf(slo.indicator).kind === 'per_second' ? ANY_RATE : expression(slo);
  const aborts = abortsAt(slo);
  if (!aborts) return [failing];
  const threshold = expression({ ...slo, limit: aborts.limit });
  const ending = { threshold, abortOnFail: true, delayAbortEval: `${aborts.after_s}s` };
  return threshold === failing ? [ending] : [failing, ending];
}

/** `p(95)<=500` */
function expression({ indicator, limit }: Slo): string {
  return `${METRICS[indicator].k6.statistic}${sloOperator(indicator)}${limit}`;
}
