/** Pieces that both pages are made of. */
import { count, timeOfDay } from '../../contract/format.ts';
import { UNKNOWN } from '../../contract/metric-text.ts';
import type { ComparisonVerdict } from '../../contract/runs.ts';
import { COMPARISON_VERDICTS, RUN_OUTCOMES, recordOutcome, type Tone } from '../../contract/verdicts.ts';
import { html, type Markup } from './html.ts';
import type { IndexRun } from './input.ts';

/** What a run has come to, coloured. */
export function outcomeBadge(run: Pick<IndexRun, 'status' | 'comparison' | 'ab_verdict'>): Markup {
  const outcome = recordOutcome(run);
  return badge(outcome, RUN_OUTCOMES[outcome].tone);
}

export function verdictBadge(verdict: ComparisonVerdict): Markup {
  return badge(verdict, COMPARISON_VERDICTS[verdict].tone);
}

/** `value` is what the column is sorted by where the text is not it. */
export interface Cell {
  readonly shown: string | Markup;
  readonly value?: number | string | null;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  readonly kind: 'text' | 'figure';
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** A head that is a button in each column. */
  readonly sortable?: boolean;
  /** Which column it comes sorted by, and how. */
  readonly sorted?: { readonly column: number; readonly order: 'ascending' | 'descending' };
}

export const text = (title: string): Column => ({ title, kind: 'text' });
export const figure = (title: string): Column => ({ title, kind: 'figure' });

/** A longer table is taller than its region, or than a phone: its caption says how long it is. */
const MOST_UNCOUNTED = 10;

/** In a region of its own that scrolls on narrow screens, by keyboard too. The first cell of a row names it. */
export function table({ caption: subject, columns, rows, sortable = false, sorted }: Table): Markup {
  const caption = rows.length > MOST_UNCOUNTED ? `${subject} (${count(rows.length)} rows)` : subject;
  const head = columns.map(({ title, kind }, index) => {
    const order = sorted?.column === index ? html` aria-sort="${sorted.order}"` : null;
    const label = sortable ? html`<button type="button">${title}</button>` : title;
    return html`<th scope="col" class="${kind}"${order}>${label}</th>`;
  });
  const body = rows.map(
    (cells) => html`<tr>${cells.map((cell, index) => tableCell(cell, columns[index] as Column, index === 0))}</tr>
`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table${sortable && html` data-sortable`}>
<caption><span>${caption}</span></caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}

function tableCell({ shown, value, tone }: Cell, { kind }: Column, first: boolean): Markup {
  const attributes = html`class="${kind}${tone ? ` tone-${tone}` : ''}"${value !== undefined && html` data-value="${value}"`}`;
  return first ? html`<th scope="row" ${attributes}>${shown}</th>` : html`<td ${attributes}>${shown}</td>`;
}

/** A chart that the script draws; its words and its table are there without. */
export function chart(options: {
  readonly id: string;
  /** What one sees in it, in a sentence or two. */
  readonly summary: string;
  readonly caption: string | Markup;
  /** Left out where a table beside it has them. */
  readonly figures?: Markup;
}): Markup {
  const { id, summary, caption, figures } = options;
  return html`<figure class="chart">
<div class="plot" data-chart="${id}" role="img" aria-label="${summary}"></div>
<figcaption>${caption}</figcaption>
${figures && html`<details><summary>Figures as a table</summary>${figures}</details>`}
</figure>`;
}

export function section(id: string, title: string, ...content: readonly (Markup | null)[]): Markup {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>
`;
}

/** A word that says how something stands. */
export function badge(word: string, tone: Tone): Markup {
  return html`<span class="badge tone-${tone}">${word}</span>`;
}

/** A value that may be unknown. */
export function maybe(value: number | null, write: (value: number) => string): string {
  return value === null ? UNKNOWN : write(value);
}

/** `2026-11-24 12:34 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** To the second: runs of a test follow each other within a minute. */
export function second(iso: string): string {
  return `${iso.slice(0, 10)} ${timeOfDay(iso)}`;
}

/** `1:05`, as the axis says it. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
}

export function time(iso: string): Markup {
  return html`<time datetime="${iso}">${moment(iso)}</time>`;
}

export function notes(lines: readonly string[]): Markup | null {
  if (lines.length === 0) return null;
  return html`<ul class="notes">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}
