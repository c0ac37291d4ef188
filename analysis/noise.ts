/** What runs do anyway: how the values of a series lie around its level, as far as few values can tell. */
import { MAD_TO_SIGMA, median, quantile, smallestStep } from './statistics.ts';

/** Runs that the level is taken from: enough to be steady, few enough to follow a drift. */
export const LEVEL_RUNS = 25;
/** Runs that the noise is learnt from. */
export const NOISE_RUNS = 80;
/** From so many runs on the noise is taken around a running median of half as many, so that a drift is not part of it. */
const DRIFT_RUNS = 60;
/** The running median is taken again after so many runs: it hardly moves in between. */
const DRIFT_STEP = 5;
/** Before any run is seen, figures are taken to vary by 2 %, and this guess weighs as much as two runs. */
export const USUAL_SPREAD = 0.02;
const USUAL_WEIGHT = 2;
/** Half a run's weight goes to values four spreads wide: what has not been seen yet may still come. */
const UNSEEN_WEIGHT = 0.5;
const UNSEEN_SPREADS = 4;
/** Interquartile range of normal values in standard deviations: 2·Φ⁻¹(3/4). */
const QUARTILES_TO_SIGMA = 1.349;
/** Variance of a mean of the middle half against that of the mean, for normal values; that of a median is 1.57. */
const MIDDLE_VARIANCE = 1.2;

/** The density is kept at so many points, six tenths of them within eight spreads of the level, the rest up to sixty. */
const POINTS_KEPT = 240;
const NEAR_SHARE = 0.6;
const NEAR_SPREADS = 8;
const FAR_SPREADS = 60;
/** A kernel is 0 beyond so many of its widths: e^(-15). */
const KERNEL_REACH = 5.5;
/** No value is impossible. */
const LEAST_DENSITY = 1e-12;

/** Sizes of shift that are weighed against none, evenly by ratio: from 1.75 of the smallest that matters to 25 times that. */
const SIZES = 12;
const SMALLEST_SIZE = 1.75;
const SIZE_RANGE = 25;
/** Nor is a shift weighed that is smaller than half the noise. */
const LEAST_SPREADS = 0.5;

/** Three points that stand for a normal distribution, and their weights (Gauss & Hermite). */
const NODES = [-Math.sqrt(3), 0, Math.sqrt(3)] as const;
const LOG_WEIGHTS = [Math.log(1 / 6), Math.log(2 / 3), Math.log(1 / 6)] as const;

/** What is known of the noise before any run is seen. */
export interface NoisePrior {
  /** Standard error that a value has of itself, in its unit: no noise is taken for less. */
  readonly sampling_error?: number;
  /** Standard deviation as a share of the level. */
  readonly usual_spread?: number;
}

/**
 * The distribution of a series, from a kernel estimate around its level (Silverman 1986): spikes, two modes and skew are
 * part of it, and so count for nothing when they come again.
 */
export class Noise {
  readonly level: number;
  /** Robust standard deviation of a run. */
  readonly spread: number;
  /** How many runs it is learnt from. */
  readonly runs: number;
  /** false if all runs are equal and nothing else says how much they vary. */
  readonly has_scale: boolean;
  readonly #log_density = new Float64Array(POINTS_KEPT + 1);
  readonly #level_error: number;
  readonly #sizes: readonly number[];

  /**
   * @param reference values of one level, oldest first; at least one
   * @param smallest from a level to the smallest shift that matters, both in the unit of the values
   */
  constructor(
    reference: readonly number[],
    smallest: (level: number) => number,
    { sampling_error = 0, usual_spread = USUAL_SPREAD }: NoisePrior = {},
  ) {
    const used = reference.slice(-NOISE_RUNS);
    this.runs = used.length;
    this.level = levelOf(used);
    const residuals = used.length > DRIFT_RUNS ? withoutDrift(used) : used.map((value) => value - this.level);
    // Rounded values are known to half a step.
    const least = Math.max(sampling_error, smallestStep(used) / 2);
    this.spread = spreadOf(residuals, usual_spread * Math.abs(this.level), least);
    this.has_scale = this.spread > LEAST_SPREAD;
    this.#level_error = this.spread * Math.sqrt(MIDDLE_VARIANCE / Math.min(this.runs, LEVEL_RUNS));
    this.#tabulate(residuals, Math.hypot(this.spread * this.runs ** -0.2, least));
    const low = Math.max(SMALLEST_SIZE * smallest(this.level), LEAST_SPREADS * this.spread);
    this.#sizes = Array.from({ length: SIZES }, (_, place) => low * SIZE_RANGE ** (place / (SIZES - 1)));
  }

  /**
   * Natural logarithm of the Bayes factor: how much likelier these runs are if the level has shifted upwards before the
   * first of them, by a size of which none is likelier than another, than if it has not.
   */
  evidence(runs: readonly number[]): number {
    const largest = this.#sizes.at(-1) as number;
    // A run beyond the largest size speaks for that size at least; without a shift it is one that has not been seen, and
    // may be anywhere up to there.
    const within = runs.filter((value) => value <= this.level + largest);
    const beyond = runs.length - within.length;
    const clipped = [...within, ...new Array<number>(beyond).fill(this.level + largest)];
    const shifted = this.#sizes.map((size) => this.#logLikelihood(clipped, size));
    const unseen = Math.max(
      this.#logDensity(largest),
      Math.log((UNSEEN_WEIGHT * this.spread) / ((this.runs + UNSEEN_WEIGHT) * largest)),
    );
    return logSum(shifted) - Math.log(SIZES) - this.#logLikelihood(within, 0) - beyond * unseen;
  }

