/** Two groups of runs against each other: which figures differ by more than noise, and by enough to matter? */
import type { Histogram } from '../contract/histogram.ts';
import type { ComparisonVerdict } from '../contract/runs.ts';
import { verdictRank } from '../contract/verdicts.ts';
import { mergeHistograms, percentile, percentileError, sampleCount } from './histogram.ts';
import { figure, figures, RUN_METRICS, type RunMetric, type RunToJudge } from './run-to-judge.ts';
import { MAD_TO_SIGMA, median, normalTail } from './statistics.ts';

export interface CompareOptions {
  /** Runs of the same kind, oldest first, that say how much runs of one build differ. The groups themselves say it too. */
  readonly noise_from?: readonly RunToJudge[];
}

export interface GroupMetric {
  readonly metric: RunMetric;
  /** Name of the request; null over all requests. */
  readonly request: string | null;
  /** null where the group has no such figure. */
  readonly before: number | null;
  readonly after: number | null;
  /** (after − before) / |before|; null where that is 0 or unknown. */
  readonly change: number | null;
  readonly difference: number | null;
  /** What noise makes of `before` in all but one of many comparisons. */
  readonly low: number | null;
  readonly high: number | null;
  /** 0 to 1: one minus the chance that noise alone makes such a difference; null where there is none. */
  readonly confidence: number | null;
  readonly verdict: ComparisonVerdict;
  /** runs: how much runs differ is known · samples: only what the requests within them say. */
  readonly evidence: 'runs' | 'samples';
}

export interface GroupJudgement {
  readonly verdict: ComparisonVerdict;
  /** The worst first. */
  readonly metrics: readonly GroupMetric[];
}

/**
 * Chance of one wrong `regressed` among all figures of a comparison, and of one wrong `suspected` (Bonferroni: each figure
 * gets its share of it).
 */
const REGRESSED_CHANCE = 0.01;
const SUSPECTED_CHANCE = 0.05;
/** Degrees of freedom from which on the spread of the runs themselves is believed. */
const LEAST_FREEDOM = 2;
/** Requests that lie beyond a percentile: of fewer its error cannot be told, as one slow request moves it. */
const LEAST_BEYOND = 5;
/** Steps between runs of a history from which their spread is known. */
const LEAST_STEPS = 4;

/** @param before the reference; @param after what is held against it; neither is empty */
export function compareGroups(
  before: readonly RunToJudge[],
  after: readonly RunToJudge[],
  { noise_from = [] }: CompareOptions = {},
): GroupJudgement {
  const requests = [null, ...requestNames([...before, ...after])];
  const pairs = requests.flatMap((request) =>
    (Object.keys(RUN_METRICS) as RunMetric[]).flatMap((metric) => {
      const pair = { metric, request, a: group(before, metric, request), b: group(after, metric, request) };
      return pair.a.value === null && pair.b.value === null ? [] : [pair];
    }),
  );
  const metrics = pairs
    .map(({ metric, request, a, b }) =>
      compare(metric, request, a, b, noise(noise_from, metric, request), pairs.length),
    )
    .sort((x, y) => verdictRank(x.verdict) - verdictRank(y.verdict) || worseBy(y) - worseBy(x));
  return { verdict: metrics[0]?.verdict ?? 'not enough runs', metrics };
}

/** By how much it is worse, as a share; of what was 0, the difference stands for it. Below 0 it is better. */
function worseBy({ metric, change, difference }: GroupMetric): number {
  const by = change ?? difference ?? Number.NEGATIVE_INFINITY;
  return RUN_METRICS[metric].worse === 'up' ? by : -by;
}

