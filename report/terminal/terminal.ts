import { comparisonCells, noteworthy, unstableLine } from '../../contract/comparison-text.ts';
import { listed } from '../../contract/format.ts';
import { metricLabel, metricValue } from '../../contract/metric-text.ts';
import { HEADLINE_METRICS } from '../../contract/metrics.ts';
import type { GeneratorsResult, RunSummary } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import { SLO_STATE, sloName, sloState, sloValue } from '../../contract/slo-text.ts';
import { summaryValue } from '../../contract/summary.ts';
import { SLO_TONES } from '../../contract/verdicts.ts';
import type { Printer } from '../../lib/ui.ts';
import { completenessLine, warnings } from '../html/warnings.ts';
import { causeLines } from '../text/causes.ts';
import { type ElsewhereSetting, linkNote, reportCommands } from '../text/elsewhere.ts';
import { failureLines } from '../text/failures.ts';
import { stepsLine } from '../text/limit.ts';
import { title, tone } from '../text/rows.ts';
import { paint } from './paint.ts';
import { plainTable } from './table.ts';

const HEAD = ['scenario', ...HEADLINE_METRICS.map(metricLabel)];

/**
 * The end of a run, for people: figures, SLOs, completeness, where to look, verdict. The words carry it without colour.
 * @param elsewhere of a Job in Kubernetes, whose files go with its pod
 */
export function reportToTerminal(
  ui: Printer,
  summaries: readonly RunSummary[],
  results_dir: string,
  with_page: ReadonlySet<string>,
  elsewhere?: ElsewhereSetting,
): void {
  const { colors } = ui;
  ui.line();
  const head = HEAD.map((title) => colors.dim(title));
  ui.line(plainTable(head, summaries.map(figures), 1));
  for (const summary of summaries) {
    reportRun(ui, summary, {
      directory: `${results_dir}/${summary.testid}`,
      has_page: with_page.has(summary.testid),
      elsewhere,
    });
  }
}

/** A line a run, for `--quiet`: the verdict, and where to read more. */
export function reportVerdicts(
  ui: Printer,
  summaries: readonly RunSummary[],
  results_dir: string,
  with_page: ReadonlySet<string>,
): void {
  for (const summary of summaries) {
    const { scenario, testid, verdict } = summary;
    const more = `${results_dir}/${testid}/${with_page.has(testid) ? REPORT_FILE : ''}`;
    ui.line(`${paint(ui, tone(summary), title(summary))} ${scenario}: ${verdict} (${more})`);
  }
}

function figures(summary: RunSummary): string[] {
  return [
    summary.confirms ? `${summary.scenario} (again)` : summary.scenario,
    ...HEADLINE_METRICS.map((metric) => metricValue(metric, summaryValue(summary, metric))),
  ];
}

interface Left {
  readonly directory: string;
  readonly has_page: boolean;
  readonly elsewhere: ElsewhereSetting | undefined;
}

function reportRun(ui: Printer, summary: RunSummary, { directory, has_page, elsewhere }: Left): void {
  const { colors } = ui;
  ui.line();
  ui.line(` ${colors.bold(summary.scenario)} ${colors.dim(`(${summary.testid})`)}`);
  if (summary.limit) ui.line(`   ${colors.dim(stepsLine(summary.limit))}`);
  for (const slo of summary.slos) {
    const state = sloState(slo);
    const mark = paint(ui, SLO_TONES[state], SLO_STATE[state]);
    ui.line(`   ${mark} ${sloName(slo)}: ${sloValue(slo)}`);
  }
  for (const [index, line] of failureLines(summary).entries()) {
    ui.line(`   ${index === 0 ? 'failures ' : '         '} ${line}`);
  }
  for (const [index, line] of causeLines(summary).entries()) {
    ui.line(`   ${index === 0 ? 'cause    ' : '         '} ${line}`);
  }
  for (const warning of warnings(summary)) ui.warn(warning);
  reportComparison(ui, summary);
  ui.line(`   samples   ${completenessLine(summary)}`);
  if (summary.generators) ui.line(`   sent by   ${generatorsLine(summary.generators)}`);
  if (summary.links.grafana) ui.line(`   grafana   ${summary.links.grafana}`);
  if (elsewhere) {
    const note = linkNote(summary, elsewhere.namespace);
    if (note) ui.note(`             ${note}`);
    for (const [index, command] of reportCommands(summary.testid, elsewhere).entries()) {
      ui.line(`   ${index === 0 ? 'report   ' : '         '} ${command}`);
    }
  } else {
    if (has_page) ui.line(`   report    ${directory}/${REPORT_FILE}`);
    ui.line(`   files     ${directory}/`);
  }
  ui.line(`   verdict   ${paint(ui, tone(summary), title(summary))}: ${summary.verdict}`);
}

function generatorsLine({ expected, ended, lost }: GeneratorsResult): string {
  const missing = lost.length > 0 ? `; lost: ${listed(lost)}` : '';
  const lone = 'one generator, as InfluxDB has it (k6 did not judge this run), percentiles within 1 %';
  if (expected === 1 && ended.length === 1) return lone;
  return `${ended.length} of ${expected} generators, figures merged, percentiles within 1 %${missing}`;
}

const COMPARED_HEAD = ['metric', 'baseline', 'now', 'change', 'usual', 'verdict'];
/** The rest is in summary.json. */
const ROWS_SHOWN = 12;

/** Against the history: one sentence, and whatever is not as usual, the worst first. */
function reportComparison(ui: Printer, summary: RunSummary): void {
  const { comparison } = summary;
  ui.line(`   history   ${historyLine(summary)}`);
  if (!comparison) return;
  const unstable = unstableLine(comparison);
  if (unstable) ui.note(`             ${unstable}`);
  const rows = noteworthy(comparison);
  if (rows.length === 0) return;
  const cells = rows.slice(0, ROWS_SHOWN).map(comparisonCells);
  const table = plainTable(
    COMPARED_HEAD.map((title) => ui.colors.dim(title)),
    cells,
    1,
  );
  for (const line of table.split('\n')) ui.line(`            ${line}`);
  if (rows.length > ROWS_SHOWN) ui.note(`             and ${rows.length - ROWS_SHOWN} more in summary.json`);
}

function historyLine({ comparison, confirms, status, generator, limit }: RunSummary): string {
  if (limit) return 'not compared: it looked for the limit';
  if (!comparison && generator?.saturated) return 'not compared: its load generator was saturated';
  if (confirms) return `repeats ${confirms}, whose verdict it helps to make sure`;
  if (!comparison) return `not compared: ${NOT_COMPARED[status] ?? 'it is no evidence'}`;
  const { baseline, sentence } = comparison;
  return baseline.kind === 'pinned' ? `${sentence} (Baseline: pinned to ${baseline.testid}.)` : sentence;
}

const NOT_COMPARED: Readonly<Partial<Record<RunSummary['status'], string>>> = {
  interrupted: 'it was interrupted',
  incomplete: 'its data is incomplete',
  broken: 'it did not really run',
};
