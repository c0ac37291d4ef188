/** How well found changes agree with those that are there. */
import type { Shift } from './histories.ts';

/** A change counts as found within so many runs, as in the labelled histories that others publish. */
export const MARGIN = 5;

/** From which size on people mark a shift, and below which they do not; what lies between counts neither way. */
const MARKED = { deviations: 2, change: 0.02, lasts: 6 } as const;
const IGNORED = { deviations: 1.2, change: 0.01, lasts: 3 } as const;

export function isMarked({ deviations, change, lasts }: Shift): boolean {
  return deviations >= MARKED.deviations && Math.abs(change) >= MARKED.change && lasts >= MARKED.lasts;
}

function isGrey(shift: Shift): boolean {
  const { deviations, change, lasts } = shift;
  return (
    !isMarked(shift) && deviations >= IGNORED.deviations && Math.abs(change) >= IGNORED.change && lasts >= IGNORED.lasts
  );
}

export interface Score {
  right: number;
  false_alarms: number;
  missed: number;
  runs: number;
}

export function emptyScore(): Score {
  return { right: 0, false_alarms: 0, missed: 0, runs: 0 };
}

/** Shifts that have to be found, and those that may be found or not: index of the first value after each. */
export interface Marks {
  readonly clear: readonly number[];
  readonly doubtful: readonly number[];
}

/** Adds what was found in one history. Each change is matched once, the nearest first. */
export function addMarks(score: Score, found: readonly number[], { clear, doubtful }: Marks, length: number): void {
  score.runs += length;
  const open = new Set(found);
  const take = (mark: number) => {
    const near = [...open].filter((index) => Math.abs(index - mark) <= MARGIN);
    const nearest = near.sort((a, b) => Math.abs(a - mark) - Math.abs(b - mark))[0];
    if (nearest !== undefined) open.delete(nearest);
    return nearest !== undefined;
  };
  for (const mark of clear) {
    if (take(mark)) score.right += 1;
    else score.missed += 1;
  }
  for (const mark of doubtful) take(mark);
  score.false_alarms += open.size;
}

/** The same with the shifts of a generated history. */
export function addToScore(score: Score, found: readonly number[], shifts: readonly Shift[], length: number): void {
  const indexes = (kept: readonly Shift[]) => kept.map(({ index }) => index);
  addMarks(score, found, { clear: indexes(shifts.filter(isMarked)), doubtful: indexes(shifts.filter(isGrey)) }, length);
}

export function precision({ right, false_alarms }: Score): number {
  return right / Math.max(1, right + false_alarms);
}

export function recall({ right, missed }: Score): number {
  return right / Math.max(1, right + missed);
}

export function alarmsPerThousand({ false_alarms, runs }: Score): number {
  return (1000 * false_alarms) / runs;
}
