/**
 * What the load generator's own delay can have done to a figure of its run.
 *
 * The k6 output measures the share of requests that waited longer for the generator than each of some bounds. If a share q
 * waited longer than d, then the p-quantile of the target is at least Q(p − q) − d, where Q
 * is what was measured: take d off all requests, and leave out the q that were delayed more. So the delay has added at most
 * d + Q(p) − Q(p − q). This holds for every d, so the smallest value counts. It needs no assumption on which requests were
 * delayed, and is never too low (docs/decisions/0091-generator-delay.md has the measurements).
 */
import type { Histogram } from '../contract/histogram.ts';
import { HEATMAP_BOUNDS_MS } from '../contract/live-schema.ts';
import { COMPARED_METRICS, type ComparedMetric, METRICS } from '../contract/metrics.ts';
import type { GeneratorDelay, GeneratorEffects } from '../contract/results.ts';
import { percentiles } from './histogram.ts';

/** A wait that no change that matters is below: shorter ones make no request fail. */
const FAILING_MS = 20;
/** The shortest wait that is measured: while requests wait so long, nothing is sent. */
const IDLE_MS = 1;
/** Where all the time was lost, nobody knows what would have been. */
const MOST_LOST = 0.99;

/**
 * @param figures of the run, or of one of its requests; @param histogram of their latency (ms), null if unknown
 * @returns by metric, in its unit: how much the delay can have moved it for the worse, at most. A metric without a value,
 *   or that the delay cannot have moved, is left out.
 */
export function generatorEffects(
  figures: Readonly<Partial<Record<ComparedMetric, number | null>>>,
  histogram: Histogram | null,
  delay: GeneratorDelay,
): GeneratorEffects {
  const effects = COMPARED_METRICS.flatMap((metric): [ComparedMetric, number][] => {
    const value = figures[metric] ?? null;
    const effect = value === null ? 0 : effectOn(metric, value, histogram, delay);
    return effect > 0 ? [[metric, effect]] : [];
  });
  return Object.fromEntries(effects);
}

function effectOn(metric: ComparedMetric, value: number, histogram: Histogram | null, delay: GeneratorDelay): number {
  switch (metric) {
    case 'throughput_rps': {
      // In the rest of the time as much was sent as in all of it.
      const lost = Math.min(MOST_LOST, shareAbove(delay, IDLE_MS));
      return (value * lost) / (1 - lost);
    }
    case 'error_rate':
      return Math.min(value, shareAbove(delay, FAILING_MS));
    case 'checks_rate':
      return Math.min(1 - value, shareAbove(delay, FAILING_MS));
    case 'typical_ms':
      // A run by itself has none; where it is judged, the effect on p50 stands for it.
      return 0;
    default:
      return histogram ? latencyEffect(histogram, METRICS[metric].percentile, delay) : 0;
  }
}

/** @param share which percentile, 0 to 1; @returns ms */
export function latencyEffect(histogram: Histogram, share: number, delay: GeneratorDelay): number {
  const candidates = HEATMAP_BOUNDS_MS.map((bound) => ({ bound, rest: share - shareAbove(delay, bound) }));
  const possible = candidates.filter(({ rest }) => rest >= 0);
  const [value, ...quantiles] = percentiles(histogram, [share, ...possible.map(({ rest }) => rest)]) ?? [0];
  const effects = possible.map(({ bound }, index) => bound + value - (quantiles[index] ?? 0));
  return Math.min(value, ...effects);
}

/**
 * How much longer requests of one run waited for their generator than those of another, on average.
 * @returns ms, at least 0: trapezoids below the shares of events that waited longer
 */
export function extraDelay_ms(delay: GeneratorDelay, than: GeneratorDelay): number {
  const extra = (bound: number) => (bound === 0 ? 0 : shareAbove(delay, bound) - shareAbove(than, bound));
  const bounds = [0, ...HEATMAP_BOUNDS_MS];
  const mean_ms = bounds.slice(1).reduce((sum, bound, place) => {
    const before = bounds[place] as number;
    return sum + ((bound - before) * (extra(before) + extra(bound))) / 2;
  }, 0);
  return Math.max(0, mean_ms);
}

function shareAbove(delay: GeneratorDelay, bound_ms: number): number {
  return delay[String(bound_ms)] ?? 0;
}
