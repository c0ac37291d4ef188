import { count, ms, number, percent } from '../contract/format.ts';
import { compareTables } from './compare-tables.ts';
import type { IndexPageData, ListedRun } from './data.ts';
import { barsOf } from './distribution.ts';
import { type PageAssets, page } from './document.ts';
import { groupOf, historyOf } from './groups.ts';
import { html, type Markup } from './html.ts';
import type { IndexInput, IndexRun } from './input.ts';
import {
  badge,
  type Cell,
  chart,
  figure,
  moment,
  notes,
  STATUS_TONE,
  section,
  table,
  text,
  time,
  VERDICT_TONE,
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
  return { ...run, bars: histogram && barsOf(histogram, BAR_WIDTH) };
}

function header({ runs, more }: IndexInput): Markup {
  const newest = runs[0];
  const shown = more
    ? `The ${count(runs.length)} newest runs; older ones are in InfluxDB.`
    : `${count(runs.length)} runs.`;
  return html`<header>
<a class="skip" href="#runs">To the table of runs</a>
<h1>Load test runs</h1>
<p class="lead">${shown}${newest && html` The last one: ${newest.scenario}, ${time(newest.started)}, ${badge(newest.status, STATUS_TONE[newest.status])}`}</p>
</header>`;
}

function content({ runs: input }: IndexInput, runs: readonly ListedRun[]): Markup {
  const newest = runs[0] as ListedRun;
  const groups = [...new Set(runs.map(groupOf))];
  const same = historyOf(groupOf(newest), runs);
  const before = same.at(-2) ?? runs[1] ?? newest;
  return html`${section('runs', 'Runs', runTable(input))}
${section(
  'trend',
  'Trend',
  html`<p><label for="group">Scenario, profile and target</label> <select id="group">${groups.map((group) => html`<option>${group}</option>`)}</select></p>`,
  html`<div id="trend-figures">${trendFigures(same)}</div>`,
)}
${section(
  'compare',
  'Compare two runs',
  chooser(runs, before, newest),
  html`<div id="compare-tables" aria-live="polite">${compareTables(before, newest)}</div>`,
  chart({
    id: 'overlay',
    summary: 'Distributions of the latencies of A and B, one over the other; the tables above have their percentiles.',
    caption: html`<strong>Distributions.</strong> Share of each run's requests by latency, on a logarithmic axis.`,
  }),
)}`;
}

function chooser(runs: readonly ListedRun[], before: ListedRun, after: ListedRun): Markup {
  const options = (chosen: ListedRun) =>
    runs.map(
      (run) =>
        html`<option value="${run.testid}"${run.testid === chosen.testid && html` selected`}>${moment(run.started)} · ${groupOf(run)} · ${run.status}</option>
`,
    );
  return html`<div class="chooser">
<p><label for="run-a">A, before</label> <select id="run-a">${options(before)}</select></p>
<p><label for="run-b">B, after</label> <select id="run-b">${options(after)}</select></p>
</div>
<p class="hint" id="compare-hint" role="status"></p>`;
}

function runTable(runs: readonly IndexRun[]): Markup {
  const maybe = (value: number | null, write: (value: number) => string): Cell => ({
    shown: value === null ? '–' : write(value),
    value,
  });
  const rows = runs.map((run): Cell[] => [
    {
      shown: run.page ? html`<a href="${run.page}">${moment(run.started)}</a>` : moment(run.started),
      value: run.started,
    },
    { shown: run.scenario, value: run.scenario },
    { shown: `${run.profile}, ${run.target}`, value: `${run.profile}, ${run.target}` },
    { shown: [run.version, run.commit?.slice(0, 12)].filter(Boolean).join(' ') || '–', value: run.commit ?? '' },
    { shown: badge(run.status, STATUS_TONE[run.status]), value: run.status },
    {
      shown: run.comparison ? badge(run.comparison, VERDICT_TONE[run.comparison]) : '–',
      value: run.comparison ?? '',
    },
    maybe(run.requests, count),
    maybe(run.values.rps, (value) => `${number(value)}/s`),
    maybe(run.p50_ms, ms),
    maybe(run.values.p95_ms, ms),
    maybe(run.p99_ms, ms),
    maybe(run.values.error_rate, percent),
  ]);
  const heads = ['Requests', 'Throughput', 'p50', 'p95', 'p99', 'Errors'].map(figure);
  const words = ['Started', 'Scenario', 'Profile, target', 'App', 'Status', 'Against baseline'].map(text);
  return table({
    caption: 'Newest first; a run whose files are here leads to its report',
    columns: [...words, ...heads],
    rows,
    sortable: true,
    sorted: { column: 0, order: 'descending' },
  });
}
