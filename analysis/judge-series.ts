/** Is the newest value of a series worse than those before it? */
import type { ComparisonVerdict } from '../contract/runs.ts';
import { changePoints, type Direction, PLAIN_SIZE, relative } from './change-points.ts';
import { levelOf, NOISE_RUNS, Noise, type NoisePrior, USUAL_SPREAD } from './noise.ts';
import { median, quantile } from './statistics.ts';

export interface JudgeOptions {
  /** Which way is worse. With `both` any shift is. Default: up. */
  readonly direction?: Direction;
  /** Smallest change that matters, as a share of the baseline. Default: 0.02. */
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
  /** 0 to 1: how likely the level has shifted, if a shift and none were as likely before these runs were seen. */
  readonly confidence: number;
  /** Index, in the history followed by the run, of the first run at the worse level; null where there is none. */
  readonly since: number | null;
  /** How many runs the baseline is the level of. */
  readonly baseline_runs: number;
}

/** Fewer runs say nothing of their own noise. */
export const LEAST_RUNS = 3;
/** Equal runs at 0 say as little before there are so many: what three runs in ten do may not have shown yet. */
const EQUAL_RUNS = 10;
/** A shift is alarmed for so many runs; a level that nobody has mended or accepted by then is taken for the baseline. */
export const REMEMBERED_RUNS = 30;

/**
 * Natural logarithms of Bayes factors from which a verdict is spoken: chosen on generated histories (bench/verdicts.ts) so
 * that one run in a hundred is suspected for nothing, and one in a thousand called regressed.
 */
const EVIDENCE = { one_run: 0.8, two_runs: 7, three_runs: 0.5, each_further: 0.2, established: 3 } as const;
/** What all runs of a tail say together must be so much stronger than what its better half must say alone. */
const WHOLE_TAIL = 1.5;
/** The newest runs that may be a new level; a change further back is one that {@link changePoints} sees. */
const LONGEST_TAIL = 12;
/** A change for the better is the baseline sooner: when so many runs have kept it. */
const IMPROVED_RUNS = 5;
/** From three runs on a tail must also lie above all but 2 % of where as many runs (at most five) have lain before. */
const SEEN = { from: 3, width: 5, share: 0.98 } as const;
/** A run that lies so many spreads below the worse level, and nearer to the old one, has recovered. */
const RECOVERED_SPREADS = 2;
/** Where noise alone may move a run by half, and by five times what matters, no verdict is worth much. */
const UNSTABLE = { share: 0.5, sizes: 5 } as const;

/**
 * @param history earlier runs, oldest first, one number each
 * @param run the newest
 */
export function judgeSeries(history: readonly number[], run: number, options: JudgeOptions = {}): Judgement {
  const from = Math.max(0, options.accepted_from ?? 0);
  const repeats = options.repeats ?? [];
  const known = history.slice(from);
  const value = median([run, ...repeats]);
  if (known.length < LEAST_RUNS) return tooFew(value, known.length);
  const ways = directionsOf(options).map((sign) => judgeOneWay(known, [run, ...repeats], sign, options));
  const { verdict, baseline, low, high, evidence, since, runs } = worst(ways);
  const difference = value - baseline;
  return {
    verdict,
    baseline,
    value,
    change: baseline === 0 ? null : relative(baseline, value),
    difference,
    low,
    high,
    confidence: 1 / (1 + Math.exp(-evidence)),
    since: since === null ? null : since + from,
    baseline_runs: runs,
  };
}

function tooFew(value: number, runs: number): Judgement {
  const nothing = { baseline: null, change: null, difference: null, low: null, high: null, since: null };
  return { ...nothing, verdict: 'not enough runs', value, confidence: 0, baseline_runs: runs };
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
  readonly evidence: number;
  readonly since: number | null;
  readonly runs: number;
}

const WORSE: readonly ComparisonVerdict[] = ['regressed', 'suspected', 'unstable', 'same', 'improved'];

function worst(ways: readonly Judged[]): Judged {
  const [first, ...others] = ways as [Judged, ...Judged[]];
  return others.reduce((kept, it) => (WORSE.indexOf(it.verdict) < WORSE.indexOf(kept.verdict) ? it : kept), first);
}

interface Sizes {
  readonly smallest: (level: number) => number;
  readonly prior: NoisePrior;
  /** Evidence that each verdict needs more, because other figures of the same run are judged too. */
  readonly extra: number;
}

