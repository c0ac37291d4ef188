import { OVERFLOW_NAME } from '../../contract/live-schema.ts';
import type { RunSummary } from '../../contract/results.ts';
import type { Ui } from '../lib/ui.ts';
import { count, ms, number, percent, quantity, sloName } from './format.ts';
import { stepsLine } from './limit.ts';
import { plainTable } from './table.ts';

const HEAD = ['scenario', 'requests', 'rate/s', 'p50', 'p95', 'p99', 'max', 'errors', 'checks'];

/** The end of a run, for people: figures, SLOs, completeness, where to look, verdict. The words carry it without colour. */
export function reportToTerminal(ui: Ui, summaries: readonly RunSummary[], results_dir: string): void {
  const { colors } = ui;
  ui.line();
  const head = HEAD.map((title) => colors.dim(title));
  ui.line(plainTable(head, summaries.map(figures), 1));
  for (const summary of summaries) reportRun(ui, summary, `${results_dir}/${summary.testid}`);
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

function reportRun(ui: Ui, summary: RunSummary, directory: string): void {
  const { colors } = ui;
  ui.line();
  ui.line(` ${colors.bold(summary.scenario)} ${colors.dim(`(${summary.testid})`)}`);
  if (summary.limit) ui.line(`   ${colors.dim(stepsLine(summary.limit))}`);
  for (const slo of summary.slos) {
    const mark = slo.ok ? colors.green('✓ held  ') : colors.red('✗ broken');
    ui.line(`   ${mark} ${sloName(slo)}: ${quantity(slo.indicator, slo.value)}`);
  }
  if (summary.script_exceptions > 0) {
    ui.warn(`${count(summary.script_exceptions)} iterations ended in a script exception: see k6.log`);
  }
  for (const warning of warnings(summary)) ui.warn(warning);
  ui.line(`   samples   ${completenessLine(summary)}`);
  if (summary.links.grafana) ui.line(`   grafana   ${summary.links.grafana}`);
  ui.line(`   files     ${directory}/`);
  const word = summary.status.toUpperCase();
  const paint = summary.status === 'passed' ? colors.green : colors.red;
  ui.line(`   verdict   ${paint(colors.bold(word))}: ${summary.verdict}`);
}

/** What a person has to know before believing the figures. */
function warnings({ generator, overflow, output, iterations, dropped_iterations }: RunSummary): string[] {
  const lines: string[] = [];
  if (generator?.saturated) {
    lines.push(
      `the load generator was saturated for ${generator.saturated_s} s (CPU of the machine up to ` +
        `${percent(generator.peak_machine_cpu)}): its own delays are part of these latencies`,
    );
  }
  if (dropped_iterations > 0) {
    lines.push(
      `${count(dropped_iterations)} of ${count(iterations + dropped_iterations)} iterations were not begun: all users were ` +
        'waiting for answers',
    );
  }
  if (overflow) {
    lines.push(
      `more than ${count(overflow.limit)} series: the rest is counted as name=${OVERFLOW_NAME}. Tag \`${overflow.tag}\` ` +
        `has ${count(overflow.values)} values, as ${overflow.examples.join(', ')}: name those requests`,
    );
  }
  if (output && output.lost_points > 0) {
    lines.push(`${count(output.lost_points)} points are lost: neither InfluxDB nor the disk had room for them`);
  }
  if (output && output.spooled_batches > 0) {
    lines.push(`${count(output.spooled_batches)} batches wait on disk for InfluxDB: the next call delivers them`);
  }
  return lines;
}

function completenessLine({ completeness }: RunSummary): string {
  if (completeness.state === 'unknown') return `${count(completeness.samples_sent)} sent / stored: unknown`;
  const figures = `${count(completeness.samples_sent)} sent / ${count(completeness.samples_stored)} stored`;
  if (completeness.state === 'complete') return `${figures}: complete, all ${completeness.rows.length} totals agree`;
  const differing = completeness.rows.filter((row) => !row.ok);
  const [first] = differing;
  const example = first ? `, as ${first.metric} (${first.quantity}): ${first.sent} / ${first.stored}` : '';
  const tolerance = completeness.tolerance > 0 ? ` (tolerance ${percent(completeness.tolerance)})` : '';
  return `${figures}: ${completeness.state}${tolerance}; ${differing.length} of ${completeness.rows.length} totals differ${example}`;
}
