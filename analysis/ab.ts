/**
 * Compares two builds that had the load in turns, in blocks. Units are pairs of adjacent blocks, one of each build, so that
 * what happens on the machine for longer than a block concerns both alike. docs/ab.md says it for people.
 */
import type { Histogram } from '../contract/histogram.ts';
import type { RequestSpan } from '../contract/live-schema.ts';
import type { AbComparison, AbVerdict } from '../contract/results.ts';
import { abSentence } from './ab-text.ts';
import { geometricMean, percentile, sampleCount } from './histogram.ts';
import { isAbove, type Shift, shiftOf } from './signed-rank.ts';
import { median, sum } from './statistics.ts';

/** What the requests of a block did, by their `name` tag. */
export type BlockFigures = Readonly<Record<string, RequestSpan>>;

/** Two adjacent blocks, one of each build, whichever came first. */
export interface BlockPair {
  /** When it began, in seconds since the blocks began. */
  readonly at_s: number;
  readonly base: BlockFigures;
  readonly head: BlockFigures;
}

export interface AbSettings {
  /** The smallest change that is called regressed or improved, a fraction. */
  readonly least_change: number;
  /** Pairs that the budget holds. */
  readonly planned_pairs: number;
  /** Seconds that a pair takes. */
  readonly pair_s: number;
}

export interface AbJudgement {
  readonly verdict: AbVerdict;
  /** All requests together; null: too few pairs. */
  readonly overall: AbComparison | null;
  /** The worst first. */
  readonly requests: readonly AbComparison[];
  readonly not_judged: readonly string[];
  readonly needed_s: number | null;
}

/** The smallest change that matters unless a call says another one. */
export const LEAST_CHANGE = 0.03;
/** The chance that equal builds are called regressed, over all looks, requests and figures. */
export const FALSE_ALARMS = 0.002;
/** Of it, for error rates: where head fails more, it does so in most blocks, which takes little to see. */
const ERRORS_SHARE = 0.1;
/** The chance that a request is called the same although it differs by the smallest change that matters, over all looks. */
const FALSE_SAME = 0.05;
/** Fewer requests of a block say little of it. */
const LEAST_REQUESTS = 3;
/** Pairs of all that a request must have. */
const LEAST_SHARE = 0.75;
/** Fewer failures more than base, as a share of requests, are none. */
const LEAST_ERRORS = 0.005;

/** When the pairs are looked at: shares of the budget. */
export const LOOKS = [0.2, 0.35, 0.5, 0.65, 0.8, 1] as const;

/** So that later looks, which see more, may err more: the spending function of Kim & DeMets (Biometrika 74, 1987), ρ = 3. */
const SPENDING_POWER = 3;

/** Pairs after which they are looked at. */
export function lookPairs(planned_pairs: number): number[] {
  return LOOKS.map((share) => Math.round(planned_pairs * share));
}

/**
 * The share of the chance to err that a look may spend. Shares add up to 1, so that the chance over all looks is at most
 * the sum, however they depend on each other (Bonferroni).
 */
function lookShare(pairs: number, planned_pairs: number): number {
  const looks = lookPairs(planned_pairs);
  const place = looks.findLastIndex((look) => look <= pairs);
  const spent = (index: number) => (index < 0 ? 0 : (LOOKS[index] as number) ** SPENDING_POWER);
  // Before the first look nothing may be decided.
  return place < 0 ? 0 : spent(place) - spent(place - 1);
}

/** @param pairs those that are judged, without the warm-up; the last of them ends at a look */
export function judgeAb(pairs: readonly BlockPair[], settings: AbSettings): AbJudgement {
  const names = [...new Set(pairs.flatMap(({ base, head }) => [...Object.keys(base), ...Object.keys(head)]))].sort();
  const series = names.map((name) => seriesOf(pairs, name));
  return judgeSeries(series, pairs.length, settings);
}

