/** Is the newest value of a series worse than those before it? */
import type { ComparisonVerdict } from '../contract/runs.ts';
import { type Direction, relative } from './change-points.ts';
import { MAD_TO_SIGMA, median, sortedQuantile } from './statistics.ts';

export interface JudgeOptions {
  /** Which way is worse. With `both` any shift is. Default: up. */
  readonly direction?: Direction;
  /** Smallest change that matters, as a share of the baseline. Default: 0.035. */
  readonly least_change?: number;
  /** And in the unit of the values. Default: 0. */
  readonly least_difference?: number;
  /** Index in the history from which on its level is accepted: what was before is no reference any more. */
  readonly accepted_from?: number;
  /** Further runs of the same build, made at once after the run to confirm it. */
  readonly repeats?: readonly number[];
  /** How many figures of the run are judged at once: the more, the more evidence each needs. Default: 1. */
  readonly judged_together?: number;
  /** Standard deviation to expect, as a share of the level, while few runs are known. Default: 0.02. */
  readonly usual_spread?: number;
  /** Standard error of one value that its own samples give it, in the unit of the values: no noise is taken for less. */
  readonly sampling_error?: number;
}

export interface Judgement {
  readonly verdict: ComparisonVerdict;
  /** Level that the run is compared with; null where there are not enough runs. */
  readonly baseline: number | null;
  /** The run, or the median of it and its repeats. */
  readonly value: number;
  /** (value − baseline) / |baseline|; null without a baseline, and where that is 0. */
  readonly change: number | null;
  readonly difference: number | null;
  /** The noise band: values within it are what these runs do anyway. */
  readonly low: number | null;
  readonly high: number | null;
  /** Index, in the history followed by the run, of the first run at the worse level; null where there is none. */
  readonly since: number | null;
  /** How many runs the baseline is the level of. */
  readonly baseline_runs: number;
  /** Runs in a row at the worse level, the judged one included; 0 where it is not worse. */
  readonly worse_runs: number;
  /** Repeats of the run that were judged with it. */
  readonly repeats: number;
}

/** Fewer runs say nothing of their own noise. */
export const LEAST_RUNS = 3;
/** Runs that were all 0 say as little of theirs before there are so many: what three in ten do may not have shown yet. */
const EQUAL_RUNS = 10;
/** A shift is alarmed for so many runs; a level that nobody has mended or accepted by then is taken for the baseline. */
export const REMEMBERED_RUNS = 30;

/** Runs of the baseline at most, their level and their noise. */
const BASELINE_RUNS = 50;
/** Runs that are replayed to know what was said of them: a baseline and a remembered shift, and some to begin with. */
const REPLAYED_RUNS = 100;
/** Runs in a row that are better become the baseline. */
const IMPROVED_RUNS = 5;
/** Runs in a row at the worse level, the suspected one included, that confirm it. */
const CONFIRMING_RUNS = 3;

/**
 * Chosen on the half of the real histories that is for it (docs/decisions/0088): a run is suspected beyond `suspected`
 * spreads above the level and all but the highest run of the baseline; beyond `confirmed` spreads and `CONFIRMED_SEEN` of
 * the baseline, the runs after it confirm it. Two in a row are enough far beyond what matters and everything seen.
 */
const SPREADS = { suspected: 5.5, confirmed: 1.3 } as const;
const CONFIRMED_SEEN = 0.9;
const LEAST_CHANGE = 0.035;
/** Two in a row must exceed what matters by so much. */
const STRONG_SIZE = 5 / 3;
/** Figures are taken to vary by 2 % as long as little is known: all of it counts for two runs, a fifth for ten. */
const USUAL_SPREAD = 0.02;
const USUAL_RUNS = 2;
/** Where noise alone may move a run by half, and by five times what matters, no verdict is worth much. */
const UNSTABLE = { share: 0.5, sizes: 5 } as const;

/**
 * @param history earlier runs, oldest first, one number each
 * @param run the newest
 */
export function judgeSeries(history: readonly number[], run: number, options: JudgeOptions = {}): Judgement {
  const from = Math.max(0, options.accepted_from ?? 0, history.length - REPLAYED_RUNS);
  const known = history.slice(from);
  const newest = [run, ...(options.repeats ?? [])];
  const value = median(newest);
  const repeats = newest.length - 1;
  if (known.length < LEAST_RUNS) return { ...tooFew(value, known.length), repeats };
  const ways = directionsOf(options).map((sign) => judgeOneWay(known, newest, sign, options));
  const { verdict, baseline, low, high, since, runs } = worst(ways);
  return {
    verdict,
    baseline,
    value,
    change: baseline === 0 ? null : relative(baseline, value),
    difference: value - baseline,
    low,
    high,
    since: since === null ? null : since + from,
    baseline_runs: runs,
    worse_runs: since === null ? 0 : known.length - since + 1,
    repeats,
  };
}

