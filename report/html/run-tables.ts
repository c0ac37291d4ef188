import { count } from '../../contract/format.ts';
import { metricLabel } from '../../contract/metric-text.ts';
import type { RunSummary, SloResult } from '../../contract/results.ts';
import { ALL_REQUESTS, sloLimit, sloState, sloValue } from '../../contract/slo-text.ts';
import { html, type Markup } from './html.ts';
import { type Cell, figure, table, text } from './parts.ts';

export function sloTable(slos: readonly SloResult[]): Markup {
  if (slos.length === 0) return html`<p>None was judged: k6 ended before it had figures.</p>`;
  const rows = slos.map((slo): Cell[] => [
    // In one cell, so that limit, value and state stay in sight on a phone.
    {
      shown: html`${slo.metric ? `${metricLabel(slo.indicator)} of ${slo.metric}` : metricLabel(slo.indicator)}
<small>${slo.request ?? ALL_REQUESTS}</small>`,
    },
    { shown: sloLimit(slo) },
    { shown: sloValue(slo) },
    { shown: sloState(slo), tone: slo.ok ? 'good' : 'bad' },
  ]);
  const columns = [text('Objective'), figure('Limit'), figure('Value'), text('State')];
  return table({ caption: 'Each objective with its limit and what this run showed', columns, rows });
}

/** Totals as k6 counted them, and as InfluxDB has them. */
export function completenessTable({ completeness }: RunSummary): Markup | null {
  if (completeness.rows.length === 0) return null;
  const rows = completeness.rows.map((row): Cell[] => [
    { shown: row.metric },
    { shown: row.quantity },
    { shown: total(row.sent) },
    { shown: total(row.stored) },
    { shown: row.ok ? '✓ equal' : '✗ differs', tone: row.ok ? 'neutral' : 'bad' },
  ]);
  const columns = [text('Metric'), text('Total'), figure('Sent'), figure('Stored'), text('State')];
  const caption = 'What was sent, and what InfluxDB stored';
  return html`<details><summary>All ${count(rows.length)} totals</summary>${table({ caption, columns, rows })}</details>`;
}

const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

/** To more digits than a person needs: it is about whether two are equal. */
function total(value: number): string {
  return exact.format(value);
}
