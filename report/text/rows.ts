/** What messages and Markdown show of a run, worst first: figures with baseline and limit, and requests. */

import { metricValue } from '../../contract/comparison-text.ts';
import { number, percent, quantity } from '../../contract/format.ts';
import type { ComparedMetric, MetricComparison, RunSummary, SloResult } from '../../contract/results.ts';
import type { ComparisonVerdict } from '../../contract/runs.ts';
import { SLO_DIRECTION } from '../../contract/slo.ts';

/** A figure of the run in words; null where there is nothing to say. */
export interface FigureRow {
  readonly label: string;
  readonly baseline: string | null;
  readonly now: string;
  readonly change: string | null;
  /** `< 500 ms` */
  readonly limit: string | null;
  /** Whether the limit held. */
  readonly ok: boolean | null;
  readonly verdict: ComparisonVerdict | null;
}

export interface RequestRow extends FigureRow {
  /** Failed requests, in words; null without any. */
  readonly errors: string | null;
}

/** What decided comes first: of a run that kept its SLOs, the history. */
export function sentences({ status, verdict, comparison }: RunSummary): string[] {
  // A regression is part of the verdict itself.
  if (!comparison || verdict.includes(comparison.sentence.replace(/\.$/, ''))) return [verdict];
  return status === 'passed' && comparison.verdict !== 'same'
    ? [comparison.sentence, verdict]
    : [verdict, comparison.sentence];
}

/** The verdict in capitals. */
export function title({ status, comparison }: RunSummary): string {
  if (status === 'passed' && comparison?.verdict === 'regressed') return 'REGRESSED';
  const doubt = status === 'passed' && comparison?.verdict === 'suspected' ? ', a regression is suspected' : '';
  return `${status.toUpperCase()}${doubt}`;
}

const LABEL: Readonly<Record<ComparedMetric, string>> = {
  p50_ms: 'p50',
  p95_ms: 'p95',
  p99_ms: 'p99',
  error_rate: 'error rate',
  throughput_rps: 'throughput',
  checks_rate: 'checks',
};
const METRICS = Object.keys(LABEL) as ComparedMetric[];

/** The figures of the whole scenario, in one order. Those without a value are left out. */
export function figureRows(summary: RunSummary): FigureRow[] {
  return METRICS.flatMap((metric) => {
    const value = valueIn(summary, metric);
    if (value === null) return [];
    const slo = summary.slos.find((it) => it.request === null && it.indicator === metric);
    return [figureRow(LABEL[metric], metric, value, compared(summary, metric, null), slo)];
  });
}

/** Every request by its p95: those that broke an SLO first, then the worst by the history, then failures, then the slowest. */
export function requestRows(summary: RunSummary): RequestRow[] {
  const rows = summary.by_request.map((request) => {
    const slos = summary.slos.filter((slo) => slo.request === request.name);
    const judged = summary.comparison?.metrics.filter((it) => it.request === request.name) ?? [];
    const verdict = worst(judged.map((it) => it.verdict));
    const row = figureRow(
      request.name,
      'p95_ms',
      request.p95_ms,
      compared(summary, 'p95_ms', request.name),
      slos.find((slo) => slo.indicator === 'p95_ms'),
    );
    const ok = slos.length === 0 ? row.ok : slos.every((slo) => slo.ok);
    const errors = request.error_rate > 0 ? `${percent(request.error_rate)} failed` : null;
    const change = Math.max(0, ...judged.filter((it) => it.verdict === verdict).map((it) => Math.abs(it.change ?? 0)));
    return { row: { ...row, ok, verdict, errors }, request, change };
  });
  return rows
    .sort(
      (a, b) =>
        Number(a.row.ok ?? true) - Number(b.row.ok ?? true) ||
        severity(b.row.verdict) - severity(a.row.verdict) ||
        b.change - a.change ||
        b.request.error_rate - a.request.error_rate ||
        b.request.p95_ms - a.request.p95_ms,
    )
    .map(({ row }) => row);
}

function figureRow(
  label: string,
  metric: ComparedMetric,
  value: number,
  comparison: MetricComparison | undefined,
  slo: SloResult | undefined,
): FigureRow {
  const baseline = comparison?.baseline ?? null;
  return {
    label,
    baseline: baseline === null ? null : metricValue(metric, baseline),
    now: metricValue(metric, value),
    change: comparison ? changeText(metric, comparison) : null,
    limit: slo ? `${SLO_DIRECTION[slo.indicator] === 'below' ? '<' : '>'} ${quantity(slo.indicator, slo.limit)}` : null,
    ok: slo?.ok ?? null,
    verdict: comparison?.verdict ?? null,
  };
}

function compared(summary: RunSummary, metric: ComparedMetric, request: string | null): MetricComparison | undefined {
  return summary.comparison?.metrics.find((it) => it.metric === metric && it.request === request);
}

function valueIn(summary: RunSummary, metric: ComparedMetric): number | null {
  switch (metric) {
    case 'p50_ms':
    case 'p95_ms':
    case 'p99_ms':
      return summary.latency?.[metric] ?? null;
    case 'error_rate':
      return summary.requests > 0 ? summary.error_rate : null;
    case 'throughput_rps':
      return summary.requests > 0 ? summary.throughput_rps : null;
    case 'checks_rate':
      return summary.checks_rate;
  }
}

/** `+28 %`; of a rate, whose baseline is often 0, in points: `+1.2 points`. */
function changeText(metric: ComparedMetric, { change, difference }: MetricComparison): string | null {
  const is_rate = metric === 'error_rate' || metric === 'checks_rate';
  if (is_rate) return difference === null ? null : signed(difference, (it) => `${number(it * 100)} points`);
  return change === null ? null : signed(change, percent);
}

/** A true minus sign: a hyphen beside a figure reads as a dash. */
function signed(value: number, format: (magnitude: number) => string): string {
  const text = format(Math.abs(value));
  if (text === format(0)) return `±${text}`;
  return `${value < 0 ? '−' : '+'}${text}`;
}

const SEVERITY: readonly ComparisonVerdict[] = [
  'not enough runs',
  'same',
  'improved',
  'unstable',
  'suspected',
  'regressed',
];

function severity(verdict: ComparisonVerdict | null): number {
  return verdict === null ? -1 : SEVERITY.indexOf(verdict);
}

function worst(verdicts: readonly ComparisonVerdict[]): ComparisonVerdict | null {
  return verdicts.reduce<ComparisonVerdict | null>((bad, it) => (severity(it) > severity(bad) ? it : bad), null);
}
