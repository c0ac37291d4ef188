/** What runs do anyway: the distribution of a series around its level, as far as it is known from few values. */
import { lastingSpread } from './partition.ts';
import { MAD_TO_SIGMA, median, quantile } from './statistics.ts';

export const N = {
  level: 15,
  used: 80,
  local: 30,
  prior_share: 0.02,
  prior_weight: 1,
  wide: 4,
  wide_weight: 0.5,
  bandwidth: 1,
  lo: 1.75,
  temper: 1, most_temper: 4, tpow: 2,
};

const GRID = 240;
const FINE = 0.6;
const BODY = 8;
const FAR = 60;
const REACH = 5.5;
/** Sizes of shifts that are weighed, as many in each octave. */
const SIZES = 12;
const LARGEST = 25;
/** Three points that stand for a normal distribution: Gauss & Hermite. */
const NODES = [-Math.sqrt(3), 0, Math.sqrt(3)];
const LOG_WEIGHTS = [Math.log(1 / 6), Math.log(2 / 3), Math.log(1 / 6)];

export class Noise {
  readonly level: number;
  readonly spread: number;
  readonly runs: number;
  readonly #log_density = new Float64Array(GRID + 1);
  readonly #level_error: number;
  readonly #shifts: number[];
  readonly #lasting: number;

  /** @param smallest the smallest shift that matters */
  constructor(reference: readonly number[], smallest: (level: number) => number, sampling_error = 0) {
    const used = reference.slice(-N.used);
    this.runs = used.length;
    this.level = median(used.slice(-N.level));
    const residuals = used.length > 2 * N.local ? detrended(used) : used.map((value) => value - this.level);
    const gap = smallestGap(used);
    this.spread = spreadOf(residuals, this.level, Math.max(sampling_error, gap / 2));
    const width = Math.max(sampling_error, Math.hypot(N.bandwidth * this.spread * this.runs ** -0.2, gap / 2));
    this.#level_error = this.spread * Math.sqrt(1.57 / Math.min(this.runs, N.level));
    this.#tabulate(residuals, width);
    this.#lasting = Math.max(1, Math.min(N.most_temper, (lastingSpread(residuals.map((r) => Math.max(-3 * this.spread, Math.min(3 * this.spread, r)))) / this.spread) ** N.tpow));
    const low = Math.max(N.lo * smallest(this.level), 0.5 * this.spread);
    this.#shifts = Array.from({ length: SIZES }, (_, place) => low * LARGEST ** (place / (SIZES - 1)));
  }

  #tabulate(residuals: readonly number[], width: number): void {
    const { spread } = this;
    const density = this.#log_density;
    for (let index = 0; index <= GRID; index += 1) {
      density[index] = (N.wide_weight / N.wide) * Math.exp(-0.5 * (POINTS[index] as number / N.wide) ** 2) + 1e-12;
    }
    const scaled = width / spread;
    for (const residual of residuals) {
      const center = residual / spread;
      const to = Math.min(GRID, Math.ceil(placeOf(center + REACH * scaled)));
      for (let index = Math.max(0, Math.floor(placeOf(center - REACH * scaled))); index <= to; index += 1) {
        const u = ((POINTS[index] as number) - center) / scaled;
        density[index] = (density[index] as number) + Math.exp(-0.5 * u * u) / scaled;
      }
    }
    const total = residuals.length + N.wide_weight;
    for (let index = 0; index <= GRID; index += 1) density[index] = Math.log((density[index] as number) / total);
  }

  #logDensity(difference: number): number {
    const place = Math.max(0, Math.min(GRID - 1e-9, placeOf(difference / this.spread)));
    const below = Math.floor(place);
    const low = this.#log_density[below] as number;
    return low + ((this.#log_density[below + 1] as number) - low) * (place - below);
  }

  #logLikelihood(tail: readonly number[], shift: number): number {
    const terms = NODES.map((node, place) => {
      const center = this.level + shift + node * this.#level_error;
      return (
        (LOG_WEIGHTS[place] as number) + tail.reduce((sum, value) => sum + this.#logDensity(value - center), 0) / (tail.length > 1 ? N.temper * this.#lasting : 1)
      );
    });
    return logSum(terms);
  }

  /** Natural logarithm of how much likelier the values are after a shift upwards than without one. */
  evidence(tail: readonly number[]): number {
    const shifted = this.#shifts.map((shift) => this.#logLikelihood(tail, shift));
    return logSum(shifted) - Math.log(SIZES) - this.#logLikelihood(tail, 0);
  }
}

function at(index: number): number {
  const half = GRID * FINE;
  return index < half ? -BODY + (2 * BODY * index) / half : BODY + ((FAR - BODY) * (index - half)) / (GRID - half);
}

function placeOf(x: number): number {
  const half = GRID * FINE;
  return x < BODY ? ((x + BODY) / (2 * BODY)) * half : half + ((x - BODY) / (FAR - BODY)) * (GRID - half);
}

const POINTS = Float64Array.from({ length: GRID + 1 }, (_, index) => at(index));

function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

function smallestGap(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const scale = Math.max(Math.abs(sorted[0] as number), Math.abs(sorted.at(-1) as number));
  let least = Number.POSITIVE_INFINITY;
  for (let index = 1; index < sorted.length; index += 1) {
    const gap = (sorted[index] as number) - (sorted[index - 1] as number);
    if (gap > scale * 1e-9 && gap < least) least = gap;
  }
  return Number.isFinite(least) ? least : 0;
}

function spreadOf(residuals: readonly number[], level: number, least: number): number {
  const n = residuals.length;
  const deviation = Math.sqrt(residuals.reduce((sum, it) => sum + it * it, 0) / Math.max(1, n - 1));
  const quartiles = (quantile(residuals, 0.75) - quantile(residuals, 0.25)) / 1.349;
  const robust = Math.min(
    deviation,
    Math.max(quartiles, MAD_TO_SIGMA * median(residuals.map(Math.abs))) * (1 + 2 / n),
  );
  const prior = N.prior_share * Math.abs(level);
  const mixed = Math.sqrt((N.prior_weight * prior ** 2 + (n - 1) * robust ** 2) / (N.prior_weight + n - 1));
  return Math.max(mixed, least, Number.MIN_VALUE * 1e30);
}

function detrended(used: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < used.length; i += 5) {
    const m = median(used.slice(Math.max(0, i + 2 - N.local), i + 3 + N.local));
    for (let j = i; j < Math.min(used.length, i + 5); j += 1) out.push((used[j] as number) - m);
  }
  return out;
}
