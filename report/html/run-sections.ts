import { noteworthy } from '../../contract/comparison-text.ts';
import { count, duration, ms, number, percent } from '../../contract/format.ts';
import {
  metricBand,
  metricChange,
  metricDifference,
  metricLabel,
  metricTitle,
  metricValue,
  UNKNOWN,
} from '../../contract/metric-text.ts';
import { REQUEST_METRICS, type RequestMetric } from '../../contract/metrics.ts';
import type { Comparison, Latency, MetricComparison, RequestResult } from '../../contract/results.ts';
import { ALL_REQUESTS } from '../../contract/slo-text.ts';
import { COMPARISON_VERDICTS, type Tone } from '../../contract/verdicts.ts';
import type { RunPageData } from './data.ts';
import { type Bars, edge_ms } from './distribution.ts';
import { html, type Markup } from './html.ts';
import type { OverTime, ReportInput, Step } from './input.ts';
import { type Cell, chart, clock, figure, maybe, table, text, verdictBadge } from './parts.ts';

const MISSING_OVER_TIME = html`<p>Not known: the live data of this run could not be read from InfluxDB, which keeps it for 30 days.</p>`;

export function latencyFigure({ over_time, run }: ReportInput, { limit_ms }: RunPageData): Markup {
  if (!over_time || over_time.steps.length === 0) return MISSING_OVER_TIME;
  const { steps, step_s } = over_time;
  const peak = highest(steps, 'p95_ms');
  const limit = limit_ms === null ? '' : ` The limit of the p95 over the whole run is ${ms(limit_ms)}.`;
  const whole = run.latency ? ` Over the whole run it is ${ms(run.latency.p95_ms)}.` : '';
  const summary = peak
    ? `The p95 is highest at ${clock(peak.at_s)} with ${ms(peak.p95_ms ?? 0)}.${whole}${limit}`
    : 'Latency over time: no request was answered.';
  return chart({
    id: 'latency',
    summary: `Latency over ${duration(run.duration_s)}. ${summary}`,
    caption: html`<strong>Latency.</strong> ${summary} Each point is of all requests in ${duration(step_s)}.`,
    figures: stepTable(over_time),
  });
}

function highest(steps: readonly Step[], field: 'p95_ms'): Step | null {
  return steps.reduce<Step | null>((best, step) => ((step[field] ?? -1) > (best?.[field] ?? -1) ? step : best), null);
}

export function loadFigure({ over_time, run }: ReportInput): Markup | null {
  if (!over_time || over_time.steps.length === 0) return null;
  const failed = over_time.steps.some(({ failed_rps }) => failed_rps > 0);
  const peak = Math.max(...over_time.steps.map(({ throughput_rps }) => throughput_rps));
  const summary =
    `${number(run.throughput_rps)} requests a second on average, at most ${number(peak)}, by up to ${count(run.vus_max)} users; ` +
    `${failed ? `${percent(run.error_rate)} of the requests failed` : 'no request failed'}.`;
  return chart({
    id: 'load',
    summary: `Load: ${summary}`,
    caption: html`<strong>Load.</strong> ${summary}`,
  });
}

function stepTable({ steps, step_s }: OverTime): Markup {
  const rows = steps.map((step): Cell[] => [
    { shown: clock(step.at_s) },
    ...[step.p50_ms, step.p95_ms, step.p99_ms].map((value) => ({ shown: maybe(value, ms) })),
    { shown: number(step.throughput_rps) },
    { shown: number(step.failed_rps) },
    { shown: maybe(step.users, count) },
  ]);
  const heads = ['p50', 'p95', 'p99', 'Requests/s', 'Failed/s', 'Users'].map(figure);
  return table({ caption: `In steps of ${duration(step_s)}`, columns: [text('From'), ...heads], rows });
}

export function distributionFigure({ run }: ReportInput, { bars }: RunPageData): Markup {
  if (!bars || !run.latency) return html`<p>Not known: InfluxDB has no histogram of this run.</p>`;
  const { p50_ms, p95_ms, p99_ms, max_ms } = run.latency;
  const summary = `Half of the requests took up to ${ms(p50_ms)}, 95 % up to ${ms(p95_ms)}, 99 % up to ${ms(p99_ms)}; the slowest ${ms(max_ms)}.`;
  return chart({
    id: 'distribution',
    summary,
    caption: html`${summary} The axis is logarithmic: equal steps are equal factors.`,
    figures: barTable(bars, run.latency),
  });
}

