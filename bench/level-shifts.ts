/**
 * How well level shifts are found: on real histories that were marked by eye, on real noise with implanted shifts, and on
 * generated histories. Repeatable: the seeds are fixed, and the constants of analysis/change-points.ts were chosen on the
 * develop part, which is not measured here.
 */

import by_eye from '../analysis/fixtures/shifts-by-eye.json' with { type: 'json' };
import { changePoints } from '../analysis/index.ts';
import { type History, makeHistories, Random, type Shift } from '../analysis/testing/histories.ts';
import {
  implantSteps,
  quietStretches,
  realHistories,
  SMALL_STEPS,
  stepOf,
} from '../analysis/testing/real-histories.ts';
import {
  addMarks,
  addToScore,
  alarmsPerThousand,
  emptyScore,
  type Marks,
  precision,
  recall,
  type Score,
} from '../analysis/testing/score.ts';
import { mozilla } from './peers.ts';

type Table = string[][];

export interface LevelShiftFigures {
  readonly changes: Table;
  readonly shapes: Table;
  readonly times: Table;
  readonly data: object;
}

const SEEDS = { implanted: 21_000_001, rare: 21_000_000, many: 22_000_000, stable: 23_000_000 } as const;
const HISTORIES = 1_100;

type Finder = (values: readonly number[]) => number[];

const FINDERS: Readonly<Record<string, Finder>> = {
  loadstar: (values) => changePoints(values).map(({ index }) => index),
  'Mozilla t-test (needs 12 later runs)': mozilla,
};

/** Adds what a rule finds in all histories of a kind. */
type Measure = (find: Finder) => Score;

export function benchLevelShifts(say: (text: string) => void): LevelShiftFigures {
  const generated = {
    'generated, a shift each 300 runs': makeHistories(HISTORIES, SEEDS.rare, 300),
    'generated, a shift each 80 runs': makeHistories(HISTORIES, SEEDS.many, 80),
    'generated, no shift': makeHistories(HISTORIES, SEEDS.stable, null),
  };
  const quiet = quietStretches('report');
  const implanted = implantSteps(quiet, SEEDS.implanted, SMALL_STEPS);
  const sets: Readonly<Record<string, readonly ShiftedHistory[]>> = {
    'real, one step of 2 to 50 % implanted': implanted.map((it) => ({ values: it.values, shifts: [stepOf(it)] })),
    'real, quiet stretches': quiet.map(({ values }) => ({ values, shifts: [] })),
    ...generated,
  };
  const kinds: Readonly<Record<string, Measure>> = {
    'real, marked by eye': scoreMarked,
    ...Object.fromEntries(
      Object.entries(sets).map(([name, histories]) => [name, (find: Finder) => scoreAll(find, histories)]),
    ),
  };
  const changes: Table = [
    ['histories', 'rule', 'runs', 'marked', 'precision', 'recall', 'false alarms per 1,000 runs'],
  ];
  const data: object[] = [];
  for (const [histories, measure] of Object.entries(kinds)) {
    for (const [rule, find] of Object.entries(FINDERS)) {
      say(`level shifts: ${histories}, ${rule}`);
      const score = measure(find);
      changes.push([histories, rule, ...scoreCells(score)]);
      data.push({ histories, rule, ...score });
    }
  }
  const by_shape = shapeScores(Object.values(generated).flat());
  const shapes: Table = [['noise', 'runs', 'marked', 'precision', 'recall', 'false alarms per 1,000 runs']];
  for (const [shape, score] of by_shape) shapes.push([shape, ...scoreCells(score)]);
  const times = timeKinds(say);
  return {
    changes,
    shapes,
    times: [
      ['100,000 values', 'CPU, ms', 'found'],
      ...times.map((it) => [it.values, it.cpu_ms.toFixed(0), String(it.found)]),
    ],
    data: { seeds: SEEDS, changes: data, shapes: Object.fromEntries(by_shape), times },
  };
}

/** Marks of a series; `flips`: it takes turns between two levels, and whether each turn is a shift is a matter of taste. */
interface MarksByEye extends Marks {
  readonly flips?: boolean;
}

const UNMARKED: MarksByEye = { clear: [], doubtful: [] };

function scoreMarked(find: Finder): Score {
  const all_marks: Readonly<Record<string, MarksByEye>> = by_eye.shifts;
  const score = emptyScore();
  for (const { name, values } of realHistories('report')) {
    const marks = all_marks[name] ?? UNMARKED;
    if (!marks.flips) addMarks(score, find(values), marks, values.length);
  }
  return score;
}

interface ShiftedHistory {
  readonly values: readonly number[];
  readonly shifts: readonly Shift[];
}

function scoreAll(find: Finder, histories: readonly ShiftedHistory[]): Score {
  const score = emptyScore();
  for (const { values, shifts } of histories) addToScore(score, find(values), shifts, values.length);
  return score;
}

function shapeScores(histories: readonly History[]): Map<string, Score> {
  const by_shape = new Map<string, Score>();
  for (const { values, shifts, shape } of histories) {
    const score = by_shape.get(shape) ?? emptyScore();
    by_shape.set(shape, score);
    const found = changePoints(values).map(({ index }) => index);
    addToScore(score, found, shifts, values.length);
  }
  return by_shape;
}

function scoreCells(score: Score): string[] {
  const marked = score.right + score.missed;
  const share = (value: number) => (marked > 0 ? value.toFixed(2) : '–');
  return [
    String(score.runs),
    String(marked),
    share(precision(score)),
    share(recall(score)),
    alarmsPerThousand(score).toFixed(2),
  ];
}

const TIMED_VALUES = 100_000;

/** The kinds that a search may take long for: no shift at all, nothing but shifts, and what looks like either. */
const TIMED: Readonly<Record<string, (index: number, random: Random) => number>> = {
  constant: () => 5,
  noise: (_, random) => 100 + random.normal(),
  'heavy tails': (_, random) => 1 / (1 - random.next()),
  'a ramp': (index) => index,
  'exponential growth': (index) => Math.exp(index / 1_000),
  'two alternating values': (index) => index % 2,
  'two values at random': (_, random) => (random.chance(0.5) ? 1 : 2),
  'a shift every 10 values': (index, random) => 100 + 10 * (Math.floor(index / 10) % 2) + random.next(),
  'a shift every 50 values': (index, random) => 100 + 10 * (Math.floor(index / 50) % 2) + random.next(),
};

function timeKinds(say: (text: string) => void) {
  // Compiled first, as it is in a process that has judged a few histories.
  changePoints(Array.from({ length: 1_000 }, (_, index) => Math.floor(index / 50) % 2));
  return Object.entries(TIMED).map(([values, draw]) => {
    say(`level shifts: time of ${values}`);
    const random = new Random(1);
    const series = Array.from({ length: TIMED_VALUES }, (_, index) => draw(index, random));
    const started = process.cpuUsage();
    const found = changePoints(series).length;
    // Time of the processor: other programs on the machine do not count.
    const { user, system } = process.cpuUsage(started);
    return { values, cpu_ms: (user + system) / 1_000, found };
  });
}