/** What pairs of blocks say of each request. @param pairs how many there are */
export function judgeSeries(series: readonly AbSeries[], pairs: number, settings: AbSettings): AbJudgement {
  const enough = series.filter(({ latency }) => latency.length > 0 && latency.length >= LEAST_SHARE * pairs);
  const share = lookShare(pairs, settings.planned_pairs);
  // One request alone is all of them.
  const is_alone = enough.length === 1;
  const tests = is_alone ? 1 : enough.length + 1;
  const wrong = (FALSE_ALARMS * share) / tests;
  const context = {
    ...settings,
    wrong: { latency: (1 - ERRORS_SHARE) * wrong, errors: ERRORS_SHARE * wrong },
    wrongly_same: FALSE_SAME * share,
  };
  const overall = enough.length === 0 ? null : compare(overallSeries(enough), context);
  const has_moved =
    overall?.low !== null && overall?.high !== null && overall !== null && overall.low * overall.high > 0;
  const requests = enough.map((it) => compareRequest(it, enough, context, has_moved)).sort(worstFirst);
  const all = overall ? [overall, ...requests] : requests;
  const verdict = worstOf(all);
  const needed = all.map(({ needed_s }) => needed_s);
  const unclear = all.filter((it) => it.verdict === 'unclear');
  return {
    verdict,
    overall,
    requests,
    not_judged: series.filter((it) => !enough.includes(it)).map(({ request }) => request as string),
    needed_s:
      verdict !== 'unclear' || all.length === 0 || unclear.some(({ needed_s }) => needed_s === null)
        ? null
        : Math.max(...needed.map((it) => it ?? 0)),
  };
}

/**
 * Takes back what the load generator of head can have done: a generator that waits longer than the other one is no slower
 * build. A difference counts if it is as large as matters without that, and if that is the smaller part of it. What both
 * generators wait more or less from block to block is noise of the pairs, which the interval has in it.
 * @param extra_ms how much longer requests of head waited for their generator, on average
 */
export function withGeneratorDelay(judgement: AbJudgement, extra_ms: number, least_change: number): AbJudgement {
  const corrected = (it: AbComparison): AbComparison => {
    if (it.verdict !== 'regressed' || it.errors.verdict === 'regressed') return it;
    const share = extra_ms / it.base_ms;
    if (share <= it.change / 2 && it.change - share >= least_change) return it;
    const doubtful = { ...it, verdict: 'unclear' as const };
    return { ...doubtful, sentence: abSentence(doubtful, extra_ms) };
  };
  const overall = judgement.overall && corrected(judgement.overall);
  const requests = judgement.requests.map(corrected).sort(worstFirst);
  return { ...judgement, overall, requests, verdict: worstOf(overall ? [overall, ...requests] : requests) };
}

const WORST_FIRST: readonly AbVerdict[] = ['regressed', 'unclear', 'same', 'improved'];

/** One worse request makes the build worse; a build is better if a request is, and all others are clear. */
function worstOf(all: readonly AbComparison[]): AbVerdict {
  const verdicts = all.map(({ verdict }) => verdict);
  if (verdicts.length === 0) return 'unclear';
  if (verdicts.includes('regressed')) return 'regressed';
  if (verdicts.includes('unclear')) return 'unclear';
  return verdicts.includes('improved') ? 'improved' : 'same';
}

function worstFirst(a: AbComparison, b: AbComparison): number {
  return WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict) || b.change - a.change;
}

interface PairLatency {
  readonly at_s: number;
  readonly base_ms: number;
  readonly head_ms: number;
}

export interface AbSideFigures {
  readonly latency: Histogram | null;
  readonly requests: number;
  readonly failed: number;
}

/** What the pairs say of a request, or of all together. */
export interface AbSeries {
  readonly request: string | null;
  readonly latency: readonly PairLatency[];
  /** Differences of the shares of failed requests. */
  readonly errors: readonly number[];
  readonly base: AbSideFigures;
  readonly head: AbSideFigures;
}

function seriesOf(pairs: readonly BlockPair[], request: string): AbSeries {
  const both = pairs.map(({ at_s, base, head }) => ({ at_s, base: base[request], head: head[request] }));
  return {
    request,
    latency: both.flatMap(({ at_s, base, head }) => {
      if (!hasEnough(base) || !hasEnough(head)) return [];
      const [base_ms, head_ms] = [geometricMean(base.latency), geometricMean(head.latency)];
      return base_ms === null || head_ms === null ? [] : [{ at_s, base_ms, head_ms }];
    }),
    errors: both.flatMap(({ base, head }) =>
      base && head ? [errorShare(countsOf(head)) - errorShare(countsOf(base))] : [],
    ),
    base: mergeSides(both.flatMap(({ base }) => (base ? [countsOf(base)] : []))),
    head: mergeSides(both.flatMap(({ head }) => (head ? [countsOf(head)] : []))),
  };
}

