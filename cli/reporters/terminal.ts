import type { RunSummary } from '../../contract/results.ts';
import { completenessLine, warnings } from '../../report/warnings.ts';
import type { Ui } from '../lib/ui.ts';
import { REPORT_FILE } from '../run/files.ts';
import { count, ms, number, percent, quantity, sloName } from './format.ts';
import { stepsLine } from './limit.ts';
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
    summary.scenario,
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
  ui.line(`   samples   ${completenessLine(summary)}`);
  if (summary.links.grafana) ui.line(`   grafana   ${summary.links.grafana}`);
  if (has_page) ui.line(`   report    ${directory}/${REPORT_FILE}`);
  ui.line(`   files     ${directory}/`);
  const word = summary.status.toUpperCase();
  const paint = summary.status === 'passed' ? colors.green : colors.red;
  ui.line(`   verdict   ${paint(colors.bold(word))}: ${summary.verdict}`);
}
