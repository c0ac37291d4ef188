/** Where the level of a series has shifted. */
import { LEAST_LEVEL, lastingSpread, partition, stepSpread, withoutSpikes } from './partition.ts';
import { median, medianDeviation, normalTail, superiority } from './statistics.ts';

/** Which way is worse; `both` where neither is better. */
export type Direction = 'up' | 'down' | 'both';

export interface ChangePointOptions {
  /** Smallest shift that matters, as a share of the level before. Default: 0.02. */
  readonly least_change: number;
  /** And in the unit of the values. Default: 0. */
  readonly least_difference: number;
  /** Report shifts this way alone. Default: both. */
  readonly direction: Direction;
}

export interface ChangePoint {
  /** First value of the new level. */
  readonly index: number;
  /** Median of the values from the change before to this one. */
  readonly before: number;
  /** Median from here to the next change. */
  readonly after: number;
  /** (after − before) / |before|; where the level before is 0 the difference itself. */
  readonly change: number;
  /** 0 to 1: one minus the chance that noise like that of this series shows such a shift somewhere in it. */
  readonly confidence: number;
}

/** For values that are plain numbers: two percent, in any unit. */
export const PLAIN_SIZE: ChangePointOptions = { least_change: 0.02, least_difference: 0, direction: 'both' };

/** Price of a candidate, in squared deviations and natural logarithms of the length; the tests after it are stricter. */
const CANDIDATE_PRICE = 3;
/** Values that a shift is judged on, to either side: older ones may have drifted. */
const SIDE = 40;
/** Values of the new level that lie above those of the old one, as a share: people see a level shift from about here. */
const LEAST_SUPERIORITY = 0.9;
/** Shift in standard errors from which it is none of chance. */
const EVIDENCE = 5;

/**
 * Finds level shifts: a generous optimal partition of the series without its spikes, from which the least believable
 * change is taken away until all that are left are large, evident and free of overlap.
 * @param values oldest first, finite
 * @returns by ascending index
 */
export const T = { price: 3, least_superiority: 0.88, evidence: 5.5, least_inner: 5, side: 40, deviations: 1.3, line: 0.87, near: 10, near_share: 0.4 };
export function changePoints(values: readonly number[], options: Partial<ChangePointOptions> = {}): ChangePoint[] {
  const settings = { ...PLAIN_SIZE, ...options };
  if (values.length < 2 * LEAST_LEVEL) return [];
  const step = stepSpread(values);
  const calm = withoutSpikes(values, step);
  const lasting = Math.max(step, lastingSpread(calm));
  const scaled = lasting > 0 ? calm.map((value) => value / lasting) : calm;
  const candidates = partition(scaled, T.price * Math.log(values.length));
  const series = { values, calm, lasting };
  const indexes = believable(series, candidates, settings);
  return describe(series, indexes).filter(({ before, after }) => isWanted(settings.direction, before, after));
}

interface Series {
  readonly values: readonly number[];
  readonly calm: Float64Array;
  readonly lasting: number;
}

function isWanted(direction: Direction, before: number, after: number): boolean {
  return direction === 'both' || (direction === 'up') === after > before;
}

interface Support {
  /** Above 1 everything that a shift needs is there. */
  readonly score: number;
  readonly z: number;
}

function believable(series: Series, candidates: readonly number[], settings: ChangePointOptions): number[] {
  const indexes = [...candidates];
  const supportAt = (place: number) =>
    support(series, indexes[place - 1] ?? 0, indexes[place] as number, indexes[place + 1] ?? series.values.length, settings);
  const supports = indexes.map((_, place) => supportAt(place).score);
  while (indexes.length > 0) {
    const least = supports.reduce((low, score, place) => (score < (supports[low] as number) ? place : low), 0);
    if ((supports[least] as number) >= 1) break;
    indexes.splice(least, 1);
    supports.splice(least, 1);
    for (const place of [least - 1, least]) if (indexes[place] !== undefined) supports[place] = supportAt(place).score;
  }
  return indexes;
}

function support(
  { values, calm, lasting }: Series,
  from: number,
  index: number,
  to: number,
  settings: ChangePointOptions,
): Support {
  const left = values.slice(Math.max(from, index - T.side), index);
  const right = values.slice(index, Math.min(to, index + T.side));
  const before = median(left);
  const difference = median(right) - before;
  const size = Math.abs(difference);
  const needed = Math.max(settings.least_difference, settings.least_change * Math.abs(before));
  const overlap = difference >= 0 ? superiority(left, right) : superiority(right, left);
  const local = Math.max(medianDeviation(left), medianDeviation(right));
  const spread = Math.max(local, lasting);
  const z = spread > 0 ? size / (spread * Math.sqrt(1 / left.length + 1 / right.length)) : Number.POSITIVE_INFINITY;
  const ramp = T.line * lineRatio(calm, index - left.length, index, index + right.length);
  const nearby = (median(right.slice(0, T.near)) - median(left.slice(-T.near))) / (difference || 1) / T.near_share;
  const inner = to < values.length && right.length < T.least_inner ? 0 : from > 0 && left.length < T.least_inner ? 0 : 1;
  const score = Math.min(inner, nearby, ramp, size === 0 ? 0 : size / needed, overlap / T.least_superiority, z / T.evidence);
  return { score, z };
}

function describe(series: Series, indexes: readonly number[]): ChangePoint[] {
  const { values } = series;
  const levels = [0, ...indexes].map((from, place) => median(values.slice(from, indexes[place])));
  return indexes.map((index, place) => {
    const before = levels[place] as number;
    const after = levels[place + 1] as number;
    const { z } = support(series, indexes[place - 1] ?? 0, index, indexes[place + 1] ?? values.length, PLAIN_SIZE);
    const chance = Math.min(1, 2 * values.length * normalTail(z));
    return { index, before, after, change: relative(before, after), confidence: 1 - chance };
  });
}

/** Change as a fraction; from a level of 0 there is none, and the difference itself stands for it. */
export function relative(before: number, after: number): number {
  return before === 0 ? after : (after - before) / Math.abs(before);
}

/** Above 1 where a step explains the values better than a straight line does. */
function lineRatio(values: Float64Array, from: number, index: number, to: number): number {
  const n = to - from;
  let sum = 0, slope = 0, squares = 0, left = 0;
  for (let i = from; i < to; i += 1) {
    const v = values[i] as number; sum += v; squares += v * v; slope += v * (i - from - (n - 1) / 2); if (i < index) left += v;
  }
  const total = squares - (sum * sum) / n;
  const line = total - (slope * slope) / ((n * (n * n - 1)) / 12);
  const right = sum - left;
  const step = squares - (left * left) / (index - from) - (right * right) / (to - index);
  return step > 0 ? line / step : Number.POSITIVE_INFINITY;
}
