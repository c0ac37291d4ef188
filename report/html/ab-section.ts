/** What `loadstar ab` found: base and head side by side, and block by block. The script of the page draws the same words anew. */
import { count, duration, ms, percent, signed } from '../../contract/format.ts';
import { UNKNOWN } from '../../contract/metric-text.ts';
import type { AbComparison, AbResult } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import { AB_TONES } from '../../contract/verdicts.ts';
import {
  abChange,
  abComparisons,
  abDifference,
  abFailed,
  abInterval,
  abLabel,
  abMethod,
  abPercentiles,
} from '../text/ab.ts';
import { html, type Markup } from './html.ts';
import { badge, type Cell, chart, clock, figure, maybe, table, text } from './parts.ts';

/** Elements that the script fills. */
export const AB_CHOICE = 'ab-request';
export const AB_FIGURES = 'ab-figures';

export function abSection(ab: AbResult): Markup {
  const all = abComparisons(ab);
  if (all.length === 0) {
    return html`<p>Nothing could be compared: there were too few blocks, or too few requests in them.</p>${sides(ab)}`;
  }
  const chosen = all[firstShown(all)] as AbComparison;
  return html`${comparedTable(all, ab)}
${all.length > 1 && chooser(all)}
<div id="${AB_FIGURES}">${abFigures(chosen, ab.least_change)}</div>
${sides(ab)}
<p class="hint">${abMethod(ab).join(' ')}</p>`;
}

/** Place of what the charts show first: the request that is worst, else all requests together. */
export function firstShown(all: readonly AbComparison[]): number {
  const worst = all.findIndex(({ request, verdict }) => request !== null && verdict === 'regressed');
  return Math.max(0, worst);
}

function comparedTable(all: readonly AbComparison[], { least_change }: AbResult): Markup {
  const with_failed = all.some((it) => abFailed(it) !== null);
  const with_needed = all.some(({ needed_s }) => needed_s !== null);
  const reach = reachOf(all, least_change);
  const rows = all.map((it): Cell[] => [
    { shown: nameOf(it), value: abLabel(it) },
    { shown: badge(it.verdict, AB_TONES[it.verdict]), value: it.verdict },
    { shown: ms(it.base_ms), value: it.base_ms },
    { shown: ms(it.head_ms), value: it.head_ms },
    { shown: html`${abChange(it)} <small>${abDifference(it)}</small>`, value: it.change, tone: AB_TONES[it.verdict] },
    { shown: abInterval(it), value: it.low },
    { shown: intervalBar(it, least_change, reach), value: it.change },
    { shown: abPercentiles(it), value: it.head_p95_ms },
    ...(with_failed
      ? [{ shown: abFailed(it) ?? UNKNOWN, value: it.errors.head, ...(it.errors.verdict === 'regressed' ? BAD : {}) }]
      : []),
    { shown: `${count(it.base_requests)} / ${count(it.head_requests)}`, value: it.head_requests },
    ...(with_needed ? [{ shown: maybe(it.needed_s, duration), value: it.needed_s }] : []),
  ]);
  return table({
    caption: 'Typical latency of base and head, and the confidence interval of the change',
    columns: [
      text('Request'),
      text('Verdict'),
      ...['Base', 'Head', 'Change', 'Interval'].map(figure),
      text(`−${percent(reach)} to +${percent(reach)}`),
      figure('p95'),
      ...(with_failed ? [figure('Failed')] : []),
      figure('Requests'),
      ...(with_needed ? [figure('Needs')] : []),
    ],
    rows,
    sortable: true,
  });
}

const BAD = { tone: 'bad' } as const;
const LONG_NAME = 24;

/** A long name gets more room than the figures would leave it. */
function nameOf(it: AbComparison): string | Markup {
  const name = abLabel(it);
  return name.length > LONG_NAME ? html`<span class="long">${name}</span>` : name;
}

const STEPS = [0.05, 0.1, 0.2, 0.3, 0.5];
const MOST_REACH = 1;
/** Beyond the middle one of all rows: one that is far off would press all others flat. */
const AIR = 1.3;
const LEAST_CHANGES = 2;

/** How far the bars go to either side, as a fraction. */
function reachOf(all: readonly AbComparison[], least_change: number): number {
  const sizes = all.map(({ low, high, change }) => Math.max(...[low ?? change, high ?? change].map(Math.abs)));
  const typical = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
  const wanted = Math.max(AIR * typical, LEAST_CHANGES * least_change);
  return STEPS.find((step) => wanted <= step) ?? MOST_REACH;
}

const BAR = { width: 130, height: 20, dot: 4 };
/** Room for the dot at the ends. */
const INSIDE = 0.94;