  /** Value above the level, at least `from`, up to which one run has no more evidence than `limit`. */
  highestWithin(limit: number, from: number): number {
    let low = from;
    let high = this.level + FAR_SPREADS * this.spread;
    // Without a scale everything beyond is more than these runs have ever done.
    if (!this.has_scale || low >= high || this.evidence([low]) > limit) return low;
    for (let round = 0; round < BISECTIONS; round += 1) {
      const middle = (low + high) / 2;
      if (this.evidence([middle]) > limit) high = middle;
      else low = middle;
    }
    return low;
  }

  #tabulate(residuals: readonly number[], width: number): void {
    const density = this.#log_density;
    for (let place = 0; place <= POINTS_KEPT; place += 1) {
      const z = (POINTS[place] as number) / UNSEEN_SPREADS;
      density[place] = (UNSEEN_WEIGHT / UNSEEN_SPREADS) * Math.exp(-0.5 * z * z);
    }
    const scaled = width / this.spread;
    for (const residual of residuals) {
      const center = residual / this.spread;
      const to = Math.ceil(placeOf(center + KERNEL_REACH * scaled));
      for (let place = Math.floor(placeOf(center - KERNEL_REACH * scaled)); place <= to; place += 1) {
        const z = ((POINTS[place] as number) - center) / scaled;
        density[place] = (density[place] as number) + Math.exp(-0.5 * z * z) / scaled;
      }
    }
    const total = residuals.length + UNSEEN_WEIGHT;
    for (let place = 0; place <= POINTS_KEPT; place += 1) {
      density[place] = Math.log((density[place] as number) / total + LEAST_DENSITY);
    }
  }

  #logDensity(difference: number): number {
    const place = placeOf(difference / this.spread);
    const below = Math.min(POINTS_KEPT - 1, Math.floor(place));
    const low = this.#log_density[below] as number;
    return low + ((this.#log_density[below + 1] as number) - low) * (place - below);
  }

  /** The level is not known exactly: averaged over what it may be. */
  #logLikelihood(runs: readonly number[], shift: number): number {
    const terms = NODES.map((node, place) => {
      const center = this.level + shift + node * this.#level_error;
      let sum = LOG_WEIGHTS[place] as number;
      for (const value of runs) sum += this.#logDensity(value - center);
      return sum;
    });
    return logSum(terms);
  }
}

/** Halvings of a range of sixty spreads: to a millionth of one. */
const BISECTIONS = 26;

const NEAR_POINTS = POINTS_KEPT * NEAR_SHARE;
const FAR_POINTS = POINTS_KEPT - NEAR_POINTS;

/** In spreads from the level; the density far above it is needed, that far below is not. */
const POINTS = Float64Array.from({ length: POINTS_KEPT + 1 }, (_, place) =>
  place < NEAR_POINTS
    ? -NEAR_SPREADS + (2 * NEAR_SPREADS * place) / NEAR_POINTS
    : NEAR_SPREADS + ((FAR_SPREADS - NEAR_SPREADS) * (place - NEAR_POINTS)) / FAR_POINTS,
);

function placeOf(spreads: number): number {
  const place =
    spreads < NEAR_SPREADS
      ? ((spreads + NEAR_SPREADS) / (2 * NEAR_SPREADS)) * NEAR_POINTS
      : NEAR_POINTS + ((spreads - NEAR_SPREADS) / (FAR_SPREADS - NEAR_SPREADS)) * FAR_POINTS;
  return Math.max(0, Math.min(POINTS_KEPT, place));
}

function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

/**
 * Mean of the middle half of the newest values: as deaf to outliers as a level needs, and steadier than a median.
 * @param values of one level, oldest first; at least one
 */
export function levelOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values.slice(-LEVEL_RUNS)).sort();
  const outer = Math.floor(sorted.length / 4);
  const middle = sorted.subarray(outer, sorted.length - outer);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** A spread of 0 (all runs equal, at a level of 0) would divide by itself. */
const LEAST_SPREAD = 1e-9;

/** Few values spread less than they will, by luck: with four of them half as much again is taken. */
const FEW_RUNS = 2;

function spreadOf(residuals: readonly number[], usual: number, least: number): number {
  const n = residuals.length;
  const deviation = Math.sqrt(residuals.reduce((sum, it) => sum + it * it, 0) / Math.max(1, n - 1));
  const quartiles = (quantile(residuals, 0.75) - quantile(residuals, 0.25)) / QUARTILES_TO_SIGMA;
  const around = MAD_TO_SIGMA * median(residuals.map(Math.abs));
  const robust = Math.min(deviation, Math.max(quartiles, around)) * (1 + FEW_RUNS / n);
  const mixed = Math.sqrt((USUAL_WEIGHT * usual ** 2 + (n - 1) * robust ** 2) / (USUAL_WEIGHT + n - 1));
  return Math.max(mixed, least, LEAST_SPREAD);
}

function withoutDrift(values: readonly number[]): number[] {
  const half = DRIFT_RUNS / 2;
  const residuals: number[] = [];
  for (let from = 0; from < values.length; from += DRIFT_STEP) {
    const middle = from + (DRIFT_STEP - 1) / 2;
    const local = median(values.slice(Math.max(0, middle - half), middle + half + 1));
    for (const value of values.slice(from, from + DRIFT_STEP)) residuals.push(value - local);
  }
  return residuals;
}
