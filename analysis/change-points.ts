/** Where the level of a series has shifted. */
import { LEAST_LEVEL, lastingSpread, partition, stepSpread, withoutSpikes } from './partition.ts';
import { median, medianDeviation, normalTail, smallestStep, superiority } from './statistics.ts';

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

/**
 * Price of a candidate, in squared deviations and natural logarithms of the length: three parameters (a place and two
 * levels) at the usual rate of an information criterion. The tests that follow are stricter.
 */
const CANDIDATE_PRICE = 3;
/** Values that a shift is judged on, to either side: older ones may have drifted. */
const SIDE = 40;
/** A level that is left again lasts at least so long; the newest may be as short as {@link LEAST_LEVEL}. */
const LEAST_INNER_LEVEL = 5;
/** What a shift needs at least, each chosen on generated histories (docs/decisions/0030-verdicts.md). */
const NEEDED = {
  /** Shift in standard errors, noise that lasts included. */
  errors: 4.75,
  /** Chance that a value after lies beyond one before: 0.86 is a shift of 1.5 standard deviations of normal noise. */
  superiority: 0.86,
  /** Squared error of a straight line against that of a step: a drift is no shift. */
  line: 1 / 0.9,
  /** Share of the shift that the nearest values to either side show already. */
  nearby: 0.4,
} as const;
const NEARBY = 10;
/** Searches at most, and what share of the noise must be left for another to be worth it. */
const ROUNDS = 3;
const WORTH_ANOTHER = 0.98;

/**
 * Finds level shifts: a generous optimal partition of the series without its spikes, from which the least believable
 * change is taken away until all that are left are large, evident, free of overlap and no mere drift.
 * @param values oldest first, finite
 * @returns by ascending index
 */
export function changePoints(values: readonly number[], options: Partial<ChangePointOptions> = {}): ChangePoint[] {
  const settings = { ...PLAIN_SIZE, ...options };
  if (values.length < 2 * LEAST_LEVEL) return [];
  const step = stepSpread(values);
  const calm = withoutSpikes(values, step);
  let series: Series = { values, calm, lasting: Math.max(step, lastingSpread(calm)) };
  let indexes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = believable(series, candidatesOf(series), settings);
    if (found.length <= indexes.length) break;
    indexes = found;
    const lasting = Math.max(step, lastingSpread(flattened(calm, indexes)));
    if (lasting > WORTH_ANOTHER * series.lasting) break;
    series = { ...series, lasting };
  }
  return describe(series, indexes).filter(({ before, after }) => isWanted(settings.direction, before, after));
}

function candidatesOf({ calm, lasting }: Series): number[] {
  const scaled = lasting > 0 ? calm.map((value) => value / lasting) : calm;
  return partition(scaled, CANDIDATE_PRICE * Math.log(calm.length));
}

/** The series without its shifts. */
function flattened(values: Float64Array, indexes: readonly number[]): Float64Array {
  const flat = new Float64Array(values.length);
  [0, ...indexes].forEach((from, place) => {
    const part = values.slice(from, indexes[place] ?? values.length);
    const level = median([...part]);
    part.forEach((value, offset) => {
      flat[from + offset] = value - level;
    });
  });
  return flat;
}

interface Series {
  readonly values: readonly number[];
  readonly calm: Float64Array;
  /** Standard deviation of a value, noise that lasts included. */
  readonly lasting: number;
}

function isWanted(direction: Direction, before: number, after: number): boolean {
  return direction === 'both' || (direction === 'up') === after > before;
}

function believable(series: Series, candidates: readonly number[], settings: ChangePointOptions): number[] {
  const indexes = [...candidates];
  const scoreAt = (place: number) => score(sidesOf(series, indexes, place), series, settings);
  const scores = indexes.map((_, place) => scoreAt(place));
  while (indexes.length > 0) {
    const least = scores.reduce((low, it, place) => (it < (scores[low] as number) ? place : low), 0);
    if ((scores[least] as number) >= 1) break;
    indexes.splice(least, 1);
    scores.splice(least, 1);
    for (const place of [least - 1, least]) if (indexes[place] !== undefined) scores[place] = scoreAt(place);
  }
  return indexes;
}

