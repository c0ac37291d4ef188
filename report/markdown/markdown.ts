/** A run as Markdown: for summary.md, the summary of a CI job, and comments. Everything from outside is escaped. */

import { count } from '../../contract/format.ts';
import type { MetricComparison, RunSummary } from '../../contract/results.ts';
import { sloName, sloValue } from '../../contract/slo-text.ts';
import { summaryOutcome } from '../../contract/summary.ts';
import { type FigureRow, figureRows, type RequestRow, requestRows, sentences, title } from '../text/rows.ts';

export interface MarkdownOptions {
  /** Where the page of the run is: an address, or a path beside the Markdown; null: not linked. */
  readonly report: string | null;
  /** How many requests are listed; the others are counted. */
  readonly most_requests: number;
}

export function markdownSummary(summary: RunSummary, { report, most_requests }: MarkdownOptions): string {
  const { scenario, profile, target, testid } = summary;
  const parts = [
    `### ${mark(summaryOutcome(summary) === 'passed')} ${title(summary)}: ${text(scenario)} (${text(profile)})`,
    ...sentences(summary).map(text),
    sloTable(summary),
    summary.comparison ? deltaTable(summary) : '',
    requestTable(requestRows(summary), most_requests),
    `${count(summary.requests)} requests to ${code(target.name)}, ${origin(summary)}, run ${code(testid)}; samples: ${summary.completeness.state}.`,
    links(summary, report),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function sloTable({ slos }: RunSummary): string {
  if (slos.length === 0) return '';
  const rows = slos.map((slo) => [
    mark(slo.ok),
    text(sloName({ ...slo, request: null })) + (slo.request ? ` for ${code(slo.request)}` : ''),
    text(sloValue(slo)),
    slo.ok ? 'passed' : '**failed**',
  ]);
  return table(['', 'SLO', 'value', ''], rows, 2);
}

function deltaTable(summary: RunSummary): string {
  const { comparison } = summary;
  if (!comparison) return '';
  const { kind, runs, branch } = comparison.baseline;
  const rows = figureRows(summary)
    .filter((row) => row.verdict !== null)
    .map((row) => [text(row.label), ...deltaCells(row), text(word(row.verdict))]);
  const what = kind === 'run' ? 'one run' : `${count(runs)} runs${kind === 'pinned' ? ', pinned' : ''}`;
  const head = ['', `baseline (${what}${branch ? ` of ${code(branch)}` : ''})`, 'now', 'change', 'verdict'];
  return table(head, rows, 1);
}

function requestTable(rows: readonly RequestRow[], most: number): string {
  if (rows.length === 0 || most === 0) return '';
  const compared = rows.some((row) => row.baseline !== null);
  const head = [
    '',
    'request',
    ...(compared ? ['p95 before'] : []),
    'p95',
    ...(compared ? ['change'] : []),
    'limit',
    'failed',
  ];
  const body = rows.slice(0, most).map((row) => {
    const [baseline = '', now = '', change = ''] = deltaCells(row);
    const bad = row.ok === false || row.verdict === 'regressed';
    const cells = compared ? [baseline, now, change] : [now];
    return [bad ? mark(false) : '', code(row.label), ...cells, text(row.limit ?? ''), text(row.errors ?? '')];
  });
  const rest = rows.length - body.length;
  return table(head, body, 2) + (rest > 0 ? `\n\n…and ${count(rest)} more requests, none of them worse.` : '');
}

function deltaCells({ baseline, now, change }: FigureRow): string[] {
  return [text(baseline ?? '–'), text(now), text(change ?? '–')];
}

function word(verdict: MetricComparison['verdict'] | null): string {
  return verdict ?? '';
}

function origin({ app }: RunSummary): string {
  const parts = [
    app.version ? `version ${code(app.version)}` : '',
    app.commit ? `commit ${code(app.commit)}` : '',
    app.branch ? `branch ${code(app.branch)}` : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : 'no commit given';
}

function links({ links: { grafana, compare } }: RunSummary, report: string | null): string {
  const all = [
    report ? link(report, 'Report') : '',
    grafana ? link(grafana, 'Live dashboard') : '',
    compare ? link(compare, 'Compare') : '',
  ];
  return all.filter(Boolean).join(' · ');
}

/** @param text_columns how many from the left are text; the others are figures, to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], text_columns: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const ruler = head.map((_, index) => (index < text_columns ? '---' : '--:'));
  return [line(head), line(ruler), ...rows.map(line)].join('\n');
}

function mark(ok: boolean): string {
  return ok ? '✓' : '✗';
}

/** Longer values break every table. */
const MOST_VALUE = 300;
/** Whatever Markdown, HTML or a table could read as its own, wherever it stands. */
const SPECIAL = /[\\`*_[\]<>#|~&$@]/g;
/** And what begins a list, a heading or a rule at the start of a line. */
const AT_START = /^(?:[-+=]|\d+(?=[.)]))/;
const NAMED: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/**
 * As entities no character is markup: neither Markdown's, nor HTML's, nor a table's. Addresses would become links all the
 * same, as GitHub looks for them last: an invisible space stops that.
 */
function entities(value: string): string {
  const short = value.length > MOST_VALUE ? `${value.slice(0, MOST_VALUE - 1)}…` : value;
  return short
    .trim()
    .replace(/\s+/g, ' ')
    .replaceAll('://', ':\u200b//')
    .replace(/www\./gi, '$&\u200b')
    .replace(SPECIAL, (character) => NAMED[character] ?? entity(character))
    .replace(AT_START, (start) => start.slice(0, -1) + entity(start.slice(-1)));
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

/** GitHub also makes links of @names and #numbers, though not in code. */
function text(value: string): string {
  return entities(value.replace(/[@#](?=\w)/g, '$&\u200b'));
}

function code(value: string): string {
  return `<code>${entities(value)}</code>`;
}

function link(url: string, label: string): string {
  const safe = encodeURI(url).replace(/[()<>|\\*_~`[\]]/g, (it) => `%${it.charCodeAt(0).toString(16)}`);
  return `[${label}](${safe.replaceAll('%25', '%')})`;
}
