import { count } from '../../contract/format.ts';
import { metricTitle, metricValue, UNKNOWN } from '../../contract/metric-text.ts';
import { HEADLINE_METRICS } from '../../contract/metrics.ts';
import { recordOutcome } from '../../contract/verdicts.ts';
import { compareTables } from './compare-tables.ts';
import type { IndexPageData, ListedRun } from './data.ts';
import { barsOf } from './distribution.ts';
import { type PageAssets, page } from './document.ts';
import { groupOf, historyOf } from './groups.ts';
import { html, type Markup } from './html.ts';
import type { IndexInput, IndexRun } from './input.ts';
import {
  type Cell,
  chart,
  figure,
  notes,
  outcomeBadge,
  second,
  section,
  table,
  text,
  time,
  verdictBadge,
} from './parts.ts';
import { trendFigures } from './trend.ts';

/** Buckets a bar in the page: 4 % wide, fine enough to be widened for any two runs. */
const BAR_WIDTH = 2;

/** results/index.html: all runs, how they developed, and any two of them side by side. */
export function indexPage(input: IndexInput, assets: PageAssets): string {
  const runs = input.runs.map(listed);
  const data: IndexPageData = { page: 'index', runs };
  const body = html`${header(input)}
<main id="main">
${notes(input.notes)}
${runs.length === 0 ? html`<p>No run yet: start one with <code>make load-test</code>.</p>` : content(input, runs)}
</main>
<footer><p>Written by Loadstar ${time(input.generated)}</p></footer>`;
  return page('Load test runs', body, data, assets);
}

function listed({ histogram, ...run }: IndexRun): ListedRun {
  return { ...run, bars: histogram && barsOf(histogram.counts, BAR_WIDTH) };
}

function header({ runs, more }: IndexInput): Markup {
  const newest = runs[0];
  const shown = more
    ? `The ${count(runs.length)} newest runs; older ones are in InfluxDB.`
    : `${count(runs.length)} ${runs.length === 1 ? 'run' : 'runs'}.`;
  return html`<header>
<a class="skip" href="#runs">To the table of runs</a>
<h1>Load test runs${newest?.project && html` of ${newest.project}`}</h1>
<p class="lead">${shown}${newest && html` The last one: ${newest.scenario}, ${time(newest.started)}, ${outcomeBadge(newest)}`}</p>
</header>`;
}

function content({ runs: input }: IndexInput, runs: readonly ListedRun[]): Markup {
  // Sides of `loadstar ab` are no history.
  const groups = [...new Set(runs.filter(({ ab_side }) => ab_side === null).map(groupOf))];
  const { before, after } = firstPair(runs);
  const shown = groups.includes(groupOf(after)) ? groupOf(after) : groups[0];
  return html`${section('runs', 'Runs', runTable(input))}
${
  shown !== undefined &&
  section(
    'trend',
    'Trend',
    html`<p><label for="group">Scenario, profile and target</label> <select id="group">${groups.map((group) => html`<option${group === shown && html` selected`}>${group}</option>`)}</select></p>`,
    html`<div id="trend-figures">${trendFigures(historyOf(shown, runs))}</div>`,
  )
}
${section(
  'compare',
  'Compare two runs',
  chooser(runs, before, after),
  html`<p class="hint">These are plain differences. Two runs alone cannot say what is noise: the verdict of each run, from its history, does.</p>`,
  html`<div id="compare-tables" aria-live="polite">${compareTables(before, after)}</div>`,
  chart({
    id: 'overlay',
    summary: 'Distributions of the latencies of A and B, one over the other; the tables above have their percentiles.',
    caption: html`<strong>Distributions.</strong> Share of each run's requests by latency, on a logarithmic axis.`,
  }),
)}`;
}

/** The newest run that has one of the same test before it, and that one. */
function firstPair(runs: readonly ListedRun[]): { readonly before: ListedRun; readonly after: ListedRun } {
  for (const [place, after] of runs.entries()) {
    const before = runs.slice(place + 1).find((run) => groupOf(run) === groupOf(after));
    if (before) return { before, after };
  }
  const newest = runs[0] as ListedRun;
  return { before: runs[1] ?? newest, after: newest };
}

function chooser(runs: readonly ListedRun[], before: ListedRun, after: ListedRun): Markup {
  const options = (chosen: ListedRun) =>
    runs.map(
      (run) =>
        html`<option value="${run.testid}"${run.testid === chosen.testid && html` selected`}>${second(run.started)} · ${groupOf(run)}${run.ab_side && html` ${run.ab_side}`} · ${recordOutcome(run)}</option>
`,
    );
  return html`<div class="chooser">
<p><label for="run-a">A, before</label> <select id="run-a">${options(before)}</select></p>
<p><label for="run-b">B, after</label> <select id="run-b">${options(after)}</select></p>
</div>
<p class="hint" id="compare-hint" role="status"></p>`;
}

function runTable(runs: readonly IndexRun[]): Markup {
  const rows = runs.map((run): Cell[] => [
    { shown: run.page ? html`<a href="${run.page}">${time(run.started)}</a>` : time(run.started), value: run.started },
    { shown: outcomeBadge(run), value: recordOutcome(run) },
    { shown: html`${run.scenario}<small>${run.profile} · ${run.target}</small>`, value: groupOf(run) },
    { shown: tested(run), value: run.commit ?? '' },
    {
      shown: run.comparison ? verdictBadge(run.comparison) : abText(run),
      value: run.comparison ?? abText(run),
    },
    ...HEADLINE_METRICS.map((metric) => ({
      shown: metricValue(metric, run.values[metric]),
      value: run.values[metric],
    })),
  ]);
  const heads = HEADLINE_METRICS.map((metric) => figure(metricTitle(metric)));
  const words = ['Started', 'Verdict', 'Scenario', 'App', 'Against baseline'].map(text);
  return table({
    caption: 'Newest first; a run whose files are here leads to its report',
    columns: [...words, ...heads],
    rows,
    sortable: true,
    sorted: { column: 0, order: 'descending' },
  });
}

/** Of a side of `loadstar ab`, instead of a baseline. */
function abText({ ab_side, ab_verdict }: IndexRun): string {
  if (ab_side === null) return UNKNOWN;
  return ab_verdict === null ? `ab ${ab_side}` : `ab ${ab_side}: ${ab_verdict}`;
}

const COMMIT_LENGTH = 9;

/** Version and commit of the app under test, as far as they are known. */
function tested({ version, branch, commit }: IndexRun): Markup {
  const [first, ...others] = [version, branch, commit?.slice(0, COMMIT_LENGTH)].filter((it) => it);
  return html`${first ?? '–'}${others.length > 0 && html`<small>${others.join(' · ')}</small>`}`;
}
