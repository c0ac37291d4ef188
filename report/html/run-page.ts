import { count, duration } from '../../contract/format.ts';
import { MOST_EXACT_VALUES, requestMetrics } from '../../contract/k6-metrics.ts';
import { metricBand, metricChange, metricLabel, metricTitle, metricValue } from '../../contract/metric-text.ts';
import {
  COMPARED_METRICS,
  LATENCY_METRICS,
  type LatencyMetric,
  METRICS,
  type MetricKey,
  TREND_METRICS,
  type TrendMetric,
} from '../../contract/metrics.ts';
import type { MetricComparison, RunSummary, SloResult } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import { isOfPart, k6MetricOf } from '../../contract/slo.ts';
import { summaryValue } from '../../contract/summary.ts';
import { COMPARISON_VERDICTS } from '../../contract/verdicts.ts';
import { abComparisons, abNotes } from '../text/ab.ts';
import { causeLines } from '../text/causes.ts';
import { failureLines } from '../text/failures.ts';
import { sentences, title, tone } from '../text/rows.ts';
import { abSection } from './ab-section.ts';
import type { RunPageData } from './data.ts';
import { barsOf } from './distribution.ts';
import { type PageAssets, page } from './document.ts';
import { generatorSection } from './generators.ts';
import { html, link, type Markup } from './html.ts';
import type { ReportInput } from './input.ts';
import { notes, section, time } from './parts.ts';
import { comparisonTable, distributionFigure, latencyFigure, loadFigure, requestTable } from './run-sections.ts';
import {
  causeMarkup,
  causesList,
  completenessTable,
  failedExamples,
  failureTables,
  sloTable,
  slowestExamples,
} from './run-tables.ts';
import { shadesOf, steadyTable } from './steady.ts';
import { symptomMarks, type TelemetryView, telemetryCharts, telemetrySection, viewOf } from './telemetry.ts';
import { trendFigures } from './trend.ts';
import { completenessLine, warnings } from './warnings.ts';

/** results/<run-id>/report.html: the verdict first, then what it rests on. */
export function runPage(input: ReportInput, assets: PageAssets): string {
  const { run } = input;
  const view = viewOf(input.telemetry, input.over_time, run.causes);
  const data = pageData(input, view);
  const target = telemetrySection(view, input.over_time);
  const body = html`${header(input)}
<main id="main">
${verdictBlock(input)}
${run.ab && section('ab', 'Base and head', abSection(run.ab))}
${section('figures', run.ab_run ? `Key figures of ${run.ab_run.side}` : 'Key figures', cards(input), facts(run))}
${run.ab_run && run.slos.length === 0 ? null : section('slos', 'Service level objectives', sloTable(run.slos))}
${run.failures && section('failures', 'What failed', failureTables(run.failures), failedExamples(run))}
${run.causes && section('causes', 'Why', causesList(run.causes))}
${section('over-time', 'Over time', latencyFigure(input, data), loadFigure(input), steadyTable(run, input.over_time))}
${target && section('target', 'The target', target)}
${section('distribution', 'Distribution of latencies', distributionFigure(input, data))}
${section('requests', 'By request', requestTable(input), slowestExamples(run))}
${run.ab_run ? null : section('comparison', 'Compared with the baseline', comparisonTable(run.comparison))}
${run.ab_run ? null : section('trend', 'Trend over the history', trendFigures(input.history))}
${section('data', 'Can these figures be believed?', html`<p>${completenessLine(run)}.</p>`, generatorSection(run), completenessTable(run))}
</main>
${footer(input)}`;
  return page(`${input.title}: ${title(run).toLowerCase()}, ${run.testid}`, body, data, assets);
}

function pageData({ run, over_time, histogram, history }: ReportInput, view: TelemetryView | null): RunPageData {
  const { latency } = run;
  const marks = latency
    ? COMPARED_METRICS.flatMap((metric) =>
        METRICS[metric].unit === 'ms' ? [{ label: metricLabel(metric), at_ms: latency[metric as LatencyMetric] }] : [],
      )
    : [];
  const bars = histogram && barsOf(histogram.counts);
  const ab = run.ab ? { comparisons: abComparisons(run.ab), least_change: run.ab.least_change } : null;
  return {
    page: 'run',
    shades: shadesOf(run, over_time),
    over_time,
    telemetry: telemetryCharts(view, over_time, run.causes),
    symptom: symptomMarks(over_time, run.causes),
    limit_ms: p95Limit(run),
    bars,
    marks,
    history,
    testid: run.testid,
    ab,
  };
}

