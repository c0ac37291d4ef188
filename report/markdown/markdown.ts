/** A run as Markdown: for summary.md, the summary of a CI job, and comments. Everything from outside is escaped. */

import { count, ms } from '../../contract/format.ts';
import type { AbResult, MetricComparison, RunSummary } from '../../contract/results.ts';
import { sloName, sloValue } from '../../contract/slo-text.ts';
import { summaryOutcome } from '../../contract/summary.ts';
import { abChange, abDifference, abFailed, abInterval, abLabel, abMethod, abNotes } from '../text/ab.ts';
import { causeLines, componentOf } from '../text/causes.ts';
import { failureLines } from '../text/failures.ts';
import { type FigureRow, figureRows, type RequestRow, requestRows, sentences, title } from '../text/rows.ts';

export interface MarkdownOptions {
  /** Where the page of the run is: an address, or a path beside the Markdown; null: not linked. */
  readonly report: string | null;
  /** How many requests are listed; the others are counted. */
  readonly most_requests: number;
}

export function markdownSummary(summary: RunSummary, { report, most_requests }: MarkdownOptions): string {
  const { project, scenario, profile, target, testid } = summary;
  const parts = [
    `### ${headingMark(summary)} ${title(summary)}: ${text(scenario)} (${text(profile)})`,
    ...sentences(summary).map(text),
    summary.ab ? abTable(summary.ab, most_requests) : '',
    abNotes(summary)
      .map((line) => `- ${text(line)}`)
      .join('\n'),
    failureLines(summary)
      .map((line) => `- ${text(line)}`)
      .join('\n'),
    causeLines(summary)
      .map((line) => `- Cause: ${causeText(line)}`)
      .join('\n'),
    sloTable(summary),
    summary.comparison ? deltaTable(summary) : '',
    summary.ab ? '' : requestTable(requestRows(summary), most_requests),
    `${count(summary.requests)} requests to ${code(target.name)}, ${origin(summary)}, ${project ? `project ${code(project)}, ` : ''}run ${code(testid)}; samples: ${summary.completeness.state}.`,
    links(summary, report),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function causeText(line: string): string {
  const found = componentOf(line);
  return found ? `${code(found.component)} ${text(found.rest)}` : text(line);
}

/** Base and head, side by side: all requests together, then the worst. */
function abTable(ab: AbResult, most_requests: number): string {
  const { overall, requests } = ab;
  const shown = [...(overall ? [overall] : []), ...requests.slice(0, most_requests)];
  if (shown.length === 0) return '';
  const with_failed = shown.some((it) => abFailed(it) !== null);
  const head = [
    '',
    'request',
    'base',
    'head',
    'difference',
    'change',
    'interval',
    ...(with_failed ? ['failed'] : []),
    '',
  ];
  const rows = shown.map((it) => [
    it.verdict === 'regressed' ? mark(false) : '',
    it.request === null ? text(abLabel(it)) : code(it.request),
    ...[ms(it.base_ms), ms(it.head_ms), abDifference(it), abChange(it), abInterval(it)].map(text),
    ...(with_failed ? [text(abFailed(it) ?? '–')] : []),
    it.verdict === 'regressed' ? `**${it.verdict}**` : text(it.verdict),
  ]);
  const rest = requests.length - (shown.length - (overall ? 1 : 0));
  const more = rest > 0 ? `\n\n…and ${count(rest)} more requests, none of them worse.` : '';
  const build = ({ target, app }: AbResult['base']) =>
    [code(target.name), app.version ? text(app.version) : '', app.commit ? code(app.commit) : '']
      .filter(Boolean)
      .join(' ');
  return `${table(head, rows, 2)}${more}\n\nbase: ${build(ab.base)}, head: ${build(ab.head)}. ${abMethod(ab).map(text).join(' ')}`;
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
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const ruler = head.map((_, index) => (index < text_columns ? '---' : '--:'));
  return [line(head), line(ruler), ...rows.map(line)].join('\n');
}

/** The word beside it says the same. */
function headingMark(summary: RunSummary): string {
  const is_passed = summaryOutcome(summary) === 'passed';
  return is_passed && summary.ab?.verdict === 'unclear' ? '?' : mark(is_passed);
}

function mark(ok: boolean): string {
  return ok ? '✓' : '✗';
}

/** Longer values break every table. */
const MOST_VALUE = 300;
/** What is markup wherever it stands; an underscore within a word, and a bracket that closes, are none. */
const SPECIAL = /[\\`*~[]|(?<!\w)_|_(?!\w)/g;
/** What begins a list, a heading, a quotation, a rule or an underline at the start of a line. */
const AT_START = /^(?=[-+](?:\s|$)|[-=]{2,}|[#>])|^(\d+)(?=[.)](?:\s|$))/;
/** `<` and `&` are markup only where a tag or an entity begins; `$` begins a formula on GitHub. */
const ENTITIES: readonly (readonly [RegExp, string])[] = [
  [/&(?=#?\w+;)/g, '&amp;'],
  [/<(?=[a-z/!?])/gi, '&lt;'],
  [/\$/g, '&#36;'],
];

/** One line, not too long. */
function shortened(value: string): string {
  const line = value.trim().replace(/\s+/g, ' ');
  return line.length > MOST_VALUE ? `${line.slice(0, MOST_VALUE - 1)}…` : line;
}

/**
 * As text: only what would be markup where it stands is escaped, because summary.md is also read as it is. GitHub makes
 * links of addresses, @names and #numbers last of all: an invisible space stops that.
 */
function text(value: string): string {
  const safe = ENTITIES.reduce((left, [what, entity]) => left.replace(what, entity), escaped(shortened(value)));
  return safe
    .replaceAll('://', ':\u200b//')
    .replace(/www\./gi, '$&\u200b')
    .replace(/[@#](?=\w)(?!#\d+;)/g, '$&\u200b');
}

function escaped(line: string): string {
  return line.replace(SPECIAL, '\\$&').replace(AT_START, '$1\\');
}

/** As code, in which only the fence and, in a table, the bar mean anything. */
function code(value: string): string {
  const line = shortened(value).replace(/\\(?=\|)/g, '\\\u200b');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const gap = /^`|`$|^$/.test(line) ? ' ' : '';
  return `${fence}${gap}${line}${gap}${fence}`;
}

function link(url: string, label: string): string {
  const safe = encodeURI(url).replace(/[()<>|\\*_~`[\]]/g, (it) => `%${it.charCodeAt(0).toString(16)}`);
  return `[${label}](${safe.replaceAll('%25', '%')})`;
}
