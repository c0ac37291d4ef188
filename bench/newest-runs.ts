/** How soon a rule sees that the newest runs are worse, and how often it says so for nothing, replayed run by run. */
import { type ImplantedShift, LENIENT, ownShifts, type RealHistory } from '../analysis/testing/real-histories.ts';

/** What a rule says of a run: nothing, that it is odd, or that it is worse for sure. */
export type Said = 'nothing' | 'odd' | 'worse';
export type Rule = (history: readonly number[], run: number) => Said;

/** Alarms at most so many runs after the last one are one episode. */
const EPISODE = 5;
/** Runs before the first one that is judged. */
const FIRST = 10;
/** A shift is found within so many runs. */
const FOUND_WITHIN = 10;

export interface FalseAlarms {
  runs: number;
  /** Runs that were flagged. */
  flagged: number;
  worse: number;
  /** Episodes of runs that were flagged. */
  odd_episodes: number;
  worse_episodes: number;
}

export function countFalseAlarms(rule: Rule, histories: readonly RealHistory[]): FalseAlarms {
  const counts: FalseAlarms = { runs: 0, flagged: 0, worse: 0, odd_episodes: 0, worse_episodes: 0 };
  for (const history of histories) {
    const { values } = history;
    const isExcused = isNearOwnShift(history);
    let last_odd = Number.NEGATIVE_INFINITY;
    let last_worse = Number.NEGATIVE_INFINITY;
    for (let index = FIRST; index < values.length; index += 1) {
      const said = rule(values.slice(0, index), values[index] as number);
      counts.runs += 1;
      if (said === 'nothing') continue;
      const is_excused = isExcused(index);
      if (!is_excused) counts.flagged += 1;
      if (!is_excused && index - last_odd > EPISODE) counts.odd_episodes += 1;
      last_odd = index;
      if (said !== 'worse') continue;
      if (!is_excused) counts.worse += 1;
      if (!is_excused && index - last_worse > EPISODE) counts.worse_episodes += 1;
      last_worse = index;
    }
  }
  return counts;
}

/** From so many runs before a shift of the history itself to so many after it, an alarm may be right. */
const NEAR = 12;

/** Whether an alarm may be right because the history itself gets worse there. */
export function isNearOwnShift({ values }: RealHistory): (index: number) => boolean {
  const shifts = ownShifts(values, LENIENT);
  return (index) => shifts.slice(Math.max(0, index - NEAR), index + NEAR + 1).includes(1);
}

export interface Found {
  shifts: number;
  /** Flagged in the first run, within ten, and called worse within ten. */
  odd_first: number;
  odd: number;
  worse: number;
  /** Runs from the shift to the one that was called worse, that one included. */
  readonly delays: number[];
}

export function countFound(rule: Rule, shifts: readonly ImplantedShift[]): Found {
  const found: Found = { shifts: 0, odd_first: 0, odd: 0, worse: 0, delays: [] };
  for (const { values, index } of shifts) {
    const said = Array.from({ length: FOUND_WITHIN }, (_, place) =>
      rule(values.slice(0, index + place), values[index + place] as number),
    );
    found.shifts += 1;
    if (said[0] !== 'nothing') found.odd_first += 1;
    if (said.some((it) => it !== 'nothing')) found.odd += 1;
    const worse = said.indexOf('worse');
    if (worse < 0) continue;
    found.worse += 1;
    found.delays.push(worse + 1);
  }
  return found;
}

export function addFound(parts: readonly Found[]): Found {
  const sum = (count: (it: Found) => number) => parts.reduce((total, it) => total + count(it), 0);
  return {
    shifts: sum((it) => it.shifts),
    odd_first: sum((it) => it.odd_first),
    odd: sum((it) => it.odd),
    worse: sum((it) => it.worse),
    delays: parts.flatMap((it) => it.delays),
  };
}