function p95Limit({ slos, protocol = 'http' }: RunSummary): number | null {
  const of = ({ indicator, metric }: SloResult) => k6MetricOf({ indicator, ...(metric ? { metric } : {}) });
  const { duration } = requestMetrics(protocol);
  return (
    slos.find((slo) => slo.indicator === 'p95_ms' && of(slo) === duration && slo.request === null && !isOfPart(slo))
      ?.limit ?? null
  );
}

function header({ run, title: heading }: ReportInput): Markup {
  const { app } = run;
  const tested = [app.version, app.branch, app.commit?.slice(0, 12)].filter(Boolean).join(' · ');
  return html`<header>
<a class="skip" href="#main">To the verdict</a>
<nav aria-label="Reports"><a href="../index.html">All runs</a></nav>
<h1>${heading}</h1>
<p class="lead">${run.project && html`${run.project} · `}${run.profile} profile against ${run.target.name} · ${time(run.started)} · ${duration(run.duration_s)}${tested && html` · ${tested}`}</p>
<p class="id"><code>${run.testid}</code></p>
</header>`;
}

function verdictBlock({ run, notes: missing }: ReportInput): Markup {
  const lines = [...abNotes(run), ...warnings(run), ...missing];
  const [first, ...others] = sentences(run).filter((sentence) => !lines.includes(sentence));
  return html`<section class="verdict tone-${tone(run)}" aria-labelledby="verdict">
<h2 id="verdict">${title(run)}</h2>
<p>${first}</p>
${others.map((sentence) => html`<p>${sentence}</p>`)}
${run.ab_run?.side === 'base' && html`<p>This run was the base of a comparison: <a href="../${encodeURIComponent(run.ab_run.other)}/${REPORT_FILE}">the report of head</a> has its result.</p>`}
${notes(failureLines(run))}
${causeLines(run, 1).map((line) => html`<p>Cause: ${causeMarkup(line)}</p>`)}
${notes(lines)}
</section>
`;
}

function cards({ run }: ReportInput): Markup {
  return html`<div class="cards">
${TREND_METRICS.map((metric) => card(run, metric))}
</div>`;
}

function card(run: RunSummary, metric: TrendMetric): Markup {
  const value = summaryValue(run, metric);
  const row = run.comparison?.metrics.find(
    (it) => it.metric === metric && it.request === null && it.plateau === undefined,
  );
  return html`<div class="card"><h3>${metricTitle(metric)}</h3>
<p class="value">${value === null ? 'no request' : metricValue(metric, value)}</p>
${row && row.baseline !== null ? change(row) : run.ab_run === undefined && html`<p class="change">no baseline yet</p>`}</div>
`;
}

function change(row: MetricComparison): Markup {
  const { metric, baseline, low, high, verdict } = row;
  return html`<p class="change"><strong class="tone-${COMPARISON_VERDICTS[verdict].tone}">${metricChange(metric, row)}</strong> compared with ${metricValue(metric, baseline)}</p>
<p class="band">usual: ${metricBand(metric, low, high)}</p>`;
}

/** Figures beside those of the cards. */
const FACTS: readonly MetricKey[] = [
  'requests',
  ...LATENCY_METRICS.filter((metric) => metric !== 'p95_ms'),
  'checks_rate',
  'iterations',
  'dropped_iterations',
];

function facts(run: RunSummary): Markup {
  const rows = FACTS.map((metric) => [metricLabel(metric), metricValue(metric, summaryValue(run, metric))]);
  rows.push(['most users', count(run.vus_max)]);
  const counted = !run.generators && run.requests > MOST_EXACT_VALUES;
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${counted && html`<p>Percentiles are within 0.1 %: k6 keeps ${count(MOST_EXACT_VALUES)} values of a metric, and counts them if there are more.</p>`}`;
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
