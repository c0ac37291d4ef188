/**
 * How often verdicts and change points are right, on generated histories whose truth is known, beside rules that others
 * publish. Pure and repeatable: the seeds are fixed, and none of the constants in analysis/ was chosen on them.
 */
import { changePoints, judge } from '../analysis/index.ts';
import { type Case, type History, makeCases, makeHistories, RUNS_AFTER } from '../analysis/testing/histories.ts';
import { addToScore, alarmsPerThousand, emptyScore, precision, recall, type Score } from '../analysis/testing/score.ts';
import { medianAndDeviations, mozilla, threeInARow } from './peers.ts';

type Table = string[][];

export interface VerdictFigures {
  readonly changes: Table;
  readonly shapes: Table;
  readonly newest: Table;
  readonly sizes: Table;
  readonly data: object;
}

const SEEDS = { rare: 21_000_000, many: 22_000_000, stable: 23_000_000, cases: 24_000_000 } as const;
const HISTORIES = 1_100;
const CASES = 1_650;
/** As performance tests that people keep mostly have it; the whole range of 0.5 to 15 % is in the histories. */
const CASE_NOISE = [0.003, 0.045] as const;
const SHIFTS = [0, 0.05, 0.075, 0.1, 0.2, 0.5] as const;

export function benchVerdicts(say: (text: string) => void): VerdictFigures {
  const changes = wholeHistories(say);
  const newest = newestRuns(say);
  return { ...changes, ...newest, data: { seeds: SEEDS, ...changes.data, ...newest.data } };
}

type Finder = (values: readonly number[]) => number[];

const FINDERS: Readonly<Record<string, Finder>> = {
  loadstar: (values) => changePoints(values).map(({ index }) => index),
  'Mozilla t-test (needs 12 later runs)': mozilla,
};

