/** Is the newest value of a series worse than those before it? */
import type { ComparisonVerdict } from '../contract/runs.ts';
import { changePoints, type Direction, PLAIN_SIZE, relative } from './change-points.ts';
import { stepSpread } from './partition.ts';
import { median, medianDeviation, normalTail } from './statistics.ts';

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
const SUSPECT_AT = 3.5;
const LONGEST_TAIL = 6;

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
  const shifts = changePoints(values.slice(0, -1), size).map(({ index }) => index);
  const starts = [0, ...shifts];
  const newest = starts.length - 1;
  const worse = (level: number, base: number) =>
    level - base > Math.max(size.least_change * Math.abs(base), size.least_difference);
  const levelOf = (place: number) => median(values.slice(starts[place], starts[place + 1] ?? values.length));
  for (let place = newest; place > 0; place -= 1) {
    const start = starts[place] as number;
    if (start < values.length - REMEMBERED_RUNS) break;
    const before = values.slice(Math.max(starts[place - 1] as number, start - BASELINE_RUNS), start);
    const base = median(before);
    const now = median(values.slice(Math.max(start, values.length - 3)));
    if (worse(levelOf(newest), base) && worse(now, base)) {
      const spread = Math.max(medianDeviation(before), options.sampling_error ?? 0);
      return {
        verdict: 'regressed',
        level: base,
        band: 3 * spread,
        confidence: 0.999,
        since: start,
        runs: before.length,
      };
    }
  }
  const since = starts[newest] as number;
  let suspected: Judged | null = null;
  for (let tail = 1; tail <= LONGEST_TAIL; tail += 1) {
    const start = values.length - tail;
    if (start - since < LEAST_RUNS) break;
    const before = values.slice(Math.max(since, start - BASELINE_RUNS), start);
    const base = median(before);
    const spread = Math.max(
      medianDeviation(before),
      stepSpread(before),
      options.sampling_error ?? 0,
      Math.abs(base) * 0.002,
    );
    const inflated = spread * (1 + 4 / before.length);
    const after = values.slice(start);
    const z = (median(after) - base) / inflated;
    const lowest = (Math.min(...after) - base) / inflated;
    const found = {
      level: base,
      band: SUSPECT_AT * inflated,
      confidence: 1 - 2 * normalTail(Math.abs(z)),
      since: start,
      runs: before.length,
    };
    if (worse(median(after), base) && z > SUSPECT_AT) {
      if (tail >= 3 && lowest > 2) return { ...found, verdict: 'regressed' };
      suspected ??= { ...found, verdict: 'suspected' };
    }
    suspected ??= tail === 1 && z < -SUSPECT_AT ? { ...found, verdict: 'improved', since: null } : null;
    if (tail === 1 && !suspected) suspected = { ...found, verdict: 'same', since: null };
    if (tail === 1 && suspected.verdict !== 'suspected') return suspected;
  }
  if (suspected) return suspected;
  return { verdict: 'not enough runs', level: median(values), band: 0, confidence: 0, since: null, runs: 0 };
}
