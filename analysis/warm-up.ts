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
/**
 * Standard errors between the start and the rest. The cut is chosen among many, so three would be too few. Values count no
 * further than so many deviations: a single slow second is then never enough.
 */
const LEAST_ERRORS = 5;
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
  const later = filled.slice(Math.floor(filled.length / 2));
  const usual = { value: median(later), deviation: medianDeviation(later) };
  const clipped = clip(filled, usual);
  const cut = leastErrorCut(clipped);
  if (cut === 0 || !differs(filled, clipped, cut, usual)) return 0;
  // If the rest would lose its start too, the latency drifts: no part of it is steadier.
  return cut === mostCut(filled) && findWarmUp(filled.slice(cut)) > 0 ? 0 : cut * size;
}

function mostCut({ length }: readonly number[]): number {
  return Math.floor(length * MOST_CUT);
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
function clip(values: readonly number[], { value: usual, deviation }: Usual): number[] {
  const most = LEAST_ERRORS * deviation;
  return values.map((value) => Math.min(Math.max(value, usual - most), usual + most));
}

/** The second half of the plateau, of which no window is in its warm-up. */
interface Usual {
  readonly value: number;
  readonly deviation: number;
}

/** MSER, from sums over the tail, so that it takes linear time. */
function leastErrorCut(values: readonly number[]): number {
  let [sum, squares, best, least] = [0, 0, 0, Number.POSITIVE_INFINITY];
  const last = mostCut(values);
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
function differs(values: readonly number[], clipped: readonly number[], cut: number, usual: Usual): boolean {
  const error = usual.deviation * Math.sqrt(1 / cut + 1 / (clipped.length - cut));
  const difference = Math.abs(mean(clipped.slice(0, cut)) - usual.value);
  const change = Math.abs(mean(values.slice(0, cut)) - usual.value);
  return difference > LEAST_ERRORS * error && change > LEAST_CHANGE * usual.value;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