function wholeHistories(say: (text: string) => void) {
  const sets: Readonly<Record<string, readonly History[]>> = {
    'a shift each 300 runs': makeHistories(HISTORIES, SEEDS.rare, 300),
    'a shift each 80 runs': makeHistories(HISTORIES, SEEDS.many, 80),
    'no shift': makeHistories(HISTORIES, SEEDS.stable, null),
  };
  const changes: Table = [
    ['histories', 'rule', 'runs', 'marked', 'precision', 'recall', 'false alarms per 1,000 runs'],
  ];
  const by_shape = new Map<string, Score>();
  const data: object[] = [];
  for (const [name, histories] of Object.entries(sets)) {
    for (const [rule, find] of Object.entries(FINDERS)) {
      say(`change points: ${name}, ${rule}`);
      const score = emptyScore();
      for (const { values, shifts, shape } of histories) {
        const found = find(values);
        addToScore(score, found, shifts, values.length);
        if (rule !== 'loadstar') continue;
        const own = by_shape.get(shape) ?? emptyScore();
        by_shape.set(shape, own);
        addToScore(own, found, shifts, values.length);
      }
      changes.push([name, rule, ...scoreCells(score)]);
      data.push({ histories: name, rule, ...score });
    }
  }
  const shapes: Table = [['noise', 'runs', 'marked', 'precision', 'recall', 'false alarms per 1,000 runs']];
  for (const [shape, score] of by_shape) shapes.push([shape, ...scoreCells(score)]);
  return { changes, shapes, data: { changes: data, shapes: Object.fromEntries(by_shape) } };
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

/** What a rule says of a run: nothing, that it is odd, or that it is worse for sure. */
type Said = 'nothing' | 'odd' | 'worse';
type Rule = (history: readonly number[], run: number) => Said;

const RULES: Readonly<Record<string, Rule>> = {
  loadstar: (history, run) => {
    const { verdict } = judge(history, run);
    return verdict === 'regressed' ? 'worse' : verdict === 'suspected' ? 'odd' : 'nothing';
  },
  'median + 5 MAD and > 2 %, 20 runs': (history, run) => (medianAndDeviations(history, run) ? 'worse' : 'nothing'),
  'three in a row > median + 3 MAD': (history, run) => (threeInARow(history, run) ? 'worse' : 'nothing'),
};

/** Runs after the shift at which is asked. */
const ASKED = [1, 3, RUNS_AFTER] as const;

interface Counts {
  cases: number;
  first: number;
  third: number;
  tenth: number;
}

interface FalseAlarms {
  runs: number;
  flagged: number;
  worse: number;
}

function newestRuns(say: (text: string) => void) {
  const cases = makeCases(CASES, SEEDS.cases, CASE_NOISE);
  const newest: Table = [
    ['rule', 'shifts', '1st run', '3rd run', '10th run', 'runs without', 'suspected or regressed', 'regressed'],
  ];
  const sizes: Table = [['rule', 'shift / noise', 'shifts', '1st run', '3rd run', '10th run']];
  const data: object[] = [];
  for (const [name, rule] of Object.entries(RULES)) {
    say(`newest run: ${name}`);
    const total = emptyCounts();
    const alarms: FalseAlarms = { runs: 0, flagged: 0, worse: 0 };
    const by_size = new Map<string, Counts>();
    for (const it of cases) {
      for (const shift of SHIFTS) {
        const said = ASKED.map((place) => ask(rule, it, shift, place));
        if (shift === 0) addAlarms(alarms, said);
        else for (const counts of [total, sizeCounts(by_size, shift / it.noise)]) addFound(counts, said);
      }
    }
    newest.push([
      name,
      ...countCells(total),
      String(alarms.runs),
      share(alarms.flagged, alarms.runs, 2),
      share(alarms.worse, alarms.runs, 2),
    ]);
    for (const bound of SIZE_BOUNDS) {
      const counts = by_size.get(bound.name);
      if (counts) sizes.push([name, bound.name, ...countCells(counts)]);
    }
    data.push({ rule: name, ...total, false_alarms: alarms, by_size: Object.fromEntries(by_size) });
  }
  return { newest, sizes, data: { newest: data } };
}

function ask(rule: Rule, { history, next }: Case, shift: number, place: number): Said {
  const runs = next.slice(0, place).map((value) => value * (1 + shift));
  return rule([...history, ...runs.slice(0, -1)], runs.at(-1) as number);
}

function emptyCounts(): Counts {
  return { cases: 0, first: 0, third: 0, tenth: 0 };
}

function addFound(counts: Counts, [first, third, tenth]: readonly Said[]): void {
  counts.cases += 1;
  if (first !== 'nothing') counts.first += 1;
  if (third === 'worse') counts.third += 1;
  if (tenth === 'worse') counts.tenth += 1;
}

function addAlarms(alarms: FalseAlarms, said: readonly Said[]): void {
  alarms.runs += said.length;
  alarms.flagged += said.filter((it) => it !== 'nothing').length;
  alarms.worse += said.filter((it) => it === 'worse').length;
}

const SIZE_BOUNDS = [
  { name: 'below 2', below: 2 },
  { name: '2 to 3', below: 3 },
  { name: '3 to 4', below: 4 },
  { name: '4 to 6', below: 6 },
  { name: 'above 6', below: Number.POSITIVE_INFINITY },
] as const;

function sizeCounts(by_size: Map<string, Counts>, deviations: number): Counts {
  const name = SIZE_BOUNDS.find(({ below }) => deviations < below)?.name ?? 'above 6';
  const counts = by_size.get(name) ?? emptyCounts();
  by_size.set(name, counts);
  return counts;
}

function countCells({ cases, first, third, tenth }: Counts): string[] {
  return [String(cases), share(first, cases, 1), share(third, cases, 1), share(tenth, cases, 1)];
}

function share(part: number, whole: number, digits: number): string {
  return `${((100 * part) / whole).toFixed(digits)} %`;
}
