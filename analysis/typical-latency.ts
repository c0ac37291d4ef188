/**
 * The typical latency: one figure of the whole distribution, to compare runs by. A percentile jumps where it lies between
 * two modes (a cache hit or not), and the 95th of 200 requests rests on ten of them; this figure does neither
 * (docs/decisions/0090-typical-latency.md has the measurements).
 *
 * The distribution of a run is moved along the logarithm of the latency until it overlaps most with that of the runs that
 * it is compared with (Bhattacharyya coefficient: Σ √(f·g)). How far it moved says how much slower the run is, however many
 * of its requests are in each mode. A request counts by the square root of its latency, so that fast requests do not hide
 * the slow ones that people wait for. The figure in ms is that factor times the latency in the middle of the time.
 */
import { GAMMA, type Histogram } from '../contract/histogram.ts';
import { mergeHistograms, positiveBuckets } from './histogram.ts';
import { sum, weightedMedian } from './statistics.ts';

/** Buckets of a histogram are 2 % wide; so many of them are smoothed over, which is less than modes are wide. */
const SMOOTHED_BUCKETS = 4;
/** A normal distribution is 0 beyond so many deviations, for all that matters. */
const REACH = 3 * SMOOTHED_BUCKETS;
const KERNEL = Array.from({ length: 2 * REACH + 1 }, (_, place) =>
  Math.exp(-0.5 * ((place - REACH) / SMOOTHED_BUCKETS) ** 2),
);

/** The square root of a distribution over the buckets of latency. */
interface Roots {
  /** Index of the first bucket. */
  readonly first: number;
  readonly roots: Float64Array;
  /** Requests that it rests on; those that count less than others are less than one. */
  readonly requests: number;
}

/** The latencies that runs are compared with. */
export interface LatencyReference extends Roots {
  /** Fisher information that one request has of where the distribution lies: 4 ∫ (√f)′². */
  readonly information: number;
  /** Half of the time is spent in requests that take longer (ms). */
  readonly typical_ms: number;
}

/** @param histograms of the runs that others are compared with; @returns null without a request that took any time */
export function latencyReference(histograms: readonly Histogram[]): LatencyReference | null {
  const merged = mergeHistograms(histograms);
  const known = merged && rootsOf(merged);
  if (!known) return null;
  const buckets = positiveBuckets(merged);
  const values = buckets.map(({ value }) => value);
  const times = buckets.map(({ value, count }) => value * count);
  return { ...known, information: informationOf(known.roots), typical_ms: weightedMedian(values, times) };
}

export interface TypicalLatency {
  readonly value_ms: number;
  /** Standard error that the number of requests n alone gives it: 1/√(n·information). */
  readonly error_ms: number;
}

/** @returns null without a request that took any time */
export function typicalLatency(reference: LatencyReference, histogram: Histogram | null): TypicalLatency | null {
  const own = histogram && rootsOf(histogram);
  if (!own) return null;
  const { typical_ms, information } = reference;
  return {
    value_ms: typical_ms * GAMMA ** bestShift(reference, own),
    error_ms: (typical_ms * Math.log(GAMMA)) / Math.sqrt(own.requests * information),
  };
}

function informationOf(roots: Float64Array): number {
  const slopes = sum(Array.from(roots, (root, place) => (root - (roots[place - 1] ?? 0)) ** 2));
  return (4 * slopes) / sum(Array.from(roots, (root) => root * root));
}

function rootsOf(histogram: Histogram): Roots | null {
  const buckets = positiveBuckets(histogram);
  const [lowest, highest] = [buckets[0], buckets.at(-1)];
  if (!lowest || !highest) return null;
  const first = lowest.index - REACH;
  const density = new Float64Array(highest.index + REACH - first + 1);
  let [weights, squares] = [0, 0];
  for (const { index, value, count } of buckets) {
    const weight = Math.sqrt(value);
    weights += count * weight;
    squares += count * weight * weight;
    for (const [place, share] of KERNEL.entries()) {
      density[index - lowest.index + place] = (density[index - lowest.index + place] ?? 0) + count * weight * share;
    }
  }
  // So many requests of equal weight would be as many (Kish 1965).
  return { first, roots: density.map(Math.sqrt), requests: (weights * weights) / squares };
}

/** Buckets by which `own` has to move down, to overlap most with the reference. */
function bestShift(reference: Roots, own: Roots): number {
  const offset = own.first - reference.first;
  const from = offset - reference.roots.length;
  const overlaps = Array.from({ length: reference.roots.length + own.roots.length }, (_, place) =>
    overlap(reference.roots, own.roots, offset - (from + place)),
  );
  const best = overlaps.reduce((most, it, place) => (it > (overlaps[most] as number) ? place : most), 0);
  const [before = 0, at = 0, after = 0] = [overlaps[best - 1], overlaps[best], overlaps[best + 1]];
  // Between buckets the overlap is close to a parabola.
  const curve = before - 2 * at + after;
  return from + best + (curve < 0 ? (before - after) / (2 * curve) : 0);
}

/** @param by own[place] lies over reference[place + by] */
function overlap(reference: Float64Array, own: Float64Array, by: number): number {
  let total = 0;
  const to = Math.min(own.length, reference.length - by);
  for (let place = Math.max(0, -by); place < to; place += 1) {
    total += (own[place] as number) * (reference[place + by] as number);
  }
  return total;
}