function hasEnough(block: RequestSpan | undefined): block is RequestSpan {
  return block !== undefined && sampleCount(block.latency) >= LEAST_REQUESTS;
}

function countsOf({ latency, rates }: RequestSpan): AbSideFigures {
  const { value: failed = 0, count: requests = 0 } = rates.http_req_failed ?? {};
  return { latency, requests, failed };
}

function errorShare({ failed, requests }: Pick<AbSideFigures, 'failed' | 'requests'>): number {
  return requests === 0 ? 0 : failed / requests;
}

function mergeSides(blocks: readonly AbSideFigures[]): AbSideFigures {
  const counts: Record<string, number> = {};
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const { latency } of blocks) {
    if (!latency) continue;
    min = Math.min(min, latency.min);
    max = Math.max(max, latency.max);
    for (const [bucket, count] of Object.entries(latency.counts)) counts[bucket] = (counts[bucket] ?? 0) + count;
  }
  return {
    latency: Number.isFinite(min) ? { counts, min, max } : null,
    requests: blocks.reduce((sum, { requests }) => sum + requests, 0),
    failed: blocks.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/**
 * Each request has the weight of its number over both builds. If builds happen to be asked for a costly request more or
 * less often, that is no difference between them.
 */
function overallSeries(series: readonly AbSeries[]): AbSeries {
  const weights = series.map(({ base, head }) => base.requests + head.requests);
  const total = sum(weights);
  const at = (at_s: number) =>
    series.flatMap(({ latency }, place) => {
      const pair = latency.find((it) => it.at_s === at_s);
      return pair ? [{ ...pair, weight: weights[place] as number }] : [];
    });
  const times = [...new Set(series.flatMap(({ latency }) => latency.map(({ at_s }) => at_s)))].sort((a, b) => a - b);
  const complete = times
    .map((at_s) => ({ at_s, pairs: at(at_s) }))
    .filter(({ pairs }) => pairs.length === series.length);
  const level = (pairs: ReturnType<typeof at>, side: 'base_ms' | 'head_ms') =>
    Math.exp(sum(pairs.map((pair) => pair.weight * Math.log(pair[side]))) / total);
  const most_errors = Math.min(...series.map(({ errors }) => errors.length));
  return {
    request: null,
    latency: complete.map(({ at_s, pairs }) => ({
      at_s,
      base_ms: level(pairs, 'base_ms'),
      head_ms: level(pairs, 'head_ms'),
    })),
    errors: Array.from({ length: most_errors }, (_, place) =>
      sum(series.map(({ errors }, index) => ((errors[place] as number) * (weights[index] as number)) / total)),
    ),
    base: mergeSides(series.map(({ base }) => base)),
    head: mergeSides(series.map(({ head }) => head)),
  };
}

interface Context extends AbSettings {
  /** The chance to call equal builds regressed, or improved, that the tests of one request may spend. */
  readonly wrong: { readonly latency: number; readonly errors: number };
  readonly wrongly_same: number;
}

/** Fewer others say nothing of what moved all. */
const LEAST_OTHERS = 2;

/**
 * A busy machine moves all requests of a block. So a request is judged by what remains of its differences without what the
 * others did in the same blocks, unless all requests together have moved: then by its differences as they are, and without
 * the others only if that alone is clear. Either way it must differ by as much as matters as it is, too: if others are
 * faster, it is no slower. Where builds are equal, what remains has a random sign as the differences have.
 */
function compareRequest(
  series: AbSeries,
  all: readonly AbSeries[],
  context: Context,
  has_moved: boolean,
): AbComparison {
  const plain = compare(series, context);
  if (all.length <= LEAST_OTHERS) return plain;
  const logs = differencesOf(series);
  const others = all
    .filter((it) => it !== series)
    .map((it) => new Map(it.latency.map((pair) => [pair.at_s, logOf(pair)])));
  const besides = compare(series, context, withoutOthers(series, logs, others));
  const differs = besides.verdict === 'regressed' || besides.verdict === 'improved';
  const is_backed =
    Math.sign(plain.change) === Math.sign(besides.change) && Math.abs(plain.change) >= context.least_change;
  if (differs) return is_backed ? besides : plain;
  return has_moved || plain.errors.verdict === 'regressed' ? plain : besides;
}

function logOf({ base_ms, head_ms }: PairLatency): number {
  return Math.log(head_ms / base_ms);
}

function differencesOf({ latency }: AbSeries): number[] {
  return latency.map(logOf);
}

/**
 * The differences of a request without its share in what the others did: the residuals of a regression through the origin.
 * The median of the others stands for all, so that one of them that has changed does not count.
 */
function withoutOthers(
  { latency }: AbSeries,
  logs: readonly number[],
  others: readonly ReadonlyMap<number, number>[],
): number[] {
  const common = latency.map(({ at_s }) => {
    const values = others.flatMap((it) => it.get(at_s) ?? []);
    return values.length >= LEAST_OTHERS ? median(values) : 0;
  });
  const squares = sum(common.map((value) => value ** 2));
  const factor = squares === 0 ? 0 : sum(common.map((value, place) => value * (logs[place] as number))) / squares;
  return logs.map((log, place) => log - factor * (common[place] as number));
}

/** @param logs differences to judge; left out, those of the series */
function compare(series: AbSeries, context: Context, logs = differencesOf(series)): AbComparison {
  const { request, latency, errors, base, head } = series;
  const strict = shiftOf(logs, context.wrong.latency);
  const loose = shiftOf(logs, context.wrongly_same);
  const by_latency = judgeShift(strict, loose, context.least_change);
  const error_shares = { base: errorShare(base), head: errorShare(head) };
  const fails_more = error_shares.head - error_shares.base >= LEAST_ERRORS && isAbove(errors, context.wrong.errors);
  const verdict = fails_more ? 'regressed' : by_latency;
  const { low, high } = verdict === 'same' ? loose : strict;
  const base_ms = Math.exp(sum(latency.map((it) => Math.log(it.base_ms))) / latency.length);
  const change = relative(strict.estimate);
  const judged = {
    request,
    verdict,
    base_ms,
    head_ms: base_ms * (1 + change),
    difference_ms: base_ms * change,
    change,
    low: low === null ? null : relative(low),
    high: high === null ? null : relative(high),
    base_p95_ms: percentile(base.latency, 0.95) ?? 0,
    head_p95_ms: percentile(head.latency, 0.95) ?? 0,
    base_requests: base.requests,
    head_requests: head.requests,
    errors: { ...error_shares, verdict: fails_more ? ('regressed' as const) : ('same' as const) },
    needed_s: verdict === 'unclear' ? neededTime_s(strict, loose, latency.length, context) : null,
  };
  return { ...judged, sentence: abSentence(judged), pairs: [...latency] };
}

function relative(log: number): number {
  return Math.exp(log) - 1;
}

/** As large as matters, and beyond chance; or surely smaller than matters. */
function judgeShift(strict: Shift, loose: Shift, least_change: number): AbVerdict {
  const change = relative(strict.estimate);
  if (strict.low !== null && strict.low > 0 && change >= least_change) return 'regressed';
  if (strict.high !== null && strict.high < 0 && change <= -least_change) return 'improved';
  const is_same =
    loose.low !== null &&
    loose.high !== null &&
    relative(loose.low) > -least_change &&
    relative(loose.high) < least_change;
  return is_same ? 'same' : 'unclear';
}

/** Nobody waits longer for an answer. */
const LONGEST_S = 4 * 3_600;

/**
 * How much longer until one of both answers is clear, if the estimate stays: intervals shrink with the root of the pairs.
 * @returns null if that would be too long, or nobody can say yet
 */
function neededTime_s(strict: Shift, loose: Shift, pairs: number, { least_change, pair_s }: Context): number | null {
  const reach = ({ low, high }: Shift) => (low === null || high === null ? null : (high - low) / 2);
  const [different, equal] = [reach(strict), reach(loose)];
  if (different === null || equal === null) return null;
  const size = Math.abs(strict.estimate);
  const room = Math.log(1 + least_change) - size;
  const factor = room > 0 ? equal / room : different / size;
  const needed_s = Math.ceil(pairs * Math.max(0, factor ** 2 - 1)) * pair_s;
  return needed_s > LONGEST_S ? null : Math.max(pair_s, needed_s);
}