function tooFew(value: number, runs: number): Omit<Judgement, 'repeats'> {
  const nothing = { baseline: null, change: null, difference: null, low: null, high: null, since: null };
  return { ...nothing, verdict: 'not enough runs', value, baseline_runs: runs, worse_runs: 0 };
}

type Sign = 1 | -1;

function directionsOf({ direction = 'up' }: JudgeOptions): Sign[] {
  if (direction === 'both') return [1, -1];
  return [direction === 'up' ? 1 : -1];
}

interface Judged {
  readonly verdict: ComparisonVerdict;
  readonly baseline: number;
  readonly low: number;
  readonly high: number;
  readonly since: number | null;
  readonly runs: number;
}

const WORSE: readonly ComparisonVerdict[] = ['regressed', 'suspected', 'unstable', 'same', 'improved'];

function worst(ways: readonly Judged[]): Judged {
  const [first, ...others] = ways as [Judged, ...Judged[]];
  return others.reduce((kept, it) => (WORSE.indexOf(it.verdict) < WORSE.indexOf(kept.verdict) ? it : kept), first);
}

function judgeOneWay(history: readonly number[], newest: readonly number[], sign: Sign, options: JudgeOptions): Judged {
  // From here on more is worse.
  let state = startFrom(history.slice(0, LEAST_RUNS).map((it) => sign * it));
  for (const value of history.slice(LEAST_RUNS)) state = addRun(state, sign * value, options);
  const { baseline, tail } = state;
  const limits = limitsOf(baseline, options);
  const values = newest.map((it) => sign * it);
  const value = median(values);
  const said = judgeNext(state, limits, values);
  const is_worse = said !== 'same';
  // Where several runs agree, the limit for a run that confirms them has decided.
  const high = is_worse && (said === 'regressed' || value <= limits.suspected) ? limits.confirmed : limits.suspected;
  const verdict = is_worse ? said : verdictWithin(baseline, limits, value, options);
  return {
    verdict,
    baseline: sign * limits.level,
    low: sign === 1 ? limits.improved : -high,
    high: sign === 1 ? high : -limits.improved,
    since: is_worse ? history.length - tail.length : null,
    runs: baseline.length,
  };
}

/** What is known after some runs. */
interface State {
  /** Runs at the usual level, with their spikes, oldest first. */
  readonly baseline: readonly number[];
  /** The newest runs, if they lie at a worse level: no part of their own baseline. */
  readonly tail: readonly number[];
  /** What was said of the newest run. */
  readonly said: Said;
  /** The newest runs, if they lie at a better level. */
  readonly better: readonly number[];
}

type Said = 'same' | 'suspected' | 'regressed';

/** The state after one more run of the history. */
function addRun(state: State, value: number, options: JudgeOptions): State {
  const level = median(state.baseline);
  // Most runs are ordinary: no limit is nearer to the level.
  if (Math.abs(value - level) <= sizeOf(level, options)) return toUsual(state, [value]);
  const limits = limitsOf(state.baseline, options);
  if (value < limits.better) return toBetter(state, value);
  if (value <= limits.confirmed) return toUsual(state, [value]);
  const tail = [...state.tail, value];
  const said = judgeNext(state, limits, [value]);
  if (said === 'regressed' && tail.length >= REMEMBERED_RUNS) return startFrom(tail);
  return { ...toUsual({ ...state, tail: [] }, []), tail, said };
}

function toBetter(state: State, value: number): State {
  const better = [...state.better, value];
  return better.length >= IMPROVED_RUNS ? startFrom(better) : { ...toUsual({ ...state, better: [] }, []), better };
}

/** Neither worse nor better any more. What is over without confirmation was noise, and belongs to it. */
function toUsual({ baseline, tail, better, said }: State, values: readonly number[]): State {
  const passed = said === 'regressed' ? better : [...tail, ...better];
  return startFrom([...baseline, ...passed, ...values].slice(-BASELINE_RUNS));
}

function startFrom(baseline: readonly number[]): State {
  return { baseline, tail: [], said: 'same', better: [] };
}

