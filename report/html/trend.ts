/** Run by run: where a metric came from. */
import { count, percent, signed } from '../../contract/format.ts';
import { metricLabel, metricTitle, metricValue } from '../../contract/metric-text.ts';
import { TREND_METRICS, type TrendMetric } from '../../contract/metrics.ts';
import { outcomeOf } from '../../contract/verdicts.ts';
import { html, type Markup } from './html.ts';
import type { HistoryRun } from './input.ts';
import { type Cell, chart, figure, moment, table, text } from './parts.ts';

/** A level shift at one run, in words: a share of the level before it. */
export function shiftText(shift: number): string {
  return signed(shift, percent);
}

/** In a sentence, for those who do not see the chart. */
export function trendSummary(metric: TrendMetric, history: readonly HistoryRun[]): string {
  const values = history.flatMap(({ values }) => (values[metric] === null ? [] : [values[metric]]));
  const [last] = values.slice(-1);
  if (last === undefined) return `${metricLabel(metric)}: no run has a value.`;
  const range = `between ${metricValue(metric, Math.min(...values))} and ${metricValue(metric, Math.max(...values))}`;
  const shifts = history.flatMap((run) => {
    const shift = run.shifts[metric];
    return shift === undefined ? [] : [`${shiftText(shift)} from ${moment(run.started)} on`];
  });
  const moved = shifts.length > 0 ? ` The level has shifted: ${shifts.join('; ')}.` : '';
  return `${metricLabel(metric)} over ${count(values.length)} runs: ${range}, last ${metricValue(metric, last)}.${moved}`;
}

/** A chart a metric, and one table for all of them. */
export function trendFigures(history: readonly HistoryRun[]): Markup {
  if (history.length < 2) {
    return html`<p>This is the first run of its scenario, profile and target that is known here.</p>`;
  }
  const [first, ...others] = TREND_METRICS as readonly [TrendMetric, ...TrendMetric[]];
  return html`${chart({
    id: `trend-${first}`,
    summary: trendSummary(first, history),
    caption: trendCaption(first, history),
    figures: trendTable(history),
  })}
${others.map((metric) =>
  chart({
    id: `trend-${metric}`,
    summary: trendSummary(metric, history),
    caption: trendCaption(metric, history),
  }),
)}
<p class="hint">The band is what the runs before led one to expect at that time; a marked line is a shift of the level, as change points show it.</p>`;
}

function trendCaption(metric: TrendMetric, history: readonly HistoryRun[]): Markup {
  const [name, ...rest] = trendSummary(metric, history).split(metricLabel(metric));
  return html`${name}<strong>${metricLabel(metric)}</strong>${rest.join(metricLabel(metric))}`;
}

function trendTable(history: readonly HistoryRun[]): Markup {
  const rows = [...history]
    .reverse()
    .map((run): Cell[] => [
      { shown: moment(run.started) },
      { shown: run.commit?.slice(0, 12) ?? '–' },
      ...TREND_METRICS.map((metric) => ({ shown: metricValue(metric, run.values[metric]) })),
      { shown: outcomeOf(run.status, run.comparison) },
    ]);
  const columns = [
    text('Started'),
    text('Commit'),
    ...TREND_METRICS.map((metric) => figure(metricTitle(metric))),
    text('Verdict'),
  ];
  return table({ caption: 'Runs of this scenario, profile and target, newest first', columns, rows });
}
