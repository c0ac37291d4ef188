import { count, duration, ms, number, percent } from '../../contract/format.ts';
import type { GeneratorsResult, RunSummary, SloResult } from '../../contract/results.ts';
import type { RunPageData } from './data.ts';
import { barsOf } from './distribution.ts';
import { type PageAssets, page } from './document.ts';
import { html, link, type Markup } from './html.ts';
import type { ComparisonRow, ReportInput } from './input.ts';
import { maybe, metricBand, metricChange, metricDifference, metricLabel, metricValue } from './metrics.ts';
import { badge, notes, rowTone, STATUS_TONE, section, time, VERDICT_TONE } from './parts.ts';
import { comparisonTable, distributionFigure, latencyFigure, loadFigure, requestTable } from './run-sections.ts';
import { completenessTable, sloTable } from './run-tables.ts';
import { trendFigures } from './trend.ts';
import { completenessLine, warnings } from './warnings.ts';

/** results/<run-id>/report.html: the verdict first, then what it rests on. */
export function runPage(input: ReportInput, assets: PageAssets): string {
  const { run } = input;
  const data = pageData(input);
  const body = html`${header(input)}
<main id="main">
${verdictBlock(input)}
${section('figures', 'Key figures', cards(input), facts(run))}
${section('slos', 'Service level objectives', sloTable(run.slos))}
${section('over-time', 'Over time', latencyFigure(input, data), loadFigure(input))}
${section('distribution', 'Distribution of latencies', distributionFigure(input, data))}
${section('requests', 'By request', requestTable(input))}
${section('comparison', 'Compared with the baseline', comparisonTable(input.comparison))}
${section('trend', 'Trend over the history', trendFigures(input.history))}
${section('data', 'Can these figures be believed?', html`<p>${completenessLine(run)}.</p>`, generator(run), completenessTable(run))}
</main>
${footer(input)}`;
  return page(`${input.title}: ${run.status}, ${run.testid}`, body, data, assets);
}

function pageData({ run, over_time, histogram, history }: ReportInput): RunPageData {
  const { latency } = run;
  const marks = latency
    ? [
        { label: 'p50', at_ms: latency.p50_ms },
        { label: 'p95', at_ms: latency.p95_ms },
        { label: 'p99', at_ms: latency.p99_ms },
      ]
    : [];
  const bars = histogram && barsOf(histogram.counts);
  return { page: 'run', over_time, limit_ms: p95Limit(run.slos), bars, marks, history, testid: run.testid };
}

function p95Limit(slos: readonly SloResult[]): number | null {
  return (
    slos.find(({ indicator, metric, request }) => indicator === 'p95_ms' && !metric && request === null)?.limit ?? null
  );
}

function header({ run, title }: ReportInput): Markup {
  const { app } = run;
  const tested = [app.version, app.branch, app.commit?.slice(0, 12)].filter(Boolean).join(' · ');
  return html`<header>
<a class="skip" href="#main">To the verdict</a>
<nav aria-label="Reports"><a href="../index.html">All runs</a></nav>
<h1>${title}</h1>
<p class="lead">${run.profile} profile against ${run.target.name} · ${time(run.started)} · ${duration(run.duration_s)}${tested && html` · ${tested}`}</p>
<p class="id"><code>${run.testid}</code></p>
</header>`;
}

function verdictBlock({ run, comparison, notes: missing }: ReportInput): Markup {
  const lines = [...warnings(run), ...missing];
  const compared = comparison?.verdict
    ? html`<p>${badge(comparison.verdict, VERDICT_TONE[comparison.verdict])} ${comparison.sentence ?? 'Compared with the baseline.'}</p>`
    : null;
  return html`<section class="verdict tone-${STATUS_TONE[run.status]}" aria-labelledby="verdict">
<h2 id="verdict">${run.status}</h2>
<p>${run.verdict}</p>
${compared}
${notes(lines)}
</section>
`;
}

function cards({ run, comparison }: ReportInput): Markup {
  const of = (...names: string[]) =>
    comparison?.rows.find(({ metric, request }) => request === null && names.includes(metric)) ?? null;
  return html`<div class="cards">
${card('P95 latency', run.latency && ms(run.latency.p95_ms), of('p95_ms'))}
${card('Throughput', `${number(run.throughput_rps)}/s`, of('throughput_rps'))}
${card('Error rate', run.requests > 0 ? percent(run.error_rate) : null, of('error_rate'))}
</div>`;
}

function card(label: string, value: string | null, row: ComparisonRow | null): Markup {
  const compared = row?.baseline === null ? null : row;
  return html`<div class="card"><h3>${label}</h3>
<p class="value">${value ?? 'no request'}</p>
${compared ? change(compared) : html`<p class="change">no baseline yet</p>`}</div>
`;
}

/** A rate's change in percentage points: "+100 %" of next to nothing is none. */
function change(row: ComparisonRow): Markup {
  const { metric, baseline, difference, low, high } = row;
  const by = metric.endsWith('_rate')
    ? maybe(difference, (it) => metricDifference(metric, it))
    : metricChange(row.change);
  return html`<p class="change"><strong class="tone-${rowTone(row)}">${by}</strong> against ${maybe(baseline, (it) => metricValue(metric, it))}</p>
<p class="band">usual: ${metricBand(metric, low, high)}</p>`;
}

function facts(run: RunSummary): Markup {
  const { latency } = run;
  const times = latency
    ? ([
        ['median', ms(latency.p50_ms)],
        [metricLabel('p99_ms'), ms(latency.p99_ms)],
        [metricLabel('max_ms'), ms(latency.max_ms)],
      ] as const)
    : [];
  const rows: readonly (readonly [string, string])[] = [
    ['requests', count(run.requests)],
    ...times,
    ['checks passed', run.checks_rate === null ? 'none made' : percent(run.checks_rate)],
    ['iterations', count(run.iterations)],
    ['dropped iterations', count(run.dropped_iterations)],
    ['most users', count(run.vus_max)],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function generator({ generator: report, generators }: RunSummary): Markup | null {
  const together = generators ? togetherText(generators) : null;
  if (!report) return together === null ? null : html`<p>${together}</p>`;
  const who = generators && generators.expected > 1 ? 'The busiest load generator' : 'The load generator';
  const state = report.saturated ? `saturated for ${duration(report.saturated_s)}` : 'had room at all times';
  return html`${together && html`<p>${together}</p>`}
<p>${who} ${state}; the CPU of its machine was at most ${percent(report.peak_machine_cpu)} busy.</p>`;
}

function togetherText({ expected, ended }: GeneratorsResult): string {
  if (expected === 1 && ended.length === 1) {
    return 'The figures are those in InfluxDB, percentiles within 1 %: k6 keeps nothing of a run as long as this.';
  }
  return `${ended.length} of ${expected} load generators came to their end; the figures are of all of them together, percentiles within 1 %.`;
}

function footer({ run, generated }: ReportInput): Markup {
  const { grafana } = run.links;
  // Several generators have a log each, where they ran.
  const log = run.generators && run.generators.expected > 1 ? null : html` · <a href="k6.log">k6.log</a>`;
  return html`<footer>
<p>${grafana && html`${link(grafana, 'This run in Grafana')} · `}<a href="summary.json">summary.json</a>${log}</p>
<p>Written by Loadstar ${time(generated)} · k6 v${run.k6_version} · outputs ${run.outputs.join(', ')} · engine ${run.engine} · target ${run.target.base_url || run.target.name}</p>
</footer>`;
}
