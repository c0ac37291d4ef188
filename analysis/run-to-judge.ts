/** What a verdict needs to know of a run, as its record and its histograms tell it. */
import type { Histogram } from '../contract/histogram.ts';
import { COMPARED_METRICS, type ComparedMetric, METRICS, UNITS } from '../contract/metrics.ts';
import type { GeneratorEffects } from '../contract/results.ts';
import { percentile } from './histogram.ts';

/** Figures of a run, over all its requests or of those of one name. What is missing, or null, is not judged. */
export type RunFigures = Readonly<Partial<Record<RunMetric | 'requests', number | null>>> & {
  /** How much the generator's own delay can have moved them (generator-delay.ts). null or missing: unknown. */
  readonly generator_effects?: GeneratorEffects | null;
  /** Standard errors that the number of requests gives percentiles, where no histogram says them. */
  readonly sampling_errors?: Readonly<Partial<Record<RunMetric, number>>>;
};

/** Figures of a stage with constant load, without its warm-up. */
export type PlateauFigures = RunFigures & {
  /** Most virtual users at once; for people only. */
  readonly users?: number | null;
};

export interface RunToJudge extends RunFigures {
  readonly testid?: string;
  readonly status?: string;
  readonly completeness?: string | null;
  readonly generator_saturated?: boolean;
  /** Whatever must be equal for runs to be comparable: users, stages, duration. Runs with another one are left out. */
  readonly configuration?: string | null;
  /** Figures by request name. */
  readonly by_request?: Readonly<Record<string, RunFigures>>;
  /** Figures by plateau. Equal configurations have equal loads, so that a name stands for one load. */
  readonly plateaus?: Readonly<Record<string, PlateauFigures>>;
  /** Latency histograms by request name, and under '' over all requests (ms). Percentiles that are missing come from them. */
  readonly histograms?: Readonly<Record<string, Histogram>>;
}

/** A change that matters is as large as both. */
export interface MetricSize {
  /** As a share of the baseline. */
  readonly least_change: number;
  /** In the unit of the metric: ms, requests/s, a fraction. */
  readonly least_difference: number;
}

/** A metric that is judged, and how. */
interface JudgedMetric extends MetricSize {
  readonly worse: 'up' | 'down';
  /** Which percentile of the histogram it is, if any. */
  readonly percentile: number | null;
  /** No value is beyond it. */
  readonly highest: number;
}

export type RunMetric = ComparedMetric;

/** Metrics that are judged, from the table of metrics. */
export const RUN_METRICS = Object.fromEntries(
  COMPARED_METRICS.map((key): [RunMetric, JudgedMetric] => {
    const metric = METRICS[key];
    return [
      key,
      {
        worse: metric.worse,
        ...metric.compared,
        percentile: 'percentile' in metric ? metric.percentile : null,
        highest: UNITS[metric.unit].highest,
      },
    ];
  }),
) as Readonly<Record<RunMetric, JudgedMetric>>;

/**
 * Whether a run may be part of a baseline: it ended as planned, whole, on a generator that was not saturated. Others would
 * teach the baseline their own trouble. A run that does not say one of these counts as sound in it.
 */
export function isComparable(run: RunToJudge): boolean {
  const ended = run.status === undefined || run.status === 'passed' || run.status === 'failed';
  const whole = !run.completeness || run.completeness === 'complete' || run.completeness === 'tolerated';
  return ended && whole && !run.generator_saturated;
}

/** What is known of a run, over all its requests (null) or of those of one name. */
export function figures(run: RunToJudge, request: string | null): RunFigures {
  return request === null ? run : (run.by_request?.[request] ?? {});
}

/** A run as if it were one of its plateaus alone: what it was as a whole is not known of it. */
export function atPlateau({ testid, plateaus }: RunToJudge, name: string): RunToJudge {
  return { ...(testid === undefined ? {} : { testid }), ...plateaus?.[name] };
}

/**
 * One figure, from the histogram where the run does not state it.
 * @param size of a change that matters; @returns null where the figure is not known, or where the generator's own delay can
 *   have moved it by as much: then it says nothing of the target
 */
export function figure(
  run: RunToJudge,
  metric: RunMetric,
  request: string | null,
  size?: Partial<MetricSize>,
): number | null {
  const value = measuredFigure(run, metric, request);
  const effect = figures(run, request).generator_effects?.[metric] ?? 0;
  return value === null || isAffected(value, effect, { ...RUN_METRICS[metric], ...size }) ? null : value;
}

/** Whether the generator's own delay can have moved a value by as much as a change that the verdict reports. */
export function isAffected(
  value: number,
  effect: number,
  { worse, least_change, least_difference }: MetricSize & Pick<JudgedMetric, 'worse'>,
): boolean {
  const undelayed = worse === 'up' ? value - effect : value + effect;
  return effect > 0 && effect >= Math.max(least_change * Math.abs(undelayed), least_difference);
}

/**
 * Latencies of a run, if they say something of a figure of the target.
 * @returns null without a histogram, and where the generator's own delay has changed that figure ({@link figure})
 */
export function histogramFor(
  run: RunToJudge,
  metric: RunMetric,
  request: string | null,
  size?: Partial<MetricSize>,
): Histogram | null {
  const histogram = run.histograms?.[request ?? ''] ?? null;
  // The typical latency of a run is known only beside others: the effect on p50 stands for it.
  const stated = metric === 'typical_ms' ? 'p50_ms' : metric;
  return histogram && figure(run, stated, request, size) !== null ? histogram : null;
}

/** The same, whatever the generator has done to it. */
export function measuredFigure(run: RunToJudge, metric: RunMetric, request: string | null): number | null {
  const known = figures(run, request)[metric];
  if (typeof known === 'number' && Number.isFinite(known)) return known;
  const share = RUN_METRICS[metric].percentile;
  const histogram = run.histograms?.[request ?? ''];
  return share !== null && histogram ? percentile(histogram, share) : null;
}
