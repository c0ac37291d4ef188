/** Is the newest value of a series worse than those before it? */
import type { ComparisonVerdict } from '../contract/runs.ts';
import { changePoints, type Direction, PLAIN_SIZE, relative } from './change-points.ts';
import { N, Noise } from './noise.ts';
import { median } from './statistics.ts';

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
  /** Standard error of one value that its own samples give it, in the unit of the values: no noise is taken for less. */
  readonly sampling_error?: number;
}

export interface Judgement {
  readonly verdict: ComparisonVerdict;
  /** Level that the run is held against; null where there are not enough runs. */
  readonly baseline: number | null;
  /** The run, or the median of it and its repeats. */
  readonly value: number;
  /** (value − baseline) / |baseline|; null without a baseline, and where that is 0. */
  readonly change: number | null;
  readonly difference: number | null;
  /** The noise band: values within it are what these runs do anyway. */
  readonly low: number | null;
  readonly high: number | null;
  /** 0 to 1: one minus the chance that the noise of the baseline shows a difference as large. */
  readonly confidence: number;
  /** Index, in the history followed by the run, of the first run at the worse level; null where there is none. */
  readonly since: number | null;
  /** How many runs the baseline is the level of. */
  readonly baseline_runs: number;
}

/** Fewer runs say nothing of their own noise. */
export const LEAST_RUNS = 3;
/** A shift is alarmed for so many runs; then nobody will mend it, and it is the level. */
export const REMEMBERED_RUNS = 30;
const BASELINE_RUNS = 30;
export const J = { one: 1.4, two: 4, three: 0.8, more: 0.2, full: 2, tail: 12, old: 3 };

/**
 * @param history earlier runs, oldest first, one number each
 * @param run the newest
 */
export function judgeSeries(history: readonly number[], run: number, options: JudgeOptions = {}): Judgement {
  const from = Math.max(0, options.accepted_from ?? 0);
  const values = [...history.slice(from), run, ...(options.repeats ?? [])];
  const value = options.repeats?.length ? median([run, ...options.repeats]) : run;
  if (history.length - from < LEAST_RUNS) return unknown(value, history.length - from);
  const sign = options.direction === 'down' ? -1 : 1;
  const judged = judgeUp(
    values.map((it) => it * sign),
    options,
  );
  const baseline = judged.level * sign;
  return {
    verdict: judged.verdict,
    baseline,
    value,
    change: baseline === 0 ? null : relative(baseline, value),
    difference: value - baseline,
    low: sign > 0 ? judged.level - judged.band : -(judged.level + judged.band),
    high: sign > 0 ? judged.level + judged.band : -(judged.level - judged.band),
    confidence: judged.confidence,
    since: judged.since === null ? null : judged.since + from,
    baseline_runs: judged.runs,
  };
}

function unknown(value: number, runs: number): Judgement {
  const nothing = { baseline: null, change: null, difference: null, low: null, high: null, since: null };
  return { ...nothing, verdict: 'not enough runs', value, confidence: 0, baseline_runs: runs };
}

interface Judged {
  readonly verdict: ComparisonVerdict;
  readonly level: number;
  readonly band: number;
  readonly confidence: number;
  readonly since: number | null;
  readonly runs: number;
}

function judgeUp(values: readonly number[], options: JudgeOptions): Judged {
  const size = {
    least_change: options.least_change ?? PLAIN_SIZE.least_change,
    least_difference: options.least_difference ?? PLAIN_SIZE.least_difference,
  };
  const smallest = (level: number) => Math.max(size.least_change * Math.abs(level), size.least_difference);
  const error = options.sampling_error ?? 0;
  const n = values.length;
  const starts = [0, ...changePoints(values.slice(0, -1), size).filter(({ index, change }) => index < n - J.tail || (change < 0 && index < n - 5)).map(({ index }) => index)];
  const value = values[n - 1] as number;
  for (let place = starts.length - 1; place > 0; place -= 1) {
    const start = starts[place] as number;
    if (start < n - REMEMBERED_RUNS) break;
    const noise = new Noise(values.slice(starts[place - 1], start), smallest, error);
    const since = values.slice(starts.at(-1) as number);
    const now = median(since);
    if (now - noise.level <= smallest(noise.level)) continue;
    if (noise.evidence(lowerHalf(since)) < J.old) continue;
    if (value < (now + noise.level) / 2 && value < now - 2 * noise.spread) continue;
    return { verdict: 'regressed', level: noise.level, band: 3 * noise.spread, confidence: 0.999, since: start, runs: noise.runs };
  }
  return fresh(values, starts.at(-1) as number, smallest, error);
}

function lowerHalf(tail: readonly number[]): number[] {
  return [...tail].sort((a, b) => a - b).slice(0, Math.floor((tail.length + 1) / 2));
}

function fresh(values: readonly number[], since: number, smallest: (level: number) => number, error: number): Judged {
  let first: Judged | null = null;
  let best: Judged | null = null;
  let most = Number.NEGATIVE_INFINITY;
  const n = values.length;
  const value = values[n - 1] as number;
  for (let tail = 1; tail <= J.tail; tail += 1) {
    const start = n - tail;
    if (start - since < LEAST_RUNS) break;
    const after = values.slice(start);
    const before = values.slice(since, start);
    const level = median(before.slice(-N.level));
    const shift = median(after) - level;
    if (tail > 1 && shift <= smallest(level)) continue;
    const noise = new Noise(before, smallest, error);
    const evidence = tail === 1 ? noise.evidence(after) : Math.min(noise.evidence(after) - J.full, noise.evidence(lowerHalf(after)));
    if (tail > 1 && value - level <= (tail <= 3 ? smallest(level) : 0)) continue;
    const found = { level, band: 3 * noise.spread, confidence: 1 / (1 + Math.exp(-evidence)), since: start, runs: noise.runs };
    if (tail === 1) {
      first = { ...found, verdict: evidence > J.one && shift > smallest(level) ? 'suspected' : 'same' };
    } else if (evidence > (tail === 2 ? J.two : J.three + J.more * (tail - 3)) && evidence > most) {
      most = evidence;
      best = { ...found, verdict: 'regressed' };
    }
  }
  return best ?? first ?? { verdict: 'not enough runs', level: median(values), band: 0, confidence: 0, since: null, runs: 0 };
}
