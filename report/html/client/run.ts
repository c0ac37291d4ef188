/** The script of results/<run-id>/report.html. */
import './style.ts';
import { TREND_METRICS } from '../../../contract/metrics.ts';
import type { RunPageData } from '../data.ts';
import { distributionChart } from './distribution-chart.ts';
import { pageData, plotOf } from './dom.ts';
import { mount } from './mount.ts';
import { makeSortable } from './sort.ts';
import { latencyChart, loadChart } from './time-charts.ts';
import { trendChart } from './trend-chart.ts';

const data = pageData<RunPageData>();
const { over_time, bars, marks, limit_ms, history, testid } = data;

if (over_time) {
  mount(plotOf('latency'), latencyChart(over_time, limit_ms));
  mount(plotOf('load'), loadChart(over_time));
}
if (bars) mount(plotOf('distribution'), distributionChart([{ label: 'requests', bars }], marks, limit_ms));
for (const metric of TREND_METRICS) mount(plotOf(`trend-${metric}`), trendChart(metric, history, testid));
for (const table of document.querySelectorAll('table[data-sortable]')) makeSortable(table as HTMLTableElement);
