/**
 * The warm-up of a plateau: its first windows, in which latency is not yet what it is in the rest. It is found by MSER: leave
 * out so many windows that the mean of the rest has the smallest standard error (White, An effective truncation heuristic for
 * bias reduction in simulation output, Simulation 69, 1997). MSER alone cuts noise too, so what it cuts has to differ.
 */
import { median, medianDeviation } from './statistics.ts';

/** Beyond this many batches, noise within a batch hides less than it saves. */
const MOST_BATCHES = 150;
/** With fewer windows nothing can be told from noise. */
const LEAST_WINDOWS = 8;
/** At most half of a plateau is its warm-up. */
const MOST_CUT = 0.5;
/** A cut beyond this share has found a drift and no warm-up: the rest of such a plateau is no steadier. */
const DRIFT = 0.75;
/** Standard errors between the start and the rest. The cut is chosen among many, so three would be too few. */
const LEAST_ERRORS = 5;
/** Standard deviations that noise reaches. */
const NOISE_ERRORS = 4;
/** A difference below this share of the latency moves no verdict. */
const LEAST_CHANGE = 0.05;

/**
 * How many windows at the start of a plateau are its warm-up.
 * @param values mean latency of each window, in order; null: no request
 */
export function findWarmUp(values: readonly (number | null)[]): number {
  const size = Math.ceil(values.length / MOST_BATCHES);
  const batches = toBatches(values, size);
  const known = batches.flatMap((value) => value ?? []);
  if (values.length < LEAST_WINDOWS || known.length < LEAST_WINDOWS || known.length < batches.length / 2) return 0;
  const filled = fillGaps(batches);
  const clipped = clip(filled);
  const cut = leastErrorCut(clipped);
  if (cut === 0 || cut >= filled.length * DRIFT || !differs(filled, clipped, cut)) return 0;
  return Math.min(cut * size, Math.floor(values.length * MOST_CUT));
}

function toBatches(values: readonly (number | null)[], size: number): (number | null)[] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, index) => {
    const known = values.slice(index * size, (index + 1) * size).flatMap((value) => value ?? []);
    return known.length > 0 ? mean(known) : null;
  });
}

/** A window without a request says nothing: it counts as its neighbour before it. */
function fillGaps(batches: readonly (number | null)[]): number[] {
  let last = batches.find((value) => value !== null) ?? 0;
  return batches.map((value) => {
    last = value ?? last;
    return last;
  });
}

/** A single slow second is no warm-up wherever it is: values count no further from those of the second half than noise goes. */
function clip(values: readonly number[]): number[] {
  const later = values.slice(Math.floor(values.length / 2));
  const usual = median(later);
  const most = NOISE_ERRORS * medianDeviation(later);
  return values.map((value) => Math.min(Math.max(value, usual - most), usual + most));
}

/** MSER, from sums over the tail, so that it takes linear time. */
function leastErrorCut(values: readonly number[]): number {
  let [sum, squares, best, least] = [0, 0, 0, Number.POSITIVE_INFINITY];
  const last = Math.ceil(values.length * DRIFT);
  for (let cut = values.length - 1; cut >= 0; cut -= 1) {
    const value = values[cut] ?? 0;
    sum += value;
    squares += value * value;
    const count = values.length - cut;
    const error = (squares - (sum * sum) / count) / (count * count);
    if (cut <= last && error <= least) [best, least] = [cut, error];
  }
  return best;
}

/** @param clipped the same values, in which no single slow second counts much: they have to differ by more than noise does */
function differs(values: readonly number[], clipped: readonly number[], cut: number): boolean {
  const rest = clipped.slice(cut);
  const usual = median(rest);
  const error = medianDeviation(rest) * Math.sqrt(1 / cut + 1 / rest.length);
  const difference = Math.abs(mean(clipped.slice(0, cut)) - usual);
  return difference > LEAST_ERRORS * error && Math.abs(mean(values.slice(0, cut)) - usual) > LEAST_CHANGE * usual;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
