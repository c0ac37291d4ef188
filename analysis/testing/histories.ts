/**
 * Generated performance histories of many shapes, with the shifts that are in them. The same seed gives the same history,
 * so that anybody can repeat the figures in bench/results/verdicts.md.
 */

export interface Shift {
  /** First run of the new level. */
  readonly index: number;
  /** Fraction of the level before. */
  readonly change: number;
  /** The same in standard deviations of the noise around it. */
  readonly deviations: number;
  /** Runs until the next shift, or since the one before, whichever are fewer. */
  readonly lasts: number;
}

export interface History {
  readonly shape: Shape;
  /** Standard deviation of the noise, as a fraction of the level. */
  readonly noise: number;
  readonly values: readonly number[];
  readonly shifts: readonly Shift[];
}

export const SHAPES = [
  'normal',
  'log-normal',
  'heavy tails',
  'outliers',
  'two modes',
  'sticky modes',
  'autocorrelated',
  'drift',
  'wandering',
  'changing variance',
  'rounded',
] as const;
export type Shape = (typeof SHAPES)[number];

/** Uniform in [0, 1), repeatable (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b9) >>> 0;
    for (let round = 0; round < 8; round += 1) this.next();
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** As likely in each octave. */
  scaled(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** Box & Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }
}

/** Deviations from the level, in standard deviations of the shape's ordinary noise. */
export function noiseOf(shape: Shape, length: number, random: Random): number[] {
  const each = (make: (index: number) => number) => Array.from({ length }, (_, index) => make(index));
  switch (shape) {
    case 'normal':
    case 'rounded':
      return each(() => random.normal());
    case 'log-normal': {
      const skew = random.between(0.3, 0.9);
      const center = Math.exp(skew ** 2 / 2);
      const spread = center * Math.sqrt(Math.exp(skew ** 2) - 1);
      return each(() => (Math.exp(skew * random.normal()) - center) / spread);
    }
    case 'heavy tails': {
      // Student's t with 3 degrees of freedom, which has a standard deviation of √3.
      const square = () => random.normal() ** 2;
      return each(() => random.normal() / Math.sqrt((square() + square() + square()) / 3) / Math.sqrt(3));
    }
    case 'outliers':
      return outliers(length, random);
    case 'two modes':
    case 'sticky modes':
      return modes(length, random, shape === 'sticky modes' ? random.between(1.3, 2.3) : 1);
    case 'autocorrelated': {
      const carried = random.between(0.3, 0.7);
      let state = random.normal();
      return each(() => {
        state = carried * state + Math.sqrt(1 - carried ** 2) * random.normal();
        return state;
      });
    }
    case 'drift': {
      const total = random.between(-3, 3) * Math.max(1, length / 150);
      const period = random.between(60, 300);
      const swing = random.chance(0.5) ? random.between(0.5, 1.5) : 0;
      return each(
        (index) => random.normal() + (total * index) / length + swing * Math.sin((2 * Math.PI * index) / period),
      );
    }
    case 'wandering': {
      const step = random.scaled(0.03, 0.15);
      let level = 0;
      return each(() => {
        level = 0.99 * level + step * random.normal();
        return level + random.normal();
      });
    }
    case 'changing variance': {
      let spread = 1;
      return each(() => {
        if (random.chance(1 / 50)) spread = random.scaled(0.4, 2.5);
        return spread * random.normal();
      });
    }
  }
}

/** Bad runs now and then, one to three in a row, mostly slow ones. */
function outliers(length: number, random: Random): number[] {
  const share = random.scaled(0.01, 0.08);
  const typical = random.between(4, 15);
  let left = 0;
  return Array.from({ length }, () => {
    if (left === 0 && random.chance(share)) left = random.chance(0.8) ? 1 : random.whole(2, 3);
    if (left === 0) return random.normal();
    left -= 1;
    return random.normal() + (random.chance(0.85) ? 1 : -1) * typical * random.between(0.5, 2);
  });
}

/** A machine, a compiler or a garbage collector that is in one of two states. */
function modes(length: number, random: Random, stay: number): number[] {
  const share = random.between(0.1, 0.5);
  const apart = random.between(3, 8);
  const mean = share * apart;
  const spread = Math.sqrt(1 + share * (1 - share) * apart ** 2);
  let high = random.chance(share);
  return Array.from({ length }, () => {
    if (random.chance(1 / stay)) high = random.chance(share);
    return (random.normal() + (high ? apart : 0) - mean) / spread;
  });
}