function requestNames(runs: readonly RunToJudge[]): string[] {
  const names = runs.flatMap(({ by_request = {}, histograms = {} }) => [
    ...Object.keys(by_request),
    ...Object.keys(histograms),
  ]);
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** A figure of a group of runs. */
interface Group {
  readonly value: number | null;
  /** That of each run. */
  readonly values: readonly number[];
  /** Standard error of `value` that the number of requests alone gives it, in its unit; null where they are too few. */
  readonly sampling_error: number | null;
}

function group(runs: readonly RunToJudge[], metric: RunMetric, request: string | null): Group {
  const values = runs.flatMap((run) => figure(run, metric, request) ?? []);
  if (values.length === 0) return { value: null, values, sampling_error: 0 };
  const share = RUN_METRICS[metric].percentile;
  if (share !== null) return percentileOf(runs, values, share, request);
  const requests = runs.map((run) => figures(run, request).requests ?? 0).reduce((sum, it) => sum + it, 0);
  const mean = values.reduce((sum, it) => sum + it, 0) / values.length;
  if (metric === 'throughput_rps')
    return { value: mean, values, sampling_error: requests > 0 ? mean / Math.sqrt(requests) : 0 };
  // A long run says more of a rate than a short one.
  const weighted = runs.reduce(
    (sum, run) => sum + (figure(run, metric, request) ?? 0) * (figures(run, request).requests ?? 0),
    0,
  );
  const value = requests > 0 ? weighted / requests : mean;
  // Rule of succession: a rate of 0 has an error too.
  const likely = (value * requests + 1) / (requests + 2);
  return { value, values, sampling_error: requests > 0 ? Math.sqrt((likely * (1 - likely)) / requests) : 0 };
}

/** Percentiles of a group come from its merged histogram: never from those of its runs. */
function percentileOf(
  runs: readonly RunToJudge[],
  values: readonly number[],
  share: number,
  request: string | null,
): Group {
  const histograms = runs.flatMap((run): Histogram[] => {
    const found = run.histograms?.[request ?? ''];
    return found ? [found] : [];
  });
  const merged = mergeHistograms(histograms);
  const whole = histograms.length === runs.length && runs.length > 1;
  return {
    value: whole ? (percentile(merged, share) ?? median(values)) : median(values),
    values,
    sampling_error: !merged || sampleCount(merged) * (1 - share) < LEAST_BEYOND ? null : percentileError(merged, share),
  };
}

/** Standard deviation of one run, and how many degrees of freedom that is known with. */
interface Noise {
  readonly deviation: number;
  readonly freedom: number;
}

/** From one run to the next: a level that has shifted counts in one step alone. */
function noise(runs: readonly RunToJudge[], metric: RunMetric, request: string | null): Noise | null {
  const values = runs.flatMap((run) => figure(run, metric, request) ?? []);
  const steps = values.slice(1).map((value, place) => Math.abs(value - (values[place] as number)));
  if (steps.length < LEAST_STEPS) return null;
  return { deviation: (MAD_TO_SIGMA * median(steps)) / Math.SQRT2, freedom: steps.length };
}

/** Pooled over both groups. */
function ownNoise(groups: readonly Group[]): Noise | null {
  let squares = 0;
  let freedom = 0;
  for (const { values } of groups) {
    if (values.length === 0) continue;
    const mean = values.reduce((sum, it) => sum + it, 0) / values.length;
    squares += values.reduce((sum, it) => sum + (it - mean) ** 2, 0);
    freedom += values.length - 1;
  }
  return freedom >= LEAST_FREEDOM ? { deviation: Math.sqrt(squares / freedom), freedom } : null;
}

function compare(
  metric: RunMetric,
  request: string | null,
  a: Group,
  b: Group,
  history: Noise | null,
  comparisons: number,
): GroupMetric {
  const known = [ownNoise([a, b]), history].filter((it) => it !== null);
  const evidence = known.length > 0 ? 'runs' : 'samples';
  const figures = { metric, request, before: a.value, after: b.value, evidence } as const;
  const untold = { low: null, high: null, confidence: null, verdict: 'not enough runs' } as const;
  if (a.value === null || b.value === null) return { ...figures, change: null, difference: null, ...untold };
  const difference = b.value - a.value;
  const change = a.value === 0 ? null : difference / Math.abs(a.value);
  if (known.length === 0 && (a.sampling_error === null || b.sampling_error === null)) {
    return { ...figures, change, difference, ...untold };
  }
  const sampling = Math.hypot(a.sampling_error ?? 0, b.sampling_error ?? 0);
  const deviation = Math.max(0, ...known.map((it) => it.deviation));
  const between = deviation * Math.sqrt(1 / a.values.length + 1 / b.values.length);
  const freedom = known.reduce((sum, it) => sum + it.freedom, 0);
  const error = Math.max(sampling, between);
  const chance = (ratio: number) => (freedom > 0 ? studentTails(ratio, freedom) : 2 * normalTail(ratio));
  const p = difference === 0 ? 1 : error === 0 ? 0 : chance(Math.abs(difference) / error);
  const band = error * ratioFor(chance, SUSPECTED_CHANCE / comparisons);
  return {
    ...figures,
    change,
    difference,
    low: a.value - band,
    high: a.value + band,
    confidence: 1 - p,
    verdict: verdictOf(metric, a.value, difference, p * comparisons),
  };
}

function verdictOf(metric: RunMetric, before: number, difference: number, chance: number): ComparisonVerdict {
  const { worse, least_change, least_difference } = RUN_METRICS[metric];
  const matters = Math.abs(difference) > Math.max(least_change * Math.abs(before), least_difference);
  if (!matters || chance > SUSPECTED_CHANCE) return 'same';
  if (difference > 0 !== (worse === 'up')) return 'improved';
  return chance > REGRESSED_CHANCE ? 'suspected' : 'regressed';
}

/**
 * Chance that Student's t with so many degrees of freedom lies beyond ±t: exact series for whole numbers of them
 * (Abramowitz & Stegun 26.7.3 and 26.7.4).
 */
export function studentTails(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const cosine = Math.cos(angle);
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < freedom - 1; k += 2) {
    term *= (cosine ** 2 * (k - 1)) / k;
    sum += term;
  }
  const within = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return Math.max(0, 1 - within);
}

/** The ratio that noise exceeds with this chance, by bisection: `chance` falls as it grows. */
function ratioFor(chance: (ratio: number) => number, wanted: number): number {
  let low = 0;
  let high = LARGEST_RATIO;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (chance(middle) > wanted) low = middle;
    else high = middle;
  }
  return high;
}

const LARGEST_RATIO = 200;
const BISECTIONS = 30;
