/** Is a run worse than those before it? Every metric, over all requests and by request name. */
import { BASELINE } from '../contract/baselines.ts';
import { METRICS } from '../contract/metrics.ts';
import type { ComparisonVerdict } from '../contract/runs.ts';
import { verdictRank } from '../contract/verdicts.ts';
import { type Explanation, explain } from './carriers.ts';
import { percentileError } from './histogram.ts';
import { type Judgement, type JudgeOptions, judgeSeries } from './judge-series.ts';
import {
  atPlateau,
  figure,
  figures,
  histogramFor,
  isComparable,
  type MetricSize,
  RUN_METRICS,
  type RunMetric,
  type RunToJudge,
} from './run-to-judge.ts';
import { median } from './statistics.ts';
import { latencyReference, type TypicalLatency, typicalLatency } from './typical-latency.ts';
import { plateauLabel, sentenceOf, sentenceOfCarrier, sentenceOfExplanation, sentenceOfRun } from './verdict-text.ts';

export interface JudgeRunOptions {
  /** Sizes that matter, where they differ from {@link RUN_METRICS}. */
  readonly sizes?: Readonly<Partial<Record<RunMetric, Partial<MetricSize>>>>;
  /** Run of the history, as its testid or its index, from which on the level is accepted. */
  readonly accepted_from?: string | number;
  /** Further runs of the same build, made at once after the run to confirm it. */
  readonly repeats?: readonly RunToJudge[];
  /** Judge requests by name too. Default: true. */
  readonly by_request?: boolean;
}

export interface MetricJudgement extends Judgement {
  readonly metric: RunMetric;
  /** Name of the request; null over all requests. */
  readonly request: string | null;
  /** Name of the plateau that it is of; left out for the whole run. */
  readonly plateau?: string;
  /** Id of the first run at the worse level, where the runs have ids. */
  readonly since_run: string | null;
  /** For a person. */
  readonly sentence: string;
}

export interface RunJudgement {
  /** The worst of all metrics. `regressed` alone is an alarm. */
  readonly verdict: ComparisonVerdict;
  /** The worst metric's sentence, or that nothing has changed. */
  readonly sentence: string;
  /** The worst first. */
  readonly metrics: readonly MetricJudgement[];
}

/** Percentiles of short load tests on shared machines differ more from run to run than benchmarks do. */
const USUAL_SPREAD_OF_RUNS = 0.05;
/**
 * The slowest hundredth of one request is few samples a run: against fewer earlier runs its noise passes for a regression
 * (most false ones in simulated runs of five requests were of this kind; docs/verdicts.md).
 */
const RUNS_FOR_TAILS = 8;
/** Runs whose histograms are the reference of the others: as many as are read. */
const REFERENCE_RUNS = BASELINE.histogram_runs;
/**
 * The slowest requests are few, and the slowest of them lie far apart: a percentile of the tail differs more often by several
 * standard errors than a normal value does (most false findings on resampled latencies were of this kind; bench/requests.ts).
 */
const TAIL_ERRORS = 1.5;
const TAIL = 0.9;
/**
 * What is judged of a plateau. Requests/s at constant users follow from the latency, and script checks hold at any load, so
 * the figures of the whole run say as much. p99 rests on so few requests of a plateau that it would add false findings.
 */
const PLATEAU_METRICS = ['p50_ms', 'p95_ms', 'error_rate'] as const satisfies readonly RunMetric[];
/** A single plateau is nearly all of its run: its figures would say the same twice. */
const LEAST_PLATEAUS = 2;
/** Runs whose own samples say how sure their percentiles are. */
const SAMPLED_RUNS = 10;

/**
 * @param history earlier runs of the same scenario, profile and target, oldest first; those that are not comparable are
 *   left out
 */
export function judgeRun(history: readonly RunToJudge[], run: RunToJudge, options: JudgeRunOptions = {}): RunJudgement {
  const accepted = acceptedPlace(history, options.accepted_from);
  const comparable = history
    .filter((earlier, place) => place >= accepted && isComparable(earlier))
    .filter((earlier) => (earlier.configuration ?? null) === (run.configuration ?? null));
  const names = options.by_request === false ? [] : requestNames(run);
  const of_requests = [null, ...names].flatMap((request) =>
    (Object.keys(RUN_METRICS) as RunMetric[]).map((metric) =>
      seriesOf(comparable, metric, request, options.sizes?.[metric]),
    ),
  );
  const of_plateaus = judgedPlateaus(run).flatMap((plateau) =>
    PLATEAU_METRICS.map((metric) => plateauSeries(comparable, metric, plateau, options.sizes?.[metric])),
  );
  const series = [...of_requests, ...of_plateaus].filter(({ read }) => read(run) !== null);
  const metrics = byWorst(withoutModes(series.map((it) => judgeMetric(it, run, series.length, options))));
  // A single request or plateau of few samples may be unstable as long as it likes.
  const telling = metrics.find((it) => it.verdict !== 'unstable' || isOfWhole(it));
  const verdict = telling?.verdict ?? 'not enough runs';
  const whole = telling && (telling.plateau === undefined ? telling : wholeOf(telling, metrics));
  const explanation = whole ? explained(whole, comparable, [run, ...(options.repeats ?? [])]) : null;
  if (!telling || !whole || !explanation) {
    return { verdict, sentence: sentenceOfRun(verdict, telling?.sentence, comparable.length), metrics };
  }
  const begin = telling === whole ? undefined : 'Over the whole run, by request';
  const sentence = `${telling.sentence} ${sentenceOfExplanation(explanation, partsOf(whole, metrics), begin)}`;
  return { verdict, sentence, metrics: byWorst(withCarriers(metrics, whole, explanation, options)) };
}