/** Zero in the middle; between the edges of the grey field no change counts. What is beyond the ends is an arrow. */
function intervalBar(it: AbComparison, least_change: number, reach: number): Markup {
  const { width, height, dot } = BAR;
  const at = (value: number) => {
    const inside = Math.min(1, Math.max(-1, value / reach));
    return Math.round((width / 2) * (1 + INSIDE * inside) * 10) / 10;
  };
  const middle = height / 2;
  const { low, high, change, verdict } = it;
  const x = at(change);
  const tip = x + Math.sign(change) * dot;
  const mark =
    Math.abs(change) > reach
      ? html`<path d="M${x} ${middle - dot - 1}L${tip} ${middle}L${x} ${middle + dot + 1}Z"/>`
      : html`<circle cx="${x}" cy="${middle}" r="${dot}"/>`;
  return html`<svg class="interval tone-${AB_TONES[verdict]}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${abLabel(it)}: ${abChange(it)}, ${abInterval(it)}">
<rect class="small" x="${at(-least_change)}" y="1" width="${at(least_change) - at(-least_change)}" height="${height - 2}"/>
<line class="zero" x1="${at(0)}" y1="0" x2="${at(0)}" y2="${height}"/>
${low !== null && high !== null && html`<line class="range" x1="${at(low)}" y1="${middle}" x2="${at(high)}" y2="${middle}"/>`}
${mark}
</svg>`;
}

function chooser(all: readonly AbComparison[]): Markup {
  const first = firstShown(all);
  const options = all.map(
    (it, place) =>
      html`<option value="${place}"${place === first && html` selected`}>${abLabel(it)} (${it.verdict})</option>`,
  );
  return html`<p class="choice"><label for="${AB_CHOICE}">Block by block:</label> <select id="${AB_CHOICE}">${options}</select></p>`;
}

/** Of one request, or of all together: what the script mounts its charts in. */
export function abFigures(it: AbComparison, least_change: number): Markup {
  const changes = it.pairs.map(pairChange);
  const slower = changes.filter((change) => change > 0).length;
  const pairs = it.pairs.length;
  const summary =
    pairs === 0
      ? 'No pair of blocks was measured.'
      : `Head was slower than base in ${count(slower)} of ${count(pairs)} pairs of blocks. ` +
        `The change is ${abChange(it)}${it.low === null ? '' : `, ${abInterval(it)}`}.`;
  return html`${chart({
    id: 'ab-change',
    summary: `${abLabel(it)}: ${summary}`,
    caption: html`<strong>Difference of each pair: ${abLabel(it)}.</strong> ${summary} The band is the confidence interval; the dotted lines are ±${percent(least_change)}, below which no change counts.`,
  })}
${chart({
  id: 'ab-levels',
  summary: `${abLabel(it)}: ${ms(it.base_ms)} in base, ${ms(it.head_ms)} in head.`,
  caption: html`<strong>Latency of each block.</strong> ${ms(it.base_ms)} in base, ${ms(it.head_ms)} in head. What both have in common is the machine and the hour.`,
  figures: pairTable(it),
})}`;
}

/** Of head relative to base, a fraction. */
export function pairChange({ base_ms, head_ms }: AbComparison['pairs'][number]): number {
  return base_ms > 0 ? head_ms / base_ms - 1 : 0;
}

function pairTable({ pairs }: AbComparison): Markup {
  const rows = pairs.map((pair): Cell[] => [
    { shown: clock(pair.at_s) },
    { shown: ms(pair.base_ms) },
    { shown: ms(pair.head_ms) },
    { shown: signed(pair.head_ms - pair.base_ms, ms) },
    { shown: signed(pairChange(pair), percent) },
  ]);
  return table({
    caption: 'Pairs of adjacent blocks',
    columns: [text('From'), ...['Base', 'Head', 'Difference', 'Change'].map(figure)],
    rows,
  });
}

function sides({ base, head }: AbResult): Markup {
  const rows = (
    [
      ['base', base],
      ['head', head],
    ] as const
  ).map(([name, { testid, target, command, app }]): Cell[] => [
    { shown: name },
    { shown: html`${target.base_url || target.name}${command !== null && html` <small>${command}</small>`}` },
    { shown: [app.version, app.commit?.slice(0, 12)].filter(Boolean).join(' · ') || UNKNOWN },
    { shown: html`<a href="../${encodeURIComponent(testid)}/${REPORT_FILE}">${testid}</a>` },
  ]);
  return table({ caption: 'Both builds', columns: ['Build', 'Target', 'Version', 'Run'].map(text), rows });
}
