/** The script of results/<run-id>/report.html. */
import './style.ts';
import { TREND_METRICS } from '../../../contract/metrics.ts';
import { AB_CHOICE, AB_FIGURES, abFigures, firstShown } from '../ab-section.ts';
import type { RunPageData } from '../data.ts';
import { endOf } from '../telemetry.ts';
import { abChangeChart, abLevelChart } from './ab-charts.ts';
import { distributionChart } from './distribution-chart.ts';
import { elementOf, pageData, plotOf } from './dom.ts';
import { mount } from './mount.ts';
import { makeSortable } from './sort.ts';
import { telemetryChart } from './telemetry-chart.ts';
import { latencyChart, loadChart } from './time-charts.ts';
import { trendChart } from './trend-chart.ts';

const data = pageData<RunPageData>();
const { over_time, telemetry, symptom, shades, bars, marks, limit_ms, history, testid, ab } = data;

/** @param place of the list of all comparisons */
function showBlocks(place: number): void {
  const comparison = ab?.comparisons[place];
  if (!ab || !comparison) return;
  mount(plotOf('ab-change'), abChangeChart(comparison, ab.least_change));
  mount(plotOf('ab-levels'), abLevelChart(comparison));
}

if (ab) {
  showBlocks(firstShown(ab.comparisons));
  const choice = elementOf<HTMLSelectElement>(AB_CHOICE);
  choice?.addEventListener('change', () => {
    const chosen = ab.comparisons[Number(choice.value)];
    const figures = elementOf(AB_FIGURES);
    if (!chosen || !figures) return;
    figures.innerHTML = abFigures(chosen, ab.least_change).text;
    showBlocks(Number(choice.value));
  });
}

if (over_time) {
  const end_s = telemetry.length > 0 ? endOf(over_time) : null;
  mount(plotOf('latency'), latencyChart(over_time, limit_ms, shades, symptom, end_s));
  mount(plotOf('load'), loadChart(over_time, shades, end_s));
  for (const chart of telemetry) mount(plotOf(chart.id), telemetryChart(chart, endOf(over_time), shades, symptom));
}
if (bars) mount(plotOf('distribution'), distributionChart([{ label: 'requests', bars }], marks, limit_ms));
for (const metric of TREND_METRICS) mount(plotOf(`trend-${metric}`), trendChart(metric, history, testid));
for (const table of document.querySelectorAll('table[data-sortable]')) makeSortable(table as HTMLTableElement);
