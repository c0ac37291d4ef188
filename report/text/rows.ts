/** What messages and Markdown show of a run, worst first: figures with baseline and limit, and requests. */

import { percent } from '../../contract/format.ts';
import { type ProtocolName, protocolOf } from '../../contract/k6-metrics.ts';
import { metricChange, metricLabel, metricValue } from '../../contract/metric-text.ts';
import { COMPARED_METRICS, type ComparedMetric } from '../../contract/metrics.ts';
import type { MetricComparison, RunSummary, SloResult } from '../../contract/results.ts';
import type { ComparisonVerdict } from '../../contract/runs.ts';
import { isOfPart, k6MetricOf } from '../../contract/slo.ts';
import { sloLimit } from '../../contract/slo-text.ts';
import { summaryOutcome, summaryValue } from '../../contract/summary.ts';
import { AB_TONES, RUN_OUTCOMES, type Tone, verdictRank, worstVerdict } from '../../contract/verdicts.ts';
import { affectedFigures } from './generator.ts';

/** A figure of the run in words; null where there is nothing to say. */
export interface FigureRow {
  readonly label: string;
  readonly baseline: string | null;
  readonly now: string;
  readonly change: string | null;
  /** `≤ 500 ms` */
  readonly limit: string | null;
  /** Whether the SLO passed. */
  readonly ok: boolean | null;
  readonly verdict: ComparisonVerdict | null;
}

export interface RequestRow extends FigureRow {
  /** Failed requests, in words; null without any. */
  readonly errors: string | null;
}

/** What decided comes first: of a run that kept its SLOs, the history. */
export function sentences(summary: RunSummary): string[] {
  const { status, verdict, comparison } = summary;
  const affected = affectedFigures(summary);
  const measured = affected ? [affected] : [];
  // A regression is part of the verdict itself.
  if (!comparison || verdict.includes(comparison.sentence.replace(/\.$/, ''))) return [verdict, ...measured];
  return status === 'passed' && comparison.verdict !== 'same'
    ? [comparison.sentence, verdict, ...measured]
    : [verdict, comparison.sentence, ...measured];
}

/** What the run has come to, in capitals. */
export function title(summary: RunSummary): string {
  const { status, ab } = summary;
  if (ab && status === 'passed') return ab.verdict.toUpperCase();
  const outcome = summaryOutcome(summary);
  const doubt = outcome === 'passed' && summary.comparison?.verdict === 'suspected';
  return `${outcome.toUpperCase()}${doubt ? ', a regression is suspected' : ''}`;
}

/** Its colour. */
export function tone(summary: RunSummary): Tone {
  const { status, ab } = summary;
  const is_unclear = ab?.verdict === 'unclear' && status === 'passed';
  return is_unclear ? AB_TONES.unclear : RUN_OUTCOMES[summaryOutcome(summary)].tone;
}

/** The figures of the whole scenario, in one order. Those without a value are left out. */
export function figureRows(summary: RunSummary): FigureRow[] {
  return COMPARED_METRICS.flatMap((metric) => {
    const value = summaryValue(summary, metric);
    if (value === null) return [];
    const slo = summary.slos.find(
      (it) => it.request === null && it.indicator === metric && !isOfPart(it) && isOfProtocol(it, summary.protocol),
    );
    return [figureRow(metricLabel(metric), metric, value, compared(summary, metric, null), slo)];
  });
}

/** Whether it is of the requests that the figures are of; what is of no requests, such as checks, always is. */
function isOfProtocol({ indicator, metric }: SloResult, protocol: ProtocolName = 'http'): boolean {
  const of = protocolOf(k6MetricOf({ indicator, ...(metric ? { metric } : {}) }));
  return of === protocol || (of === null && metric === null);
}

/** Every request by its p95: those that broke an SLO first, then the worst by the history, then failures, then the slowest. */
export function requestRows(summary: RunSummary): RequestRow[] {
  const rows = summary.by_request.map((request) => {
    const slos = summary.slos.filter((slo) => slo.request === request.name);
    const judged = summary.comparison?.metrics.filter((it) => it.request === request.name) ?? [];
    const verdict = worstVerdict(judged.map((it) => it.verdict));
    const row = figureRow(
      request.name,
      'p95_ms',
      request.p95_ms,
      compared(summary, 'p95_ms', request.name),
      slos.find((slo) => slo.indicator === 'p95_ms' && !isOfPart(slo)),
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
        verdictRank(a.row.verdict) - verdictRank(b.row.verdict) ||
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
    change: baseline === null || !comparison ? null : metricChange(metric, comparison),
    limit: slo ? sloLimit(slo) : null,
    ok: slo?.ok ?? null,
    verdict: comparison?.verdict ?? null,
  };
}

function compared(summary: RunSummary, metric: ComparedMetric, request: string | null): MetricComparison | undefined {
  return summary.comparison?.metrics.find(
    (it) => it.metric === metric && it.request === request && it.plateau === undefined,
  );
}
