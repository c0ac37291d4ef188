/** The script of results/index.html: the choosers of history and of two runs. */
import './style.ts';
import { TREND_METRICS } from '../../../contract/metrics.ts';
import { compareTables } from '../compare-tables.ts';
import type { IndexPageData, ListedRun } from '../data.ts';
import { groupOf, historyOf } from '../groups.ts';
import { second } from '../parts.ts';
import { trendFigures } from '../trend.ts';
import { distributionChart } from './distribution-chart.ts';
import { elementOf, pageData, plotOf } from './dom.ts';
import { mount } from './mount.ts';
import { makeSortable } from './sort.ts';
import { trendChart } from './trend-chart.ts';

const { runs } = pageData<IndexPageData>();

/** A chosen pair can be sent on as an address: index.html#a=…&b=… */
function chosen(): { readonly a: ListedRun | undefined; readonly b: ListedRun | undefined } {
  const find = (id: string) => runs.find(({ testid }) => testid === elementOf<HTMLSelectElement>(id)?.value);
  return { a: find('run-a'), b: find('run-b') };
}

function readAddress(): void {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const [id, name] of [
    ['run-a', 'a'],
    ['run-b', 'b'],
  ] as const) {
    const select = elementOf<HTMLSelectElement>(id);
    const value = wanted.get(name);
    if (select && value && runs.some(({ testid }) => testid === value)) select.value = value;
  }
}

function showTrend(group: string): void {
  const history = historyOf(group, runs);
  const place = elementOf('trend-figures');
  if (!place) return;
  place.innerHTML = trendFigures(history).text;
  for (const metric of TREND_METRICS) mount(plotOf(`trend-${metric}`), trendChart(metric, history, null));
}

function showComparison(): void {
  const { a, b } = chosen();
  const place = elementOf('compare-tables');
  if (!a || !b || !place) return;
  place.innerHTML = compareTables(a, b).text;
  for (const table of place.querySelectorAll('table[data-sortable]')) makeSortable(table as HTMLTableElement);
  const hint = elementOf('compare-hint');
  if (hint) hint.textContent = hintOf(a, b);
  const series = [a, b].flatMap((run, index) =>
    run.bars ? [{ label: `${'AB'[index]}, ${second(run.started)}`, bars: run.bars }] : [],
  );
  mount(plotOf('overlay'), series.length > 0 ? distributionChart(series, [], null) : null);
}

function hintOf(a: ListedRun, b: ListedRun): string {
  if (a.testid === b.testid) return 'A and B are the same run.';
  if (groupOf(a) !== groupOf(b))
    return 'A and B are different tests or targets: their difference is not one of the app.';
  return '';
}

readAddress();
const group = elementOf<HTMLSelectElement>('group');
group?.addEventListener('change', () => showTrend(group.value));
if (group) showTrend(group.value);
for (const id of ['run-a', 'run-b']) {
  elementOf(id)?.addEventListener('change', () => {
    const { a, b } = chosen();
    if (a && b) history.replaceState(null, '', `#${new URLSearchParams({ a: a.testid, b: b.testid })}`);
    showComparison();
  });
}
showComparison();
for (const table of document.querySelectorAll('table[data-sortable]')) makeSortable(table as HTMLTableElement);
