/** What the load generator's own delay can have done to the figures and SLOs of a run. */
import { generatorEffects } from '../../analysis/generator-delay.ts';
import { isAffected, RUN_METRICS } from '../../analysis/run-to-judge.ts';
import type { Histogram } from '../../contract/histogram.ts';
import type { ComparedMetric } from '../../contract/metrics.ts';
import type { GeneratorReport } from '../../contract/output-report.ts';
import type { GeneratorDelay, GeneratorEffects, GeneratorResult, SloResult } from '../../contract/results.ts';
import { isUpperLimit, passes } from '../../contract/slo.ts';
import type { RequestFigures } from '../../influxdb/run-points.ts';
import type { Headline } from './summary.ts';

const COMPARED_LATENCIES = ['p50_ms', 'p95_ms', 'p99_ms'] as const satisfies readonly ComparedMetric[];

/**
 * A generator is saturated if its own delay can have moved every latency of the run: then nothing tells it from a slow target.
 * @param histogram of all requests, null where it could not be read
 */
export function generatorResult(
  report: GeneratorReport | GeneratorResult,
  headline: Pick<Headline, 'latency' | 'throughput_rps' | 'error_rate' | 'checks_rate'>,
  histogram: Histogram | null,
): GeneratorResult {
  if (!report.delayed) return { saturated: false, ...report };
  const { latency } = headline;
  const effects = generatorEffects({ ...headline, ...latency }, histogram, report.delayed);
  const saturated =
    latency !== null &&
    COMPARED_LATENCIES.every((metric) => isAffected(latency[metric], effects[metric] ?? 0, RUN_METRICS[metric]));
  return { ...report, saturated, effects };
}

/** @param delay undefined where it is unknown */
export function withGeneratorEffects(
  requests: readonly RequestFigures[],
  histograms: Readonly<Record<string, Histogram>>,
  delay: GeneratorDelay | undefined,
): RequestFigures[] {
  if (!delay) return [...requests];
  return requests.map((request) => {
    const effects = generatorEffects(request, histograms[request.name] ?? null, delay);
    return { ...request, generator_effects: effects };
  });
}

/** Marks SLOs that the generator alone may have failed: without its delay the value could pass. */
export function markGeneratorEffects(
  slos: readonly SloResult[],
  generator: GeneratorResult | null,
  by_request: readonly RequestFigures[],
): SloResult[] {
  return slos.map((slo) => {
    const { indicator, request, metric, value, ok } = slo;
    if (ok || value === null || metric !== null) return slo;
    const of_request = by_request.find(({ name }) => name === request)?.generator_effects;
    const effects: GeneratorEffects = (request === null ? generator?.effects : of_request) ?? {};
    const effect = effects[indicator as ComparedMetric] ?? 0;
    const undelayed = isUpperLimit(indicator) ? value - effect : value + effect;
    return passes(slo, undelayed) ? { ...slo, generator_effect: effect } : slo;
  });
}
