/**
 * How often verdicts and change points are right, beside rules that others publish: on real histories with implanted
 * shifts, the part that nothing in analysis/ was chosen on, and on generated ones as a stress test. Pure and repeatable:
 * the seeds are fixed.
 */
import { changePoints, judge } from '../analysis/index.ts';
import { median } from '../analysis/statistics.ts';
import { makeHistories, type Shift } from '../analysis/testing/histories.ts';
import {
  implantAnywhere,
  implantSteps,
  quietStretches,
  realHistories,
  SMALL_STEPS,
  STEPS,
  stepOf,
} from '../analysis/testing/real-histories.ts';
import { addToScore, alarmsPerThousand, emptyScore, precision, recall, type Score } from '../analysis/testing/score.ts';
import { addFound, countFalseAlarms, countFound, type Found, type Rule } from './newest-runs.ts';
import { medianAndDeviations, mozilla, threeInARow } from './peers.ts';

type Table = string[][];

export interface VerdictFigures {
  readonly newest: Table;
  readonly sizes: Table;
  readonly changes: Table;
  readonly data: object;
}

const SEEDS = { implants: 21_000_001, generated: 21_000_000 } as const;
const GENERATED_HISTORIES = 550;
const RUNS_PER_SHIFT = 300;

export function benchVerdicts(say: (text: string) => void): VerdictFigures {
  const newest = realRuns(say);
  const changes = wholeHistories(say);
  return { ...newest, ...changes, data: { seeds: SEEDS, ...newest.data, ...changes.data } };
}

type Finder = (values: readonly number[]) => number[];

const FINDERS: Readonly<Record<string, Finder>> = {
  loadstar: (values) => changePoints(values).map(({ index }) => index),
  'Mozilla t-test (needs 12 later runs)': mozilla,
};

interface MarkedHistory {
  readonly values: readonly number[];
  readonly shifts: readonly Shift[];
}

function wholeHistories(say: (text: string) => void) {
  const steps = implantSteps(quietStretches('report'), SEEDS.implants, SMALL_STEPS);
  const sets: Readonly<Record<string, readonly MarkedHistory[]>> = {
    'real, one step of 2 to 50 % implanted': steps.map((it) => ({ values: it.values, shifts: [stepOf(it)] })),
    'generated, a shift each 300 runs': makeHistories(GENERATED_HISTORIES, SEEDS.generated, RUNS_PER_SHIFT),
  };
  const changes: Table = [
    ['histories', 'rule', 'runs', 'marked', 'precision', 'recall', 'false alarms per 1,000 runs'],
  ];
  const data: object[] = [];
  for (const [name, histories] of Object.entries(sets)) {
    for (const [rule, find] of Object.entries(FINDERS)) {
      say(`change points: ${name}, ${rule}`);
      const score = emptyScore();
      for (const { values, shifts } of histories) addToScore(score, find(values), shifts, values.length);
      changes.push([name, rule, ...scoreCells(score)]);
      data.push({ histories: name, rule, ...score });
    }
  }
  return { changes, data: { changes: data } };
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

const RULES: Readonly<Record<string, Rule>> = {
  loadstar: (history, run) => {
    const { verdict } = judge(history, run);
    return verdict === 'regressed' ? 'worse' : verdict === 'suspected' ? 'odd' : 'nothing';
  },
  'median + 5 MAD and > 2 %, 20 runs': (history, run) => (medianAndDeviations(history, run) ? 'worse' : 'nothing'),
  'three in a row > median + 3 MAD': (history, run) => (threeInARow(history, run) ? 'worse' : 'nothing'),
};

/** Real histories, the part that nothing was chosen on. */
function realRuns(say: (text: string) => void) {
  const strict = quietStretches('report');
  const sets = {
    'quiet stretches': { histories: strict, shifts: implantSteps(strict, SEEDS.implants) },
    'whole histories': { histories: realHistories('report'), shifts: implantAnywhere('report', SEEDS.implants) },
  };
  const newest: Table = [
    [
      'histories',
      'rule',
      'runs',
      'flagged',
      'false episodes per 1,000 runs: any',
      'regressed',
      'shifts',
      'flagged in the 1st run',
      'within 10 runs',
      'regressed within 10 runs',
      'median delay in runs',
    ],
  ];
  const sizes: Table = [['rule', 'shift', 'shifts', 'flagged in the 1st run', 'within 10 runs', 'regressed within 10']];
  const data: object[] = [];
  for (const [name, { histories, shifts }] of Object.entries(sets)) {
    for (const [rule_name, rule] of Object.entries(RULES)) {
      say(`newest run: ${name}, ${rule_name}`);
      const alarms = countFalseAlarms(rule, histories);
      const by_size = STEPS.map((size) => ({
        size,
        found: countFound(
          rule,
          shifts.filter((it) => it.size === size),
        ),
      }));
      const found = addFound(by_size.map((it) => it.found));
      newest.push([
        name,
        rule_name,
        String(alarms.runs),
        share(alarms.flagged, alarms.runs, 2),
        ((1000 * alarms.odd_episodes) / alarms.runs).toFixed(2),
        ((1000 * alarms.worse_episodes) / alarms.runs).toFixed(2),
        ...foundCells(found),
        found.delays.length > 0 ? String(median(found.delays)) : '–',
      ]);
      const { delays, ...counts } = found;
      data.push({ histories: name, rule: rule_name, ...alarms, ...counts });
      if (name !== 'quiet stretches') continue;
      for (const it of by_size) sizes.push([rule_name, share(it.size, 1, 0), ...foundCells(it.found)]);
    }
  }
  return { newest, sizes, data: { newest: data } };
}

function foundCells({ shifts, odd_first, odd, worse }: Found): string[] {
  return [String(shifts), ...[odd_first, odd, worse].map((it) => share(it, shifts, 1))];
}

function share(part: number, whole: number, digits: number): string {
  return `${((100 * part) / whole).toFixed(digits)} %`;
}
