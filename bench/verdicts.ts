/**
 * How often verdicts on the newest run are right, beside rules that others publish: on real histories with implanted
 * shifts, the part that nothing in analysis/ was chosen on. Pure and repeatable: the seeds are fixed.
 */
import { judge } from '../analysis/index.ts';
import { median } from '../analysis/statistics.ts';
import {
  implantAnywhere,
  implantSteps,
  quietStretches,
  realHistories,
  STEPS,
} from '../analysis/testing/real-histories.ts';
import { addFound, countFalseAlarms, countFound, type Found, type Rule } from './newest-runs.ts';
import { medianAndDeviations, threeInARow } from './peers.ts';

type Table = string[][];

export interface VerdictFigures {
  readonly newest: Table;
  readonly sizes: Table;
  readonly data: object;
}

const SEEDS = { implants: 21_000_001 } as const;

export function benchVerdicts(say: (text: string) => void): VerdictFigures {
  const newest = realRuns(say);
  return { ...newest, data: { seeds: SEEDS, ...newest.data } };
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
