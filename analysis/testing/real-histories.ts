/**
 * Real histories (SAP SE, CC-BY-4.0, analysis/fixtures/sap-large-2022.json) with shifts implanted, so that the truth is
 * known and the noise is real: spikes, two levels, slow drift, rounding, earlier visits to the worse level.
 */
import sap from '../fixtures/sap-large-2022.json' with { type: 'json' };
import { median, medianDeviation } from '../statistics.ts';
import { Random, type Shift } from './histories.ts';

/** What rules are chosen on, and what figures are published of. A benchmark and its splits are in one part only. */
export type Part = 'develop' | 'report';

export interface RealHistory {
  readonly name: string;
  /** Oldest first; lower is better. */
  readonly values: readonly number[];
}

export function realHistories(part: Part): RealHistory[] {
  return sap.series.filter(({ name }) => partOf(name) === part);
}

function partOf(name: string): Part {
  return hash(name.replace(/_split\d+$/, '')) % 2 === 0 ? 'develop' : 'report';
}

/** FNV-1a. */
function hash(text: string): number {
  let state = 2_166_136_261;
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16_777_619);
  return state >>> 0;
}

/** When a history shifts by itself: the medians of so many runs to either side differ by both. */
interface ShiftCriterion {
  readonly runs: number;
  readonly change: number;
  /** In {@link medianDeviation}s, the larger of both sides. */
  readonly deviations: number;
}

/** Strict: whatever may be a shift. Its stretches are calmer than histories are. */
export const STRICT: ShiftCriterion = { runs: 20, change: 0.02, deviations: 1.5 };
/** Lenient: what nobody would overlook. Its stretches keep drifts, lasting modes and small shifts. */
export const LENIENT: ShiftCriterion = { runs: 20, change: 0.05, deviations: 3 };

/** Places at which a history shifts by itself, upwards (1) or downwards (−1), by a criterion that no rule under test knows. */
export function ownShifts(values: readonly number[], criterion: ShiftCriterion): Int8Array {
  const { runs, change, deviations } = criterion;
  const shifts = new Int8Array(values.length);
  for (let index = runs; index + runs <= values.length; index += 1) {
    const before = values.slice(index - runs, index);
    const after = values.slice(index, index + runs);
    const difference = median(after) - median(before);
    const spread = Math.max(medianDeviation(before), medianDeviation(after));
    const is_shift = Math.abs(difference) > Math.max(change * median(before), deviations * spread);
    shifts[index] = is_shift ? Math.sign(difference) : 0;
  }
  return shifts;
}

const LEAST_STRETCH = 80;
const LONGEST_STRETCH = 400;

/** Stretches of real histories without a shift of their own. */
export function quietStretches(part: Part, criterion: ShiftCriterion = STRICT): RealHistory[] {
  return realHistories(part).flatMap(({ name, values }) => {
    const shifts = ownShifts(values, criterion);
    const stretches: RealHistory[] = [];
    let from = 0;
    for (let index = 0; index <= values.length; index += 1) {
      const is_over = index === values.length || shifts[index] !== 0;
      if (!is_over && index - from < LONGEST_STRETCH) continue;
      if (index - from >= LEAST_STRETCH) stretches.push({ name, values: values.slice(from, index) });
      from = is_over ? index + 1 : index;
    }
    return stretches;
  });
}

export interface ImplantedShift extends RealHistory {
  /** First run of the new level. */
  readonly index: number;
  /** Fraction of the values from there on. */
  readonly size: number;
}

/** Steps that the verdict on the newest run is measured by. */
export const STEPS = [0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5] as const;
/** Steps that change points are measured by. */
export const SMALL_STEPS = [0.02, 0.03, 0.04, ...STEPS] as const;

/** Runs that a step has before it, and after it, at least. */
const MARGIN = 20;
const IMPLANTS_PER_STRETCH = 6;

/** Six steps a stretch, one at a time, at random places. */
export function implantSteps(
  stretches: readonly RealHistory[],
  seed: number,
  sizes: readonly number[] = STEPS,
): ImplantedShift[] {
  const random = new Random(seed);
  return stretches.flatMap((stretch) =>
    Array.from({ length: IMPLANTS_PER_STRETCH }, () =>
      implant(stretch, random.whole(MARGIN, stretch.values.length - MARGIN), random.pick(sizes)),
    ),
  );
}

const IMPLANTS_PER_HISTORY = 10;

/** Ten steps a whole history, one at a time, anywhere but within 20 runs of a shift of its own. */
export function implantAnywhere(part: Part, seed: number): ImplantedShift[] {
  const random = new Random(seed);
  return realHistories(part).flatMap((history) => {
    const shifts = ownShifts(history.values, LENIENT);
    const places = history.values
      .map((_, index) => index)
      .slice(MARGIN, -MARGIN)
      .filter((index) => shifts.slice(index - MARGIN, index + MARGIN).every((it) => it === 0));
    if (places.length === 0) return [];
    return Array.from({ length: IMPLANTS_PER_HISTORY }, () =>
      implant(history, random.pick(places), random.pick(STEPS)),
    );
  });
}

function implant({ name, values }: RealHistory, index: number, size: number): ImplantedShift {
  const unit = 10 ** decimalsOf(values);
  const shifted = values.map((value, place) => (place < index ? value : Math.round(value * (1 + size) * unit) / unit));
  return { name, values: shifted, index, size };
}

const MOST_DECIMALS = 9;

/** Values stay rounded to what they are rounded to. */
function decimalsOf(values: readonly number[]): number {
  return Math.max(...values.map((value) => Math.min(MOST_DECIMALS, `${value}`.split('.')[1]?.length ?? 0)));
}

/** A step as scores need it. */
export function stepOf({ values, index, size }: ImplantedShift): Shift {
  const before = values.slice(0, index);
  const spread = medianDeviation(before);
  const deviations = spread > 0 ? (size * median(before)) / spread : Number.POSITIVE_INFINITY;
  return { index, change: size, deviations, lasts: Math.min(index, values.length - index) };
}