function isOfWhole({ request, plateau }: MetricJudgement): boolean {
  return request === null && plateau === undefined;
}

/** The same figure of the whole run. */
function wholeOf({ metric }: MetricJudgement, metrics: readonly MetricJudgement[]): MetricJudgement | undefined {
  return metrics.find((it) => it.metric === metric && isOfWhole(it));
}

function byWorst(metrics: readonly MetricJudgement[]): MetricJudgement[] {
  return [...metrics].sort((a, b) => verdictRank(a.verdict) - verdictRank(b.verdict) || size(b) - size(a));
}

function size({ change }: Judgement): number {
  return Math.abs(change ?? 0);
}

/** Where the whole distribution can be judged, a percentile that jumps between its modes makes nothing unstable. */
function withoutModes(metrics: readonly MetricJudgement[]): MetricJudgement[] {
  const judged = metrics.filter(({ metric, verdict }) => metric === 'typical_ms' && verdict !== 'unstable');
  const steady = new Set(judged.filter(({ baseline }) => baseline !== null).map(({ request }) => request));
  return metrics.map((it) => {
    if (
      it.plateau !== undefined ||
      it.verdict !== 'unstable' ||
      METRICS[it.metric].unit !== 'ms' ||
      !steady.has(it.request)
    )
      return it;
    return { ...it, verdict: 'same', sentence: sentenceOf(it.metric, it.request, { ...it, verdict: 'same' }) };
  });
}

/** Why a figure of the whole is worse, by its requests; null for any other figure, and where they do not say it. */
function explained(
  { metric, request, verdict, baseline, since_run }: MetricJudgement,
  history: readonly RunToJudge[],
  newest: readonly RunToJudge[],
): Explanation | null {
  if (request !== null || baseline === null || (verdict !== 'suspected' && verdict !== 'regressed')) return null;
  const first_worse = history.findIndex(({ testid }) => since_run !== null && testid === since_run);
  const before = first_worse > 0 ? history.slice(0, first_worse) : history;
  return explain(metric, baseline, before.slice(-REFERENCE_RUNS), newest);
}

/** The same figure of each request. */
function partsOf({ metric }: MetricJudgement, metrics: readonly MetricJudgement[]): MetricJudgement[] {
  return metrics.filter((it) => it.metric === metric && it.request !== null);
}

/**
 * A request that carries a regression of the whole is no part of the usual variation, even where its own noise would leave
 * room for it: from the change that matters on it is what the whole is.
 */
function withCarriers(
  metrics: readonly MetricJudgement[],
  whole: MetricJudgement,
  { carriers }: Explanation,
  options: JudgeRunOptions,
): MetricJudgement[] {
  return metrics.map((it) => {
    const carrier = carriers.find(({ request }) => it.metric === whole.metric && it.request === request);
    if (!carrier || it.baseline === null || it.difference === null) return it;
    const { least_change, least_difference } = { ...RUN_METRICS[it.metric], ...options.sizes?.[it.metric] };
    const least = Math.max(least_change * Math.abs(it.baseline), least_difference);
    const is_raised = verdictRank(whole.verdict) < verdictRank(it.verdict);
    if (!is_raised || it.difference <= least) return it;
    const high = Math.min(it.high ?? Number.POSITIVE_INFINITY, it.baseline + least);
    const raised = { ...it, verdict: whole.verdict, high, since_run: whole.since_run };
    return { ...raised, sentence: sentenceOfCarrier(raised, carrier.share) };
  });
}

function acceptedPlace(history: readonly RunToJudge[], accepted_from: string | number | undefined): number {
  if (accepted_from === undefined) return 0;
  if (typeof accepted_from === 'number') return accepted_from;
  return Math.max(
    0,
    history.findIndex(({ testid }) => testid === accepted_from),
  );
}

function requestNames({ by_request = {}, histograms = {} }: RunToJudge): string[] {
  return [...new Set([...Object.keys(by_request), ...Object.keys(histograms)])].filter((name) => name !== '').sort();
}

function judgedPlateaus({ plateaus = {} }: RunToJudge): string[] {
  const names = Object.keys(plateaus);
  return names.length < LEAST_PLATEAUS ? [] : names;
}

/** One figure of the runs, over all requests (null) or of those of one name. */
interface Series {
  readonly metric: RunMetric;
  readonly request: string | null;
  readonly plateau?: string;
  /** Earlier runs that have it, oldest first. */
  readonly runs: readonly RunToJudge[];
  /** null where a run does not have it. */
  readonly read: (run: RunToJudge) => number | null;
  /** Standard error that the number of requests of a run alone gives it; null where it is not known. */
  readonly errorOf: (run: RunToJudge) => number | null;
}

