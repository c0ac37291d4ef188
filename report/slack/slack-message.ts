/** The end of a run as a Slack message: attachments with blocks, https://api.slack.com/reference/block-kit/blocks. */

import { count, ms } from '../../contract/format.ts';
import type { AbResult, RunSummary } from '../../contract/results.ts';
import { summaryOutcome } from '../../contract/summary.ts';
import { COMPARISON_VERDICTS, type Tone } from '../../contract/verdicts.ts';
import { abChange, abComparisons, abFailed, abInterval, abLabel } from '../text/ab.ts';
import { causeLines } from '../text/causes.ts';
import { failureLines } from '../text/failures.ts';
import { type FigureRow, figureRows, type RequestRow, requestRows, sentences, title, tone } from '../text/rows.ts';

interface MrkdwnText {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

export interface SlackBlock {
  readonly type: 'section' | 'context';
  readonly text?: MrkdwnText;
  readonly elements?: readonly MrkdwnText[];
}

/** What an incoming webhook takes; chat.postMessage takes the same and a channel. */
export interface SlackMessage {
  /** Verdict first: notifications show this line alone. */
  readonly text: string;
  readonly attachments: readonly [{ readonly color: string; readonly blocks: readonly SlackBlock[] }];
}

export interface MessageLinks {
  /** A file path of this machine, or an address. */
  readonly report: string;
}

/** Slack cuts a section at 3,000 characters; https://api.slack.com/reference/block-kit/blocks#section */
const MOST_SECTION = 3_000;
/** Nobody reads a route further than this. */
const MOST_VALUE = 150;
/** The verdict may quote an error of k6. */
const MOST_SENTENCE = 500;
/** A failure quotes names and errors. */
const MOST_LINE = 250;
const WORST_REQUESTS = 3;
const COLOR: Readonly<Record<Tone, string>> = {
  good: '#2e7d32',
  bad: '#c4162a',
  warn: '#b26a00',
  neutral: '#5c6670',
};

export function slackMessage(summary: RunSummary, { report }: MessageLinks): SlackMessage {
  const requests = summary.ab ? [] : requestRows(summary).slice(0, WORST_REQUESTS);
  const sections = [
    ...sentences(summary).map((sentence) => clipped(sentence, MOST_SENTENCE)),
    causeLines(summary, 1)
      .map((line) => `Cause: ${clipped(line, MOST_SENTENCE)}`)
      .join(''),
    fitting(failureLines(summary).map((line) => `• ${clipped(line, MOST_LINE)}`)),
    summary.ab ? abSection(summary.ab) : figureRows(summary).map(figureLine).join('\n'),
    requests.length > 0 ? `*Worst requests*\n${requests.map(requestLine).join('\n')}` : '',
  ];
  return {
    text: `*${title(summary)}* ${clipped(subject(summary))}`,
    attachments: [
      {
        color: colorOf(summary),
        blocks: [
          ...sections.filter(Boolean).map(section),
          context([origin(summary), `run ${clipped(summary.testid)}`]),
          context(links(summary, report)),
        ],
      },
    ],
  };
}

/** Several projects may share a Slack channel. */
function subject({ project, scenario, profile, target, requests }: RunSummary): string {
  return `${project ? `${project}: ` : ''}${scenario} (${profile}) against ${target.name}, ${count(requests)} requests`;
}

function colorOf(summary: RunSummary): string {
  const doubt = summaryOutcome(summary) === 'passed' && summary.comparison?.verdict === 'suspected';
  return COLOR[doubt ? COMPARISON_VERDICTS.suspected.tone : tone(summary)];
}

/** `✗ p95: 480 ms → 612 ms (+27.5 %), limit ≤ 500 ms` */
function figureLine(row: FigureRow): string {
  return `${mark(row)} ${clipped(row.label)}: ${figures(row)}`;
}

/** All requests together, and the worst. */
function abSection(ab: AbResult): string {
  const lines = abComparisons(ab)
    .slice(0, 1 + WORST_REQUESTS)
    .map((it) => {
      const failed = abFailed(it);
      const by = clipped(`${ms(it.base_ms)} → ${ms(it.head_ms)} (${abChange(it)}, ${abInterval(it)})`);
      const name = it.request === null ? abLabel(it) : code(it.request);
      const sign = it.verdict === 'regressed' ? '✗' : '•';
      return `${sign} ${name}: ${by}, ${it.verdict}${failed ? `, failed ${clipped(failed)}` : ''}`;
    });
  return fitting(['*base → head*', ...lines]);
}

function requestLine(row: RequestRow): string {
  const errors = row.errors ? `, ${clipped(row.errors)}` : '';
  return `${mark(row)} ${code(row.label)}: p95 ${figures(row)}${errors}`;
}

function figures({ baseline, now, change, limit, verdict }: FigureRow): string {
  const from = baseline === null ? '' : `${clipped(baseline)} → `;
  const by = change === null ? '' : ` (${clipped(change)})`;
  const words = verdict === 'regressed' || verdict === 'suspected' || verdict === 'improved' ? `, ${verdict}` : '';
  return `${from}${clipped(now)}${by}${words}${limit === null ? '' : `, limit ${clipped(limit)}`}`;
}

function mark({ ok, verdict }: FigureRow): string {
  if (ok === false || verdict === 'regressed') return '✗';
  return ok === true ? '✓' : '•';
}

function origin({ app }: RunSummary): string {
  const parts = [
    app.branch ? `branch ${code(app.branch)}` : '',
    app.commit ? `commit ${code(app.commit)}` : '',
    app.version ? `version ${code(app.version)}` : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(' · ') : 'no commit given (APP_COMMIT, APP_BRANCH)';
}

/** k6's own live view is gone with the run: only Grafana is linked. */
function links({ links: { grafana, compare } }: RunSummary, report: string): string[] {
  return [
    grafana ? link(grafana, 'Live') : '',
    compare ? link(compare, 'Compare') : '',
    /^https?:/.test(report) ? link(report, 'Report') : `report ${code(report)}`,
  ].filter(Boolean);
}

/** As many lines as a section takes, each whole. */
function fitting(lines: readonly string[]): string {
  return lines
    .reduce((text, line) => (text.length + line.length < MOST_SECTION ? `${text}\n${line}` : text), '')
    .trim();
}

function section(text: string): SlackBlock {
  return { type: 'section', text: mrkdwn(text.slice(0, MOST_SECTION)) };
}

function context(texts: readonly string[]): SlackBlock {
  return { type: 'context', elements: texts.map(mrkdwn) };
}

/** `verbatim`: Slack makes no links, channels and mentions of plain text. */
function mrkdwn(text: string): MrkdwnText {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Slack's three characters, https://api.slack.com/reference/surfaces/formatting#escaping; a line stays one line. */
export function escaped(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Cut before it is escaped: half an entity would show. */
function clipped(text: string, most = MOST_VALUE): string {
  return escaped(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}

/** In code Slack reads no markup and no :emoji:; a backtick would end it. */
function code(text: string): string {
  return `\`${clipped(text.replaceAll('`', '‘'))}\``;
}

function link(url: string, text: string): string {
  const safe = url.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('&', '&amp;');
  return `<${safe}|${escaped(text)}>`;
}
