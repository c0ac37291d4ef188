import { EXIT } from '../../contract/exit-codes.ts';
import { OVERFLOW_NAME } from '../../contract/live-schema.ts';
import type { RunSummary } from '../../contract/results.ts';
import type { Ui } from '../lib/ui.ts';
import {
  metricBand,
  metricChange,
  metricConfidence,
  metricName,
  metricValue,
  noteworthy,
  unstableLine,
} from './comparison.ts';
import { count, ms, number, percent, quantity, sloName } from './format.ts';
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
    summary.confirms ? `${summary.scenario} (again)` : summary.scenario,
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
  for (const slo of summary.slos) {
    const mark = slo.ok ? colors.green('✓ held  ') : colors.red('✗ broken');
    ui.line(`   ${mark} ${sloName(slo)}: ${quantity(slo.indicator, slo.value)}`);
  }
  if (summary.script_exceptions > 0) {
    ui.warn(`${count(summary.script_exceptions)} iterations ended in a script exception: see k6.log`);
  }
  for (const warning of warnings(summary)) ui.warn(warning);
  reportComparison(ui, summary);
  ui.line(`   samples   ${completenessLine(summary)}`);
  if (summary.links.grafana) ui.line(`   grafana   ${summary.links.grafana}`);
  ui.line(`   files     ${directory}/`);
  const regressed = summary.exit_code === EXIT.regression;
  const word = regressed ? 'REGRESSED' : summary.status.toUpperCase();
  const paint = summary.status === 'passed' && !regressed ? colors.green : colors.red;
  ui.line(`   verdict   ${paint(colors.bold(word))}: ${summary.verdict}`);
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
  const cells = rows
    .slice(0, ROWS_SHOWN)
    .map((row) => [
      metricName(row),
      metricValue(row.metric, row.baseline),
      metricValue(row.metric, row.value),
      metricChange(row),
      metricBand(row),
      metricConfidence(row),
      row.verdict,
    ]);
  const table = plainTable(
    COMPARED_HEAD.map((title) => ui.colors.dim(title)),
    cells,
    1,
  );
  for (const line of table.split('\n')) ui.line(`            ${line}`);
  if (rows.length > ROWS_SHOWN) ui.note(`             and ${rows.length - ROWS_SHOWN} more in summary.json`);
}

function historyLine({ comparison, confirms, status, generator }: RunSummary): string {
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

/** What a person has to know before believing the figures. */
function warnings({ generator, overflow, output }: RunSummary): string[] {
  const lines: string[] = [];
  if (generator?.saturated) {
    lines.push(
      `the load generator was saturated for ${generator.saturated_s} s (CPU of the machine up to ` +
        `${percent(generator.peak_machine_cpu)}): its own delays are part of these latencies`,
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