/** The values to either side of a change, at most {@link SIDE} and up to the next. */
interface Sides {
  readonly index: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly is_first: boolean;
  readonly is_last: boolean;
}

function sidesOf({ values }: Series, indexes: readonly number[], place: number): Sides {
  const index = indexes[place] as number;
  const from = indexes[place - 1] ?? 0;
  const to = indexes[place + 1] ?? values.length;
  const left = values.slice(Math.max(from, index - SIDE), index);
  const right = values.slice(index, Math.min(to, index + SIDE));
  return { index, left, right, is_first: from === 0, is_last: to === values.length };
}

/** From 1 on everything that a shift needs is there; below it, how much of what is lacking most. */
function score(sides: Sides, { calm, lasting }: Series, settings: ChangePointOptions): number {
  const { index, left, right } = sides;
  const inner_left = !sides.is_first && left.length < LEAST_INNER_LEVEL;
  const inner_right = !sides.is_last && right.length < LEAST_INNER_LEVEL;
  const before = median(left);
  const difference = median(right) - before;
  if (inner_left || inner_right || difference === 0) return 0;
  const smallest = Math.max(settings.least_difference, settings.least_change * Math.abs(before));
  const nearby = (median(right.slice(0, NEARBY)) - median(left.slice(-NEARBY))) / difference;
  return Math.min(
    Math.abs(difference) / smallest,
    errorsOf(sides, lasting) / NEEDED.errors,
    (difference > 0 ? superiority(left, right) : superiority(right, left)) / NEEDED.superiority,
    nearby / NEEDED.nearby,
    lineAgainstStep(calm, index - left.length, index, index + right.length) / NEEDED.line,
  );
}

/** The shift in standard errors. */
function errorsOf({ left, right }: Sides, lasting: number): number {
  const least = Math.max(usualStep(left), usualStep(right)) / 2;
  const spread = Math.max(medianDeviation(left), medianDeviation(right), lasting, least);
  const error = spread * Math.sqrt(1 / left.length + 1 / right.length);
  return error > 0 ? Math.abs(median(right) - median(left)) / error : Number.POSITIVE_INFINITY;
}

/** What is left out at either end, so that a few spikes are no step. */
const RARE = 0.1;

/** Of values that take turns between a few, half a step is the least noise, however often one of them comes. */
function usualStep(values: readonly number[]): number {
  const rare = Math.floor(values.length * RARE);
  return smallestStep([...values].sort((a, b) => a - b).slice(rare, values.length - rare));
}

/** Above 1 where a step explains the values better than a straight line does. */
function lineAgainstStep(values: Float64Array, from: number, index: number, to: number): number {
  const n = to - from;
  let total = 0;
  let squares = 0;
  let along = 0;
  let left = 0;
  for (let place = from; place < to; place += 1) {
    const value = values[place] as number;
    total += value;
    squares += value * value;
    along += value * (place - from - (n - 1) / 2);
    if (place < index) left += value;
  }
  const right = total - left;
  // Sum of squared distances of 0 … n−1 from their middle: n(n²−1)/12.
  const line = squares - (total * total) / n - (along * along) / ((n * (n * n - 1)) / 12);
  const step = squares - (left * left) / (index - from) - (right * right) / (to - index);
  return step > 0 ? line / step : Number.POSITIVE_INFINITY;
}

function describe(series: Series, indexes: readonly number[]): ChangePoint[] {
  const { values, lasting } = series;
  const levels = [0, ...indexes].map((from, place) => median(values.slice(from, indexes[place])));
  return indexes.map((index, place) => {
    const before = levels[place] as number;
    const after = levels[place + 1] as number;
    // Any of the places could have shown it, upwards or downwards.
    const chance = Math.min(1, 2 * values.length * normalTail(errorsOf(sidesOf(series, indexes, place), lasting)));
    return { index, before, after, change: relative(before, after), confidence: 1 - chance };
  });
}

/** Change as a fraction; from a level of 0 there is none, and the difference itself stands for it. */
export function relative(before: number, after: number): number {
  return before === 0 ? after : (after - before) / Math.abs(before);
}