/** Edges of buckets, cut at what was measured. */
function barTable(bars: Bars, { min_ms, max_ms }: Latency): Markup {
  const total = bars.counts.reduce((sum, samples) => sum + samples, 0);
  const rows = bars.counts.flatMap((samples, place): Cell[][] =>
    samples === 0
      ? []
      : [
          [
            {
              shown: `${ms(Math.max(min_ms, edge_ms(bars, place)))} to ${ms(Math.min(max_ms, edge_ms(bars, place + 1)))}`,
            },
            { shown: count(samples) },
            { shown: percent(samples / total) },
          ],
        ],
  );
  return table({
    caption: 'Requests by latency',
    columns: [text('Latency'), figure('Requests'), figure('Share')],
    rows,
  });
}

/** The slowest request first, each with the change of its p95 where the request has a baseline. */
export function requestTable({ run }: ReportInput): Markup {
  const { by_request, comparison } = run;
  if (by_request.length === 0) return html`<p>Unknown: InfluxDB has no figures of the requests of this run.</p>`;
  const compared = (comparison?.metrics ?? []).filter((it) => it.metric === 'p95_ms' && it.baseline !== null);
  const changes = new Map(compared.map((it) => [it.request, it]));
  const with_changes = by_request.some(({ name }) => changes.has(name));
  const columns = REQUEST_METRICS.flatMap((metric) => [
    figure(metricTitle(metric)),
    ...(metric === 'p95_ms' && with_changes ? [figure('p95 change')] : []),
  ]);
  const rows = [...by_request]
    .sort((a, b) => b.p95_ms - a.p95_ms)
    .map((request): Cell[] => [
      { shown: request.name, value: request.name },
      ...REQUEST_METRICS.flatMap((metric) => [
        { shown: metricValue(metric, request[metric]), value: request[metric], ...toneOfErrors(metric, request) },
        ...(metric === 'p95_ms' && with_changes ? [changeCell(changes.get(request.name))] : []),
      ]),
    ]);
  return table({
    caption: 'Percentiles are from merged histograms, within 1 %',
    columns: [text('Request'), ...columns],
    rows,
    sortable: true,
    sorted: { column: 1 + columns.findIndex(({ title }) => title === metricTitle('p95_ms')), order: 'descending' },
  });
}

function toneOfErrors(metric: RequestMetric, { error_rate }: RequestResult): { readonly tone?: Tone } {
  return metric === 'error_rate' && error_rate > 0 ? { tone: 'bad' } : {};
}

function changeCell(row: MetricComparison | undefined): Cell {
  if (!row) return { shown: UNKNOWN, value: null };
  return { shown: metricChange(row.metric, row), value: row.change, tone: COMPARISON_VERDICTS[row.verdict].tone };
}

export function comparisonTable(comparison: Comparison | null): Markup {
  if (!comparison || comparison.metrics.length === 0) {
    return html`<p>No baseline yet: three comparable runs of this scenario, profile and target make one.</p>`;
  }
  const rows = comparison.metrics.map((row): Cell[] => [
    {
      shown: html`${metricLabel(row.metric)}
<small>${row.request ?? row.plateau ?? ALL_REQUESTS}</small>`,
      value: `${metricLabel(row.metric)} ${row.request ?? row.plateau ?? ''}`,
    },
    { shown: metricValue(row.metric, row.baseline), value: row.baseline },
    { shown: metricValue(row.metric, row.value), value: row.value },
    { shown: metricChange(row.metric, row), value: row.change, tone: COMPARISON_VERDICTS[row.verdict].tone },
    { shown: metricDifference(row.metric, row.difference), value: row.difference },
    { shown: metricBand(row.metric, row.low, row.high), value: row.low },
    { shown: verdictBadge(row.verdict), value: row.verdict },
  ]);
  const heads = ['Baseline', 'This run', 'Change', 'Difference', 'Usual'].map(figure);
  const lines = noteworthy(comparison).map(({ sentence }) => sentence);
  return html`${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`}
${table({
  caption: `The baseline is ${baselineText(comparison)}`,
  columns: [text('Metric'), ...heads, text('Verdict')],
  rows,
  sortable: true,
})}`;
}

function baselineText({ baseline: { kind, runs, testid, branch } }: Comparison): string {
  if (kind === 'pinned') return `pinned to ${testid}`;
  if (kind === 'run') return `run ${testid}`;
  return `${runs} earlier run${runs === 1 ? '' : 's'}${branch ? ` of ${branch}` : ''}`;
}