export interface HistorySpec {
  readonly shape: Shape;
  /** Standard deviation of the noise, as a fraction of the level. */
  readonly noise: number;
  readonly length: number;
  /** Expected runs from one shift to the next; null: none. */
  readonly shift_each: number | null;
}

/** Shifts that follow each other faster are bumps: some are made on purpose. */
const SHORTEST_LEVEL = 4;

export function makeHistory(spec: HistorySpec, random: Random): History {
  const { shape, noise, length } = spec;
  const deviations = noiseOf(shape, length, random);
  const base = random.scaled(0.5, 50_000);
  const shifts = spec.shift_each === null ? [] : makeShifts(spec, spec.shift_each, random);
  // Noise in proportion to the level, as durations have it.
  let level = 1;
  let next = 0;
  const values = deviations.map((deviation, index) => {
    if (shifts[next]?.index === index) {
      level *= 1 + (shifts[next] as Shift).change;
      next += 1;
    }
    return base * level * Math.max(0.05, 1 + noise * deviation);
  });
  return { shape, noise, shifts, values: shape === 'rounded' ? rounded(values, base * noise, random) : values };
}

function rounded(values: readonly number[], spread: number, random: Random): number[] {
  const step = spread * random.between(0.5, 2);
  return values.map((value) => Math.round(value / step) * step);
}

function makeShifts({ noise, length }: HistorySpec, shift_each: number, random: Random): Shift[] {
  const places: { index: number; change: number }[] = [];
  let back: number | null = null;
  let index = Math.round(-shift_each * Math.log(1 - random.next()));
  let level = 1;
  while (index < length - SHORTEST_LEVEL) {
    if (index >= SHORTEST_LEVEL) {
      const size = random.scaled(0.7, 14) * noise;
      const drawn = random.chance(0.6) ? size : -size / (1 + size);
      const change: number = back ?? drawn;
      // Levels stay within what an application could do.
      const kept: number = level * (1 + change) < 0.3 || level * (1 + change) > 4 ? 1 / (1 + change) - 1 : change;
      level *= 1 + kept;
      places.push({ index, change: kept });
      // Every fourth is taken back before long: a bad commit and its revert.
      back = back === null && random.chance(0.25) ? 1 / (1 + kept) - 1 : null;
    }
    const wait = back === null ? -shift_each * Math.log(1 - random.next()) : random.between(5, 30);
    index += Math.max(SHORTEST_LEVEL, Math.round(wait));
  }
  return places.map(({ index: at, change }, place) => ({
    index: at,
    change,
    deviations: Math.abs(change) / (noise * Math.max(1, 1 + change)),
    lasts: Math.min(at - (places[place - 1]?.index ?? 0), (places[place + 1]?.index ?? length) - at),
  }));
}

/** Histories of all shapes in turn, 20 to 800 runs long, noise 0.5 to 15 %. */
export function makeHistories(count: number, first_seed: number, shift_each: number | null): History[] {
  return Array.from({ length: count }, (_, place) => {
    const random = new Random(first_seed + place);
    const shape = SHAPES[place % SHAPES.length] as Shape;
    return makeHistory(
      { shape, noise: random.scaled(0.005, 0.15), length: Math.round(random.scaled(20, 800)), shift_each },
      random,
    );
  });
}

/** A history without shifts, the runs after it as they would have been, and by how much they are worse. */
export interface Case {
  readonly shape: Shape;
  readonly noise: number;
  readonly history: readonly number[];
  /** Ten runs after it, none of them shifted yet. */
  readonly next: readonly number[];
}

export const RUNS_AFTER = 10;

/** Cases of all shapes in turn: histories of 10 to 200 runs, noise as given. */
export function makeCases(count: number, first_seed: number, noise: readonly [number, number]): Case[] {
  return Array.from({ length: count }, (_, place) => {
    const random = new Random(first_seed + place);
    const shape = SHAPES[place % SHAPES.length] as Shape;
    const length = Math.round(random.scaled(10, 200));
    const { values, ...made } = makeHistory(
      { shape, noise: random.scaled(...noise), length: length + RUNS_AFTER, shift_each: null },
      random,
    );
    return { shape, noise: made.noise, history: values.slice(0, length), next: values.slice(length) };
  });
}
