/** Splits a series into stretches of one level each: candidates, generously. */
import { MAD_TO_SIGMA, roundedMedian, smallestStep, sortedQuantile } from './statistics.ts';

/** A level is at least so many values: fewer are outliers. */
export const LEAST_LEVEL = 3;

/** Values to either side that the running median looks at: what lasts no longer than this is taken for a spike. */
const HALF_WINDOW = 3;
/** Spikes are cut off at so many deviations from the running median (Huber's usual 3). */
const CUT_AT = 3;

/**
 * The series without its spikes: every value at most {@link CUT_AT} deviations off the median of its neighbours. A shift
 * stays where it is, because the median of the neighbours shifts with it.
 * @param spread standard deviation of a value
 */
export function withoutSpikes(values: readonly number[], spread: number): Float64Array {
  const calm = new Float64Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const from = Math.max(0, index - HALF_WINDOW);
    const to = Math.min(values.length, index + HALF_WINDOW + 1);
    const middle = sortedQuantile(Float64Array.from(values.slice(from, to)).sort(), 0.5);
    const value = values[index] as number;
    calm[index] = Math.min(middle + CUT_AT * spread, Math.max(middle - CUT_AT * spread, value));
  }
  return calm;
}

/**
 * From one value to the next: shifts in the series do not pass for noise. The difference of two has √2 the spread. Rounded
 * values often repeat, so that most of their steps are 0: the median is that of what was rounded.
 */
export function stepSpread(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] as number)));
  return (MAD_TO_SIGMA * roundedMedian(steps, smallestStep(values))) / Math.SQRT2;
}

/** Runs in a block, whose means tell noise that lasts from noise that passes. */
const LONGEST_BLOCK = 8;
const SHORTEST_BLOCK = 3;
/** A series is at least so many blocks, or their differences are too few to have a median worth the name. */
const LEAST_BLOCKS = 12;

/**
 * What one value adds to the error of a mean, where noise lasts from one run to the next (modes that stick, drift,
 * autocorrelation): from the differences of neighbouring blocks' means. Their median hardly sees real shifts, which
 * touch few blocks. For independent noise it equals the standard deviation.
 */
export function lastingSpread(values: ArrayLike<number>): number {
  const n = values.length;
  const block = Math.min(LONGEST_BLOCK, Math.floor(n / LEAST_BLOCKS));
  if (block < SHORTEST_BLOCK) return 0;
  const sum = new Float64Array(n + 1);
  for (let index = 0; index < n; index += 1) sum[index + 1] = (sum[index] as number) + (values[index] as number);
  const differences = new Float64Array(n - 2 * block + 1);
  for (let index = block; index <= n - block; index += 1) {
    const before = (sum[index] as number) - (sum[index - block] as number);
    const after = (sum[index + block] as number) - (sum[index] as number);
    differences[index - block] = Math.abs(after - before) / block;
  }
  return MAD_TO_SIGMA * sortedQuantile(differences.sort(), 0.5) * Math.sqrt(block / 2);
}

/**
 * A stretch is at most so long, which bounds the time for each value. A longer level is cut at no cost in truth: its parts
 * do not differ, so that the tests of a shift take the cut away.
 */
const LONGEST_STRETCH = 200;

/**
 * Optimal partition under squared error, a fixed price for each change (PELT: Killick, Fearnhead, Eckley 2012).
 * @returns first index of each stretch but the first, ascending
 */
export function partition(values: ArrayLike<number>, price: number): number[] {
  const n = values.length;
  const sum = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let index = 0; index < n; index += 1) {
    const value = values[index] as number;
    sum[index + 1] = (sum[index] as number) + value;
    squares[index + 1] = (squares[index] as number) + value * value;
  }
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(n + 1);
  best[0] = -price;
  // Where the last stretch may start, and what all costs if it does. The two arrays are reused: this is the inner loop.
  const starts = new Int32Array(n + 1);
  const totals = new Float64Array(n + 1);
  let open = 0;
  for (let to = LEAST_LEVEL; to <= n; to += 1) {
    const newest = to - LEAST_LEVEL;
    if (newest === 0 || newest >= LEAST_LEVEL) starts[open++] = newest;
    let least = Number.POSITIVE_INFINITY;
    for (let place = 0; place < open; place += 1) {
      const from = starts[place] as number;
      const level = (sum[to] as number) - (sum[from] as number);
      const cost = (squares[to] as number) - (squares[from] as number) - (level * level) / (to - from);
      const total = (best[from] as number) + cost;
      totals[place] = total;
      if (total < least) {
        least = total;
        previous[to] = from;
      }
    }
    best[to] = least + price;
    // A start that is dearer even without the price of a change can never become the best.
    let kept = 0;
    for (let place = 0; place < open; place += 1) {
      const from = starts[place] as number;
      if ((totals[place] as number) <= least + price && to - from < LONGEST_STRETCH) starts[kept++] = from;
    }
    open = kept;
  }
  const indexes: number[] = [];
  for (let to = previous[n] as number; to > 0; to = previous[to] as number) indexes.push(to);
  return indexes.reverse();
}
