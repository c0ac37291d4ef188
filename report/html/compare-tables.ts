import { metricChange, metricDifference, metricLabel, metricValue } from '../../contract/metric-text.ts';
import { type Delta, headlineDeltas, requestDeltas } from './compare.ts';
import type { ListedRun } from './data.ts';
import { html, type Markup } from './html.ts';
import { type Cell, figure, table, text } from './parts.ts';

/** The tables of a comparison; the script writes them anew for each choice. */
export function compareTables(before: ListedRun, after: ListedRun): Markup {
  const overall = headlineDeltas(before, after).map((delta) => row(metricLabel(delta.metric), delta));
  const requests = requestDeltas(before, after).map((delta) => row(delta.request ?? '', delta));
  const figures = ['A', 'B', 'Change', 'Difference'].map(figure);
  return html`<p>Verdict of each run against its own history: A ${before.comparison ?? 'none'}, B ${after.comparison ?? 'none'}.</p>
${table({
  caption: 'Headline metrics, A and B',
  columns: [text('Metric'), ...figures],
  rows: overall,
})}
${
  requests.length > 0
    ? table({
        caption: 'p95 by request, largest increase first',
        columns: [text('Request'), ...figures],
        rows: requests,
        sortable: true,
      })
    : html`<p>Figures by request are not known of these runs.</p>`
}`;
}

function row(name: string, delta: Delta): Cell[] {
  const { metric, before, after, change, difference } = delta;
  const moved = difference === null ? missing(delta) : metricChange(metric, { change, difference });
  return [
    { shown: name, value: name },
    { shown: metricValue(metric, before), value: before },
    { shown: metricValue(metric, after), value: after },
    { shown: moved, value: change },
    { shown: metricDifference(metric, difference), value: difference },
  ];
}

function missing({ before, after }: Delta): string {
  if (before === null && after === null) return 'unknown';
  return before === null ? 'only in B' : 'only in A';
}
