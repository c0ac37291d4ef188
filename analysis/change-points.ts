/** Where the level of a series has shifted. */
import { LEAST_LEVEL, lastingSpread, partition, stepSpread, withoutSpikes } from './partition.ts';
import { median, medianDeviation, superiority } from './statistics.ts';

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
  /** Median of the values before, as far back as the change before and at most 30. */
  readonly before: number;
  /** Median of the values from here on, as far as the next change and at most 30. */
  readonly after: number;
  /** (after − before) / |before|; where the level before is 0 the difference itself. */
  readonly change: number;
}

/** For values that are plain numbers: two percent, in any unit. */
export const PLAIN_SIZE: ChangePointOptions = { least_change: 0.02, least_difference: 0, direction: 'both' };

/**
 * Price of a candidate, in squared deviations and natural logarithms of the length: three parameters (a place and two
 * levels) at the usual rate of an information criterion. The tests that follow are stricter.
 */
const CANDIDATE_PRICE = 3;
/** Values that a shift is judged on, to either side: older ones may have drifted. */
const SIDE = 30;
/** A level that is left again lasts at least so long; the oldest and the newest may be {@link LEAST_LEVEL} long. */
const LEAST_INNER_LEVEL = 8;
/** What a shift needs at least, each chosen on real histories (docs/decisions/0089-level-shifts.md). */
const NEEDED = {
  /** Shift in standard errors, noise that lasts included. */
  errors: 5.5,
  /** Chance that a value after lies beyond one before: 0.86 is a shift of 1.5 standard deviations of normal noise. */
  superiority: 0.86,
  /** Squared error of a straight line against that of a step: a drift is no shift. */
  line: 1 / 0.9,
} as const;

/**
 * Finds level shifts: a generous partition of the series without its spikes, from which the least believable changes are
 * taken away until all that are left are large, evident, free of overlap and no mere drift. The time grows with the
 * length of the series, whatever its values are.
 * @param values oldest first, finite
 * @returns by ascending index
 */
export function changePoints(values: readonly number[], options: Partial<ChangePointOptions> = {}): ChangePoint[] {
  const settings = { ...PLAIN_SIZE, ...options };
  if (values.length < 2 * LEAST_LEVEL) return [];
  const step = stepSpread(values);
  const calm = withoutSpikes(values, step);
  const search = (level_free: Float64Array) =>
    believable({ values, calm, step, lasting: Math.max(step, lastingSpread(level_free)) }, settings);
  const first = search(calm);
  // Shifts pass for noise that lasts: once the first are known the noise is measured without them.
  const indexes = first.length === 0 ? first : search(flattened(calm, first));
  return indexes
    .map((_, place) => describe(sidesOf(values, indexes, place)))
    .filter(({ before, after }) => settings.direction === 'both' || (settings.direction === 'up') === after > before);
}

interface Series {
  readonly values: readonly number[];
  /** The values without their spikes. */
  readonly calm: Float64Array;
  /** Standard deviation of a value, from one to the next. */
  readonly step: number;
  /** The same, noise that lasts included. */
  readonly lasting: number;
}

/** The series without its shifts. */
function flattened(values: Float64Array, indexes: readonly number[]): Float64Array {
  const flat = new Float64Array(values.length);
  [0, ...indexes].forEach((from, place) => {
    const part = values.subarray(from, indexes[place] ?? values.length);
    const level = median(part);
    part.forEach((value, offset) => {
      flat[from + offset] = value - level;
    });
  });
  return flat;
}

/** The candidates without the least believable ones, until each that is left is believable between its neighbours. */
function believable(series: Series, settings: ChangePointOptions): number[] {
  const { values, calm, lasting } = series;
  const scaled = lasting > 0 ? calm.map((value) => value / lasting) : calm;
  const indexes = partition(scaled, CANDIDATE_PRICE * Math.log(values.length));
  const scoreAt = (place: number) => score(sidesOf(values, indexes, place), series, settings);
  const scores = indexes.map((_, place) => scoreAt(place));
  const scoreOf = (place: number) => scores[place] ?? Number.POSITIVE_INFINITY;
  let place = 0;
  while (place < indexes.length) {
    const own = scoreOf(place);
    if (own >= 1 || scoreOf(place + 1) < own) place += 1;
    else if (scoreOf(place - 1) < own) place -= 1;
    else {
      // Less believable than both neighbours, which are judged by longer levels from now on.
      indexes.splice(place, 1);
      scores.splice(place, 1);
      if (place < indexes.length) scores[place] = scoreAt(place);
      if (place > 0) scores[--place] = scoreAt(place);
    }
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

function sidesOf(values: readonly number[], indexes: readonly number[], place: number): Sides {
  const index = indexes[place] as number;
  const from = indexes[place - 1] ?? 0;
  const to = indexes[place + 1] ?? values.length;
  const left = values.slice(Math.max(from, index - SIDE), index);
  const right = values.slice(index, Math.min(to, index + SIDE));
  return { index, left, right, is_first: from === 0, is_last: to === values.length };
}

/** From 1 on everything that a shift needs is there; below it, how much of what is lacking most. */
function score({ index, left, right, ...ends }: Sides, { calm, step, lasting }: Series, settings: ChangePointOptions) {
  const before = median(left);
  const difference = Math.abs(median(right) - before);
  const smallest = Math.max(settings.least_difference, settings.least_change * Math.abs(before));
  const own = Math.max(medianDeviation(left), medianDeviation(right), step);
  // Earlier visits to the new level last too: two clean sides may outweigh them, so that they count by half (in logarithms).
  const spread = Math.max(own, Math.sqrt(own * lasting));
  const error = spread * Math.sqrt(1 / left.length + 1 / right.length);
  if (difference === 0) return 0;
  const is_passing =
    (!ends.is_first && left.length < LEAST_INNER_LEVEL) || (!ends.is_last && right.length < LEAST_INNER_LEVEL);
  return Math.min(
    difference / smallest,
    difference / error / NEEDED.errors,
    (median(right) > before ? superiority(left, right) : superiority(right, left)) / NEEDED.superiority,
    lineAgainstStep(calm, index - left.length, index, index + right.length) / NEEDED.line,
    // Of two shifts that follow each other the larger one stays for longer.
    is_passing ? (BELOW_1 * difference) / (difference + error + smallest) : 1,
  );
}

/** So that what lasts too short is never enough, however large it is. */
const BELOW_1 = 0.99;

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

function describe({ index, left, right }: Sides): ChangePoint {
  const before = median(left);
  const after = median(right);
  return { index, before, after, change: relative(before, after) };
}

/** Change as a fraction; from a level of 0 there is none, and the difference itself stands for it. */
export function relative(before: number, after: number): number {
  return before === 0 ? after : (after - before) / Math.abs(before);
}
