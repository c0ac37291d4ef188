import { count, duration, ms, number, percent } from '../../contract/format.ts';
import type { Latency } from '../../contract/results.ts';
import type { RunPageData } from './data.ts';
import { type Bars, edge_ms } from './distribution.ts';
import { html, type Markup } from './html.ts';
import type { Comparison, ComparisonRow, OverTime, ReportInput, Step } from './input.ts';
import { maybe, metricBand, metricChange, metricDifference, metricLabel, metricValue } from './metrics.ts';
import { badge, type Cell, chart, clock, figure, rowTone, table, text, VERDICT_TONE } from './parts.ts';

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

/** Slowest first. Percentiles are from merged histograms; where a baseline is known of a request, its p95 is held against it. */
export function requestTable({ requests, comparison }: ReportInput): Markup {
  if (requests.length === 0) return html`<p>Not known: InfluxDB has nothing of the requests of this run.</p>`;
  const changes = new Map(
    (comparison?.rows ?? []).filter(({ metric }) => metric === 'p95_ms').map((row) => [row.request, row]),
  );
  const compared = requests.some(({ name }) => changes.has(name));
  const rows = [...requests]
    .sort((a, b) => b.p95_ms - a.p95_ms)
    .map((row): Cell[] => [
      { shown: row.name, value: row.name },
      { shown: count(row.requests), value: row.requests },
      ...[row.p50_ms, row.p95_ms].map((value) => ({ shown: ms(value), value })),
      ...(compared ? [changeCell(changes.get(row.name))] : []),
      ...[row.p99_ms, row.max_ms].map((value) => ({ shown: ms(value), value })),
      {
        shown: percent(row.error_rate),
        value: row.error_rate,
        ...(row.error_rate > 0 ? { tone: 'bad' as const } : {}),
      },
    ]);
  const heads = ['Requests', 'p50', 'p95', ...(compared ? ['p95 change'] : []), 'p99', 'Max', 'Errors'].map(figure);
  return table({
    caption: 'Percentiles are from merged histograms, within 1 %',
    columns: [text('Request'), ...heads],
    rows,
    sortable: true,
    sorted: { column: 3, order: 'descending' },
  });
}

function changeCell(row: ComparisonRow | undefined): Cell {
  return row ? { shown: metricChange(row.change), value: row.change, tone: rowTone(row) } : { shown: '–', value: null };
}

export function comparisonTable(comparison: Comparison | null): Markup {
  if (!comparison || comparison.rows.length === 0) {
    return html`<p>There is no baseline yet: three comparable runs of this scenario, profile and target make one.</p>`;
  }
  const rows = comparison.rows.map((row): Cell[] => [
    { shown: metricLabel(row.metric), value: metricLabel(row.metric) },
    { shown: row.request ?? 'all requests', value: row.request ?? '' },
    { shown: maybe(row.baseline, (it) => metricValue(row.metric, it)), value: row.baseline },
    { shown: metricValue(row.metric, row.value), value: row.value },
    { shown: metricChange(row.change), value: row.change, tone: rowTone(row) },
    { shown: maybe(row.difference, (it) => metricDifference(row.metric, it)), value: row.difference },
    { shown: metricBand(row.metric, row.low, row.high), value: row.low },
    judgement(row),
    { shown: maybe(row.confidence, percent), value: row.confidence },
  ]);
  const heads = ['Baseline', 'This run', 'Change', 'Difference', 'Usual'].map(figure);
  const sentences = comparison.rows.flatMap(({ sentence, verdict }) =>
    sentence && verdict !== 'same' && verdict !== 'not enough runs' ? [sentence] : [],
  );
  return html`${sentences.length > 0 && html`<ul>${sentences.map((line) => html`<li>${line}</li>`)}</ul>`}
${table({
  caption: `The baseline is ${comparison.baseline}`,
  columns: [text('Metric'), text('For'), ...heads, text('Verdict'), figure('Sure')],
  rows,
  sortable: true,
})}`;
}

function judgement(row: ComparisonRow): Cell {
  if (row.verdict) return { shown: badge(row.verdict, VERDICT_TONE[row.verdict]), value: row.verdict };
  const { low, high, value } = row;
  if (low === null || high === null) return { shown: '–', value: '' };
  const shown = value >= low && value <= high ? 'usual' : 'unusual';
  return { shown, value: shown, tone: rowTone(row) };
}