function seriesOf(
  history: readonly RunToJudge[],
  metric: RunMetric,
  request: string | null,
  size?: Partial<MetricSize>,
): Series {
  if (metric === 'typical_ms') return typicalSeries(history, request, size);
  const read = (run: RunToJudge) => figure(run, metric, request, size);
  const has_few = request !== null && metric === 'p99_ms' && history.length < RUNS_FOR_TAILS;
  const runs = has_few ? [] : history.filter((run) => read(run) !== null);
  return { metric, request, runs, read, errorOf: (run) => samplingErrorOf(run, metric, request) };
}

/** Runs whose record has no plateaus, as older ones, do not count: a steady figure compares with no whole run. */
function plateauSeries(
  history: readonly RunToJudge[],
  metric: RunMetric,
  plateau: string,
  size?: Partial<MetricSize>,
): Series {
  const read = (run: RunToJudge) => figure(atPlateau(run, plateau), metric, null, size);
  const errorOf = (run: RunToJudge) => samplingErrorOf(atPlateau(run, plateau), metric, null);
  return { metric, request: null, plateau, runs: history.filter((run) => read(run) !== null), read, errorOf };
}

/** The typical latency is one against the runs that it is compared with, so that it is worked out here. */
function typicalSeries(history: readonly RunToJudge[], request: string | null, size?: Partial<MetricSize>): Series {
  const sizes = { ...RUN_METRICS.typical_ms, ...size };
  const histogramOf = (run: RunToJudge) => histogramFor(run, 'typical_ms', request, sizes);
  const known = history.filter((run) => histogramOf(run) !== null);
  const reference = latencyReference(known.slice(-REFERENCE_RUNS).flatMap((run) => histogramOf(run) ?? []));
  // A run is asked for its value and its error, several times.
  const found = new Map<RunToJudge, TypicalLatency | null>();
  const typicalOf = (run: RunToJudge) => {
    if (!found.has(run)) found.set(run, reference && typicalLatency(reference, histogramOf(run)));
    return found.get(run) ?? null;
  };
  const read = (run: RunToJudge) => typicalOf(run)?.value_ms ?? null;
  const errorOf = (run: RunToJudge) => typicalOf(run)?.error_ms ?? null;
  return { metric: 'typical_ms', request, runs: known.filter((run) => read(run) !== null), read, errorOf };
}

function judgeMetric(
  { metric, request, plateau, runs, read, errorOf }: Series,
  run: RunToJudge,
  judged_together: number,
  options: JudgeRunOptions,
): MetricJudgement {
  const { worse, least_change, least_difference } = RUN_METRICS[metric];
  const errors = [...runs.slice(-SAMPLED_RUNS), run].flatMap((it) => errorOf(it) ?? []);
  const series_options: JudgeOptions = {
    direction: worse,
    least_change,
    least_difference,
    ...options.sizes?.[metric],
    judged_together: metric === 'typical_ms' ? 1 : judged_together,
    usual_spread: USUAL_SPREAD_OF_RUNS,
    repeats: (options.repeats ?? []).flatMap((repeat) => read(repeat) ?? []),
    sampling_error: errors.length > 0 ? median(errors) : 0,
  };
  const values = runs.flatMap((it) => read(it) ?? []);
  const judgement = possible(metric, judgeSeries(values, read(run) ?? 0, series_options));
  const since = judgement.since === null ? run : (runs[judgement.since] ?? run);
  const since_run = judgement.since === null ? null : (since.testid ?? null);
  const of_plateau = plateau === undefined ? {} : { plateau };
  const part = plateau && plateauLabel(plateau, run.plateaus?.[plateau]?.users);
  const sentence = sentenceOf(metric, request, judgement, part);
  return { metric, request, ...of_plateau, ...judgement, since_run, sentence };
}

/** No latency is below 0, and no rate beyond 1: nor is a band that people read. */
function possible(metric: RunMetric, judgement: Judgement): Judgement {
  const { low, high } = judgement;
  if (low === null || high === null) return judgement;
  return { ...judgement, low: Math.max(0, low), high: Math.min(RUN_METRICS[metric].highest, high) };
}

function samplingErrorOf(run: RunToJudge, metric: RunMetric, request: string | null): number | null {
  const share = RUN_METRICS[metric].percentile;
  const histogram = run.histograms?.[request ?? ''] ?? null;
  const { requests, sampling_errors } = figures(run, request);
  if (share !== null) {
    const error = histogram ? percentileError(histogram, share) : (sampling_errors?.[metric] ?? null);
    return error === null && !histogram ? null : (share > TAIL ? TAIL_ERRORS : 1) * (error ?? 0);
  }
  const rate = figure(run, metric, request);
  if (metric === 'throughput_rps' || !requests || rate === null) return null;
  // Binomial; the rule of succession keeps it above 0 where nothing has failed yet.
  const likely = (rate * requests + 1) / (requests + 2);
  return Math.sqrt((likely * (1 - likely)) / requests);
}