/** A level that runs are compared with, and what speaks for their being worse. */
interface Finding {
  /** Values of the level. */
  readonly before: readonly number[];
  readonly noise: Noise;
  readonly evidence: number;
  readonly start: number;
}

function judgeOneWay(history: readonly number[], newest: readonly number[], sign: Sign, options: JudgeOptions): Judged {
  const { least_change, least_difference } = { ...PLAIN_SIZE, ...options };
  const sizes: Sizes = {
    smallest: (level) => Math.max(least_change * Math.abs(level), least_difference),
    prior: { sampling_error: options.sampling_error ?? 0, usual_spread: options.usual_spread ?? USUAL_SPREAD },
    // Half of what independent figures would need: those of one run rise and fall together.
    extra: Math.log(Math.max(1, options.judged_together ?? 1)) / 2,
  };
  // From here on more is worse.
  const values = [...history, ...newest].map((it) => sign * it);
  const shifts = changePoints(values.slice(0, -1), { least_change, least_difference });
  const starts = [0, ...shifts.filter((shift) => isEstablished(shift, values.length)).map(({ index }) => index)];
  const value = median(values.slice(history.length));
  const old = unmended(values, starts, sizes);
  if (old && !old.recovered && matters(value, old, sizes)) return regressed(old, sign, sizes);
  if (old) return withoutShift(values, old.before, newest.length, sign, sizes);
  const since = starts.at(-1) as number;
  const fresh = freshShift(values, since, newest.length, sizes);
  if (fresh && matters(value, fresh, sizes)) return regressed(fresh, sign, sizes);
  const start = history.length;
  // Just after an improvement the new level is too short to judge by: the values before it say more.
  const before = values.slice(start - since >= LEAST_RUNS ? since : 0, start);
  return withoutShift(values, before, newest.length, sign, sizes);
}

/** Recent shifts for the worse are judged by the runs since, not by where a partition would best cut. */
function isEstablished({ index, change }: { index: number; change: number }, length: number): boolean {
  return index < length - LONGEST_TAIL || (change < 0 && index < length - IMPROVED_RUNS);
}

interface OldShift extends Finding {
  /** The newest run is back at that level. */
  readonly recovered: boolean;
}

/** The latest shift for the worse that nothing has undone until now, unless it is too long ago. */
function unmended(values: readonly number[], starts: readonly number[], sizes: Sizes): OldShift | null {
  const value = values.at(-1) as number;
  const current = values.slice(starts.at(-1));
  const now = median(current);
  for (let place = starts.length - 1; place > 0; place -= 1) {
    const start = starts[place] as number;
    if (start < values.length - REMEMBERED_RUNS) return null;
    const before = values.slice(starts[place - 1], start);
    const noise = new Noise(before, sizes.smallest, sizes.prior);
    const evidence = noise.evidence(betterHalf(current));
    if (now - noise.level <= sizes.smallest(noise.level) || evidence <= EVIDENCE.established + sizes.extra) continue;
    const recovered = value < (now + noise.level) / 2 && value < now - RECOVERED_SPREADS * noise.spread;
    return { noise, evidence, start, before, recovered };
  }
  return null;
}

/** The tail of the series, two to twelve runs long, for which most speaks that it is a worse level than what was before. */
function freshShift(values: readonly number[], since: number, shortest: number, sizes: Sizes): Finding | null {
  let best: Finding | null = null;
  for (let tail = Math.max(2, shortest); tail <= LONGEST_TAIL; tail += 1) {
    const start = values.length - tail;
    if (start - since < LEAST_RUNS) break;
    const before = values.slice(since, start);
    const after = values.slice(start);
    if (!looksWorse(before, after, sizes)) continue;
    const noise = new Noise(before, sizes.smallest, sizes.prior);
    if (!noise.has_scale && before.length < EQUAL_RUNS) continue;
    const evidence = tailEvidence(noise, after);
    if (evidence > evidenceNeeded(tail) + sizes.extra && evidence > (best?.evidence ?? 0)) {
      best = { before, noise, evidence, start };
    }
  }
  return best;
}

/** What costs little to ask, and most tails fail: large enough, the newest run too, and not seen before. */
function looksWorse(before: readonly number[], after: readonly number[], { smallest }: Sizes): boolean {
  const level = levelOf(before);
  const middle = median(after);
  if (middle - level <= smallest(level)) return false;
  // One good run in a long tail may be noise; in a short one it is the best news there is.
  const newest = (after.at(-1) as number) - level;
  if (newest <= (after.length <= SEEN.from ? smallest(level) : 0)) return false;
  return after.length < SEEN.from || middle > highestSeen(before, Math.min(after.length, SEEN.width));
}

