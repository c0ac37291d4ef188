/** Is a run worse than those before it? Every metric, over all requests and by request name. */
import type { ComparisonVerdict } from '../contract/runs.ts';
import { verdictRank } from '../contract/verdicts.ts';
import { percentileError } from './histogram.ts';
import { type Judgement, type JudgeOptions, judgeSeries } from './judge-series.ts';
import {
  figure,
  figures,
  isComparable,
  type MetricSize,
  RUN_METRICS,
  type RunMetric,
  type RunToJudge,
} from './run-to-judge.ts';
import { median } from './statistics.ts';
import { sentenceOf, sentenceOfRun } from './verdict-text.ts';

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
  const questions = [null, ...names].flatMap((request) =>
    (Object.keys(RUN_METRICS) as RunMetric[])
      .filter((metric) => figure(run, metric, request, options.sizes?.[metric]) !== null)
      .map((metric) => ({ metric, request })),
  );
  const metrics = questions.map((question) => judgeMetric(comparable, run, question, questions.length, options));
  const sorted = metrics.sort((a, b) => verdictRank(a.verdict) - verdictRank(b.verdict) || size(b) - size(a));
  // A single request of few samples may be unstable as long as it likes.
  const telling = sorted.find(({ verdict, request }) => verdict !== 'unstable' || request === null);
  const verdict = telling?.verdict ?? 'not enough runs';
  const sentences = [telling, carrierOf(telling, sorted)].flatMap((it) => (it ? [it.sentence] : []));
  const sentence = sentences.length > 0 ? sentences.join(' By request: ') : undefined;
  return { verdict, sentence: sentenceOfRun(verdict, sentence, comparable.length), metrics: sorted };
}

/** A run that is worse as a whole is so because of a request: the one that changed most, if its own verdict is that of the run. */
function carrierOf(telling: MetricJudgement | undefined, sorted: readonly MetricJudgement[]): MetricJudgement | null {
  const { request, verdict } = telling ?? {};
  if (request !== null || (verdict !== 'suspected' && verdict !== 'regressed')) return null;
  return sorted.find((it) => it.request !== null && it.verdict === verdict) ?? null;
}

function size({ change }: Judgement): number {
  return Math.abs(change ?? 0);
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

function judgeMetric(
  history: readonly RunToJudge[],
  run: RunToJudge,
  { metric, request }: { readonly metric: RunMetric; readonly request: string | null },
  judged_together: number,
  options: JudgeRunOptions,
): MetricJudgement {
  const size = options.sizes?.[metric];
  const value = figure(run, metric, request, size) ?? 0;
  const told = request !== null && metric === 'p99_ms' && history.length < RUNS_FOR_TAILS ? [] : history;
  const known = told.flatMap((earlier) => {
    const known_value = figure(earlier, metric, request, size);
    return known_value === null ? [] : [{ run: earlier, value: known_value }];
  });
  const { worse, least_change, least_difference } = RUN_METRICS[metric];
  const series_options: JudgeOptions = {
    direction: worse,
    least_change,
    least_difference,
    ...size,
    judged_together,
    usual_spread: USUAL_SPREAD_OF_RUNS,
    repeats: (options.repeats ?? []).flatMap((repeat) => figure(repeat, metric, request, size) ?? []),
    sampling_error: samplingError([...known.slice(-SAMPLED_RUNS).map(({ run }) => run), run], metric, request),
  };
  const values = known.map((it) => it.value);
  const judgement = possible(metric, judgeSeries(values, value, series_options));
  const since = judgement.since === null ? run : (known[judgement.since]?.run ?? run);
  const since_run = judgement.since === null ? null : (since.testid ?? null);
  return { metric, request, ...judgement, since_run, sentence: sentenceOf(metric, request, judgement) };
}

/** No latency is below 0, and no rate beyond 1: nor is a band that people read. */
function possible(metric: RunMetric, judgement: Judgement): Judgement {
  const { low, high } = judgement;
  if (low === null || high === null) return judgement;
  return { ...judgement, low: Math.max(0, low), high: Math.min(RUN_METRICS[metric].highest, high) };
}

/** Median over the runs: what the number of requests in a run alone makes of this figure. */
function samplingError(runs: readonly RunToJudge[], metric: RunMetric, request: string | null): number {
  const errors = runs.flatMap((run) => samplingErrorOf(run, metric, request) ?? []);
  return errors.length > 0 ? median(errors) : 0;
}

function samplingErrorOf(run: RunToJudge, metric: RunMetric, request: string | null): number | null {
  const share = RUN_METRICS[metric].percentile;
  const histogram = run.histograms?.[request ?? ''];
  if (share !== null) return histogram ? percentileError(histogram, share) : null;
  const { requests } = figures(run, request);
  const rate = figure(run, metric, request);
  if (metric === 'throughput_rps' || !requests || rate === null) return null;
  // Binomial; the rule of succession keeps it above 0 where nothing has failed yet.
  const likely = (rate * requests + 1) / (requests + 2);
  return Math.sqrt((likely * (1 - likely)) / requests);
}
