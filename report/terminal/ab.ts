import { ms, percent, signed } from '../../contract/format.ts';
import { UNKNOWN } from '../../contract/metric-text.ts';
import type { AbComparison, AbResult, AbVerdict, RunSummary } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import type { Tone } from '../../contract/verdicts.ts';
import type { Printer } from '../../lib/ui.ts';
import { completenessLine, warnings } from '../html/warnings.ts';
import { plainTable } from './table.ts';

export const AB_TONES: Readonly<Record<AbVerdict, Tone>> = {
  regressed: 'bad',
  unclear: 'warn',
  same: 'neutral',
  improved: 'good',
};

const HEAD = ['', 'base', 'head', 'difference', 'change', 'interval', 'failed', 'verdict'];

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
  const rows = [...(ab.overall ? [ab.overall] : []), ...ab.requests].map(cells);
  if (rows.length > 0)
    ui.line(
      plainTable(
        HEAD.map((title) => colors.dim(title)),
        rows,
        1,
      ),
    );
  ui.line();
  if (ab.not_judged.length > 0) ui.line(`   not judged ${ab.not_judged.join(', ')}: too few requests in a block`);
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
  const color = { good: colors.green, bad: colors.red, warn: colors.yellow, neutral: colors.bold }[
    AB_TONES[ab.verdict]
  ];
  ui.line(`   verdict   ${color(colors.bold(ab.verdict.toUpperCase()))}: ${head.verdict}`);
}

function cells(it: AbComparison): string[] {
  const { request, base_ms, head_ms, difference_ms, change, low, high, errors, verdict } = it;
  return [
    request ?? 'all together',
    ms(base_ms),
    ms(head_ms),
    signed(difference_ms, ms),
    signed(change, percent),
    low === null || high === null ? UNKNOWN : `${signed(low, percent)} to ${signed(high, percent)}`,
    errors.base === 0 && errors.head === 0 ? UNKNOWN : `${percent(errors.base)} → ${percent(errors.head)}`,
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