function highestSeen(before: readonly number[], width: number): number {
  const recent = before.slice(-NOISE_RUNS);
  if (recent.length < width) return Number.NEGATIVE_INFINITY;
  const levels = Array.from({ length: recent.length - width + 1 }, (_, from) =>
    median(recent.slice(from, from + width)),
  );
  return quantile(levels, SEEN.share);
}

/** The better half of the runs must speak for a shift by itself: two spikes among three runs are none. */
function tailEvidence(noise: Noise, after: readonly number[]): number {
  return Math.min(noise.evidence(after) - WHOLE_TAIL, noise.evidence(betterHalf(after)));
}

function betterHalf(runs: readonly number[]): number[] {
  return [...runs].sort((a, b) => a - b).slice(0, Math.ceil(runs.length / 2));
}

function evidenceNeeded(tail: number): number {
  return tail === 2 ? EVIDENCE.two_runs : EVIDENCE.three_runs + EVIDENCE.each_further * (tail - 3);
}

/** Earlier runs may have confirmed a worse level; a run that is itself as good as the baseline is no regression. */
function matters(value: number, { noise }: Finding, { smallest }: Sizes): boolean {
  return value - noise.level > smallest(noise.level);
}

/**
 * Several runs agree: each value beyond what matters belongs to the worse level. That is the edge of its band, as nothing
 * else decides about the newest run.
 */
function regressed(found: Finding, sign: Sign, sizes: Sizes): Judged {
  const { level } = found.noise;
  const { low } = bandOf(found.before, found.noise, sizes);
  return judged('regressed', found, { low, high: level + sizes.smallest(level) }, sign);
}

/** A single run, or one with its repeats, against the level before it: its band decides. */
function withoutShift(
  values: readonly number[],
  known: readonly number[],
  newest: number,
  sign: Sign,
  sizes: Sizes,
): Judged {
  const start = values.length - newest;
  const before = withoutSuspected(known, sizes);
  const noise = new Noise(before, sizes.smallest, sizes.prior);
  const band = bandOf(before, noise, sizes);
  const value = median(values.slice(start));
  const found = { before, noise, evidence: noise.evidence([value]), start };
  if (value > band.high) return judged('suspected', found, band, sign);
  if (value < band.low) {
    const evidence = mirrored(before, sizes).evidence([-value]);
    return { ...judged('improved', { ...found, evidence }, band, sign), since: null };
  }
  const width = Math.max(band.high - noise.level, noise.level - band.low);
  const much = Math.max(UNSTABLE.share * Math.abs(noise.level), UNSTABLE.sizes * sizes.smallest(noise.level));
  // The band of a few runs is wide because little is known of them: they must have lain that far apart themselves.
  const apart = Math.max(...before) - Math.min(...before);
  // At a level of 0 a share of it says nothing.
  const verdict = much > 0 && width > much && apart > much ? 'unstable' : 'same';
  return { ...judged(verdict, found, band, sign), since: null };
}

/** A run that is itself suspected is no reference for the next one: what it is suspected of would be usual. */
function withoutSuspected(known: readonly number[], sizes: Sizes): readonly number[] {
  const before = known.slice(0, -1);
  if (before.length < LEAST_RUNS) return known;
  const { high } = bandOf(before, new Noise(before, sizes.smallest, sizes.prior), sizes);
  return (known.at(-1) as number) > high ? before : known;
}

interface Band {
  readonly low: number;
  readonly high: number;
}

/** Where a single run is the same: at most this far from the level, either what matters or what noise explains. */
function bandOf(before: readonly number[], noise: Noise, sizes: Sizes): Band {
  const limit = EVIDENCE.one_run + sizes.extra;
  const smallest = sizes.smallest(noise.level);
  return {
    low: 0 - mirrored(before, sizes).highestWithin(limit, smallest - noise.level),
    high: noise.highestWithin(limit, noise.level + smallest),
  };
}

/** The noise with up and down exchanged. */
function mirrored(before: readonly number[], { smallest, prior }: Sizes): Noise {
  return new Noise(
    before.map((it) => -it),
    smallest,
    prior,
  );
}

function judged(verdict: ComparisonVerdict, { noise, evidence, start }: Finding, band: Band, sign: Sign): Judged {
  const [low, high] = sign === 1 ? [band.low, band.high] : [-band.high, -band.low];
  return { verdict, baseline: sign * noise.level, low, high, evidence, since: start, runs: noise.runs };
}
