/** Where the level of a series has shifted. */
import { MAD_TO_SIGMA, median } from './statistics.ts';

export interface ChangePointOptions {
  /** Smallest shift that matters, as a share of the level before. */
  readonly least_change: number;
  /** And in the unit of the values. */
  readonly least_difference: number;
}

export interface ChangePoint {
  /** First value of the new level. */
  readonly index: number;
  readonly before: number;
  readonly after: number;
  /** (after − before) / before; where the level before is 0 the difference itself. */
  readonly change: number;
}

/** For values that are plain numbers: two percent, in any unit. */
const ANY_UNIT: ChangePointOptions = { least_change: 0.02, least_difference: 0 };
/** A level is at least so many values: fewer are outliers. */
const LEAST_LEVEL = 3;
/**
 * Shift of the medians in standard errors from which it is none of chance. The split is the best of all positions, so the
 * usual 1.96 of one comparison is far too low; 4.5 keeps the chance of a false one in 200 normal values below 1 %.
 */
const EVIDENCE = 4.5;
/** The median of normal values is this much less sure than their mean: √(π/2). */
const MEDIAN_ERROR = Math.sqrt(Math.PI / 2);

/**
 * Splits the series where two levels explain it best, and each part again, as long as medians differ by more than chance
 * and by enough to matter. Medians throughout: outliers do not move them.
 * @param values oldest first
 * @returns by ascending index
 */
export function changePoints(values: readonly number[], options: ChangePointOptions = ANY_UNIT): ChangePoint[] {
  const indexes = split(values, 0, values.length, options);
  if (indexes.length === 0) return [];
  const levels = [0, ...indexes].map((from, place) => median(values.slice(from, indexes[place])));
  return indexes.map((index, place) => {
    const before = levels[place] as number;
    const after = levels[place + 1] as number;
    return { index, before, after, change: relative(before, after) };
  });
}

function split(values: readonly number[], from: number, to: number, options: ChangePointOptions): number[] {
  const index = bestSplit(values, from, to, options);
  if (index === null) return [];
  return [...split(values, from, index, options), index, ...split(values, index, to, options)];
}

function bestSplit(values: readonly number[], from: number, to: number, options: ChangePointOptions): number | null {
  let best: number | null = null;
  let least_cost = Number.POSITIVE_INFINITY;
  for (let index = from + LEAST_LEVEL; index <= to - LEAST_LEVEL; index += 1) {
    const left = values.slice(from, index);
    const right = values.slice(index, to);
    const cost = distance(left) + distance(right);
    if (cost >= least_cost) continue;
    least_cost = cost;
    best = isShift(left, right, options) ? index : null;
  }
  return best;
}

function distance(values: readonly number[]): number {
  const level = median(values);
  return values.reduce((sum, value) => sum + Math.abs(value - level), 0);
}

function isShift(left: readonly number[], right: readonly number[], options: ChangePointOptions): boolean {
  const before = median(left);
  const difference = Math.abs(median(right) - before);
  if (difference < options.least_difference) return false;
  if (difference === 0 || difference < options.least_change * Math.abs(before)) return false;
  const spread = noiseOf([...left, ...right]);
  const error = MEDIAN_ERROR * spread * Math.sqrt(1 / left.length + 1 / right.length);
  return difference > EVIDENCE * error;
}

/** From one value to the next: further shifts in the series do not pass for noise. The difference of two has √2 the spread. */
function noiseOf(values: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] as number)));
  return (MAD_TO_SIGMA * median(steps)) / Math.SQRT2;
}

function relative(before: number, after: number): number {
  return before === 0 ? after : (after - before) / Math.abs(before);
}