/** @param newest a run, and its repeats if there are any */
function judgeNext({ baseline, tail, said }: State, limits: Limits, newest: readonly number[]): Said {
  const value = median(newest);
  if (value <= limits.confirmed) return 'same';
  if (said === 'regressed') return 'regressed';
  const runs = [...tail, ...newest];
  const was_suspected = said === 'suspected' || (newest.length > 1 && (newest[0] as number) > limits.suspected);
  const is_known = limits.has_scale || baseline.length >= EQUAL_RUNS;
  // A repeat may lie below what matters, if their median does not and it is worse than noise.
  const is_confirmed = was_suspected && runs.length >= CONFIRMING_RUNS && newest.every((it) => it > limits.noise);
  const is_strong = runs.length > 1 && runs.slice(-2).every((it) => it > limits.strong);
  if (is_known && (is_confirmed || is_strong)) return 'regressed';
  return was_suspected || value > limits.suspected || runs.length >= CONFIRMING_RUNS ? 'suspected' : 'same';
}

interface Limits {
  readonly level: number;
  /** false if all runs are equal and nothing else says how much they vary. */
  readonly has_scale: boolean;
  /** One run above it is suspected. */
  readonly suspected: number;
  /** Runs above it confirm one that was. */
  readonly confirmed: number;
  /** The same without the smallest change that matters. */
  readonly noise: number;
  /** Two in a row above it need no third. */
  readonly strong: number;
  /** One run below it is improved. */
  readonly improved: number;
  /** Runs below it make a better level. */
  readonly better: number;
}

/** Smallest change that matters. */
function sizeOf(level: number, { least_change = LEAST_CHANGE, least_difference = 0 }: JudgeOptions): number {
  return Math.max(least_change * Math.abs(level), least_difference);
}

/** Median and spread of the baseline, and its highest and lowest runs. */
function limitsOf(baseline: readonly number[], options: JudgeOptions): Limits {
  const sorted = new Float64Array(baseline).sort();
  const n = sorted.length;
  const level = sortedQuantile(sorted, 0.5);
  const spread = spreadOf(baseline, level, options);
  const size = sizeOf(level, options);
  // Half of what independent figures would need: those of one run rise and fall together.
  const suspected = spread * Math.sqrt(SPREADS.suspected ** 2 + Math.log(Math.max(1, options.judged_together ?? 1)));
  const confirmed = spread * SPREADS.confirmed;
  // One earlier visit to the worse level does not hide a shift, however few runs there are.
  const all_but_one = 1 - 1 / (n - 1);
  const seen = Math.min(CONFIRMED_SEEN, all_but_one);
  const noise = Math.max(level + confirmed, sortedQuantile(sorted, seen));
  return {
    level,
    has_scale: spread > 0,
    suspected: Math.max(level + size, level + suspected, sortedQuantile(sorted, all_but_one)),
    confirmed: Math.max(level + size, noise),
    noise,
    strong: Math.max(level + STRONG_SIZE * size, level + suspected, sorted[n - 1] as number),
    improved: Math.min(level - size, level - suspected, sortedQuantile(sorted, 1 - all_but_one)),
    better: Math.min(level - size, level - confirmed, sortedQuantile(sorted, 1 - seen)),
  };
}

/**
 * Robust standard deviation: the mean of that around the level and that from run to run. Values that alternate between
 * two modes may lie close to their median more often than not, and few values say little in either way.
 */
function spreadOf(baseline: readonly number[], level: number, options: JudgeOptions): number {
  const n = baseline.length;
  const around = new Float64Array(n);
  const steps = new Float64Array(n - 1);
  baseline.forEach((value, place) => {
    around[place] = Math.abs(value - level);
    if (place > 0) steps[place - 1] = Math.abs(value - (baseline[place - 1] as number));
  });
  const robust = (MAD_TO_SIGMA * (middleOf(around) + middleOf(steps) / Math.SQRT2)) / 2;
  const usual = (options.usual_spread ?? USUAL_SPREAD) * Math.abs(level);
  return Math.max(Math.hypot(robust, (usual * USUAL_RUNS) / n), options.sampling_error ?? 0);
}

function middleOf(values: Float64Array): number {
  return sortedQuantile(values.sort(), 0.5);
}

function verdictWithin(
  baseline: readonly number[],
  { level, suspected, improved }: Limits,
  value: number,
  options: JudgeOptions,
): ComparisonVerdict {
  if (value < improved) return 'improved';
  const width = Math.max(suspected - level, level - improved);
  const size = sizeOf(level, options);
  const much = Math.max(UNSTABLE.share * Math.abs(level), UNSTABLE.sizes * size);
  // The band of a few runs is wide because little is known of them: they must have lain that far apart themselves.
  const apart = Math.max(...baseline) - Math.min(...baseline);
  // At a level of 0 a share of it says nothing.
  return much > 0 && width > much && apart > much ? 'unstable' : 'same';
}
