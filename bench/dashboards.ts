import { InfluxDB } from '@influxdata/influxdb-client';
import { median } from '../analysis/statistics.ts';
import { type DashboardKey, GRAFANA } from '../contract/grafana.ts';
import { RunStore } from '../influxdb/runs.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { dashboards, interpolated, panelsOf, queriesOf, type Selection } from '../tests/lib/dashboards.ts';
import { writeHistory } from '../tests/lib/records.ts';

export interface DashboardTime {
  readonly title: string;
  readonly queries: number;
  /** All of them at once, as a browser asks: from the first question to the last answer. */
  readonly all_ms: number;
  /** One after the other. */
  readonly sum_ms: number;
  /** By what asked, slowest first. */
  readonly each_ms: readonly (readonly [string, number])[];
}

const REPEATS = 5;
/** A panel of half the width shows about so many points. */
const POINTS = 600;

/** What a dashboard costs InfluxDB: the queries of its panels. */
export async function timeDashboard(
  influx: InfluxAccess,
  key: DashboardKey,
  selection: Omit<Selection, 'step'>,
  repeats = REPEATS,
): Promise<DashboardTime> {
  const { uid, title } = GRAFANA.dashboards[key];
  const dashboard = dashboards.find((it) => it.uid === uid);
  if (!dashboard) throw new Error(`expected a dashboard ${uid}`);
  const step_s = Math.max(1, Math.ceil((selection.to.getTime() - selection.from.getTime()) / 1_000 / POINTS));
  const panels = new Set(panelsOf(dashboard).map((panel) => panel.title));
  const queries = queriesOf(dashboard)
    .filter(([name]) => panels.has(name.slice(0, -2)))
    .map(([name, flux]) => [name, interpolated(flux, { ...selection, step: `${step_s}s` })] as const);
  const api = new InfluxDB({ url: influx.url, token: influx.tokens.grafana, timeout: 300_000 }).getQueryApi(influx.org);
  const all: number[] = [];
  const each = new Map<string, number[]>();
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    all.push(await timed(() => Promise.all(queries.map(([, flux]) => api.collectRows(flux)))));
    for (const [name, flux] of queries) {
      each.set(name, [...(each.get(name) ?? []), await timed(() => api.collectRows(flux))]);
    }
  }
  const each_ms = [...each].map(([name, times]) => [name, median(times)] as const).sort(([, a], [, b]) => b - a);
  const sum_ms = each_ms.reduce((sum, [, ms]) => sum + ms, 0);
  return { title, queries: queries.length, all_ms: median(all), sum_ms, each_ms };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started_ms = performance.now();
  await work();
  return performance.now() - started_ms;
}

/** Records of so many runs of one scenario, a day apart. */
export async function writeRuns(influx: InfluxAccess, count: number): Promise<void> {
  const store = new RunStore({ url: influx.url, org: influx.org, token: influx.tokens.cli });
  const levels = Array.from({ length: Math.ceil(count / 6) }, (_, index) => 100 + (index % 7));
  await writeHistory(store, { scenario: 'search', profile: 'smoke', target: 'bench' }, levels);
}
