import { ms } from '../../contract/format.ts';
import { UNKNOWN } from '../../contract/metric-text.ts';
import type { AbComparison, AbResult, RunSummary } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import type { Printer } from '../../lib/ui.ts';
import { completenessLine, warnings } from '../html/warnings.ts';
import { abChange, abComparisons, abDifference, abFailed, abInterval, abLabel, abNotes } from '../text/ab.ts';
import { title, tone } from '../text/rows.ts';
import { paint } from './paint.ts';
import { plainTable } from './table.ts';

const HEAD = ['', 'base', 'head', 'difference', 'change', 'interval', 'failed', 'verdict'];

/** The rest is in summary.json. */
const ROWS_SHOWN = 21;

/** What `loadstar ab` found, for people. @param base the summary of the run of base */
export function reportAbToTerminal(
  ui: Printer,
  head: RunSummary,
  base: RunSummary,
  results_dir: string,
  has_page: boolean,
): void {
  const { ab } = head;
  if (!ab) throw new Error('unreachable: the summary of head has the result');
  const { colors } = ui;
  ui.line();
  const all = abComparisons(ab);
  const rows = all.slice(0, ROWS_SHOWN).map(cells);
  if (rows.length > 0)
    ui.line(
      plainTable(
        HEAD.map((title) => colors.dim(title)),
        rows,
        1,
      ),
    );
  if (all.length > ROWS_SHOWN) ui.note(`   and ${all.length - ROWS_SHOWN} more in summary.json`);
  ui.line();
  for (const note of abNotes(head)) ui.note(`   ${note}`);
  for (const run of [base, head]) {
    for (const warning of warnings(run)) ui.warn(`${run.ab_run?.side ?? ''}: ${warning}`);
    if (run.completeness.state !== 'complete') ui.warn(`${run.ab_run?.side ?? ''}: ${completenessLine(run)}`);
  }
  ui.line(`   blocks    ${blocksLine(ab)}`);
  ui.line(`   base      ${sideLine(ab.base)}`);
  ui.line(`   head      ${sideLine(ab.head)}`);
  if (head.links.compare) ui.line(`   grafana   ${head.links.compare}`);
  if (has_page) ui.line(`   report    ${results_dir}/${head.testid}/${REPORT_FILE}`);
  ui.line(`   files     ${results_dir}/${head.testid}/`);
  ui.line(`   verdict   ${paint(ui, tone(head), title(head))}: ${head.verdict}`);
}

function cells(it: AbComparison): string[] {
  const { base_ms, head_ms, verdict } = it;
  return [
    abLabel(it),
    ms(base_ms),
    ms(head_ms),
    abDifference(it),
    abChange(it),
    abInterval(it),
    abFailed(it) ?? UNKNOWN,
    verdict,
  ];
}

function blocksLine({ blocks, end, budget_s }: AbResult): string {
  const { length_s, warm_up, order } = blocks;
  const why = { answer: 'the answer was clear', budget: `the budget of ${budget_s} s was over`, cut: 'it was cut off' };
  return `${order.length - warm_up} of ${length_s} s in turns, after ${warm_up} of warm-up; ended because ${why[end]}`;
}

function sideLine({ testid, target, command, app }: AbResult['base']): string {
  const build = [app.version, app.commit].filter(Boolean).join(' ');
  return [`${target.base_url}`, build, command === null ? '' : `\`${command}\``, `(${testid})`]
    .filter(Boolean)
    .join(' ');
}
