import { comparisonCells, noteworthy, unstableLine } from '../../contract/comparison-text.ts';
import { EXIT } from '../../contract/exit-codes.ts';
import { count, ms, number, percent, quantity, sloName } from '../../contract/format.ts';
import type { GeneratorsResult, RunSummary } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import type { Ui } from '../../lib/ui.ts';
import { completenessLine, warnings } from '../html/warnings.ts';
import { stepsLine } from '../text/limit.ts';
import { plainTable } from './table.ts';

const HEAD = ['scenario', 'requests', 'rate/s', 'p50', 'p95', 'p99', 'max', 'errors', 'checks'];

/** The end of a run, for people: figures, SLOs, completeness, where to look, verdict. The words carry it without colour. */
export function reportToTerminal(
  ui: Ui,
  summaries: readonly RunSummary[],
  results_dir: string,
  with_page: ReadonlySet<string>,
): void {
  const { colors } = ui;
  ui.line();
  const head = HEAD.map((title) => colors.dim(title));
  ui.line(plainTable(head, summaries.map(figures), 1));
  for (const summary of summaries) {
    reportRun(ui, summary, `${results_dir}/${summary.testid}`, with_page.has(summary.testid));
  }
}

function figures(summary: RunSummary): string[] {
  const { latency } = summary;
  const times = latency
    ? [latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.max_ms].map(ms)
    : ['–', '–', '–', '–'];
  return [
    summary.confirms ? `${summary.scenario} (again)` : summary.scenario,
    count(summary.requests),
    number(summary.throughput_rps),
    ...times,
    percent(summary.error_rate),
    summary.checks_rate === null ? '–' : percent(summary.checks_rate),
  ];
}

function reportRun(ui: Ui, summary: RunSummary, directory: string, has_page: boolean): void {
  const { colors } = ui;
  ui.line();
  ui.line(` ${colors.bold(summary.scenario)} ${colors.dim(`(${summary.testid})`)}`);
  if (summary.limit) ui.line(`   ${colors.dim(stepsLine(summary.limit))}`);
  for (const slo of summary.slos) {
    const mark = slo.ok ? colors.green('✓ held  ') : colors.red('✗ broken');
    ui.line(`   ${mark} ${sloName(slo)}: ${quantity(slo.indicator, slo.value)}`);
  }
  for (const warning of warnings(summary)) ui.warn(warning);
  reportComparison(ui, summary);
  ui.line(`   samples   ${completenessLine(summary)}`);
  if (summary.generators) ui.line(`   sent by   ${generatorsLine(summary.generators)}`);
  if (summary.links.grafana) ui.line(`   grafana   ${summary.links.grafana}`);
  if (has_page) ui.line(`   report    ${directory}/${REPORT_FILE}`);
  ui.line(`   files     ${directory}/`);
  const regressed = summary.exit_code === EXIT.regression;
  const word = regressed ? 'REGRESSED' : summary.status.toUpperCase();
  const paint = summary.status === 'passed' && !regressed ? colors.green : colors.red;
  ui.line(`   verdict   ${paint(colors.bold(word))}: ${summary.verdict}`);
}

function generatorsLine({ expected, ended, lost }: GeneratorsResult): string {
  const missing = lost.length > 0 ? `; lost: ${lost.join(', ')}` : '';
  const lone = 'one generator, as InfluxDB has it (k6 keeps nothing of a run so long), percentiles within 1 %';
  if (expected === 1 && ended.length === 1) return lone;
  return `${ended.length} of ${expected} generators, figures merged, percentiles within 1 %${missing}`;
}

const COMPARED_HEAD = ['metric', 'baseline', 'now', 'change', 'usually', 'sure', 'verdict'];
/** The rest is in summary.json. */
const ROWS_SHOWN = 12;

/** Against the history: one sentence, and whatever is not as usual, the worst first. */
function reportComparison(ui: Ui, summary: RunSummary): void {
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
  if (!comparison && generator?.saturated) return 'not compared: its generator was saturated';
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
