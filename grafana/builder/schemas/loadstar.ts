/** The layout of our own output: a point a series and window, with rollups and mergeable histograms. */
import { BUCKETS } from '../../../contract/buckets.ts';
import { builtInType, PROTOCOL_NAMES, requestMetrics } from '../../../contract/k6-metrics.ts';
import { MEASUREMENT, WINDOW_PERCENTILES } from '../../../contract/live-schema.ts';
import {
  called,
  columns,
  type Frame,
  HISTOGRAM_IMPORTS,
  mergedHistograms,
  PERCENTILES_OF_HISTOGRAMS,
  SHOWN_METRICS,
  SLO_TRENDS,
  select,
} from '../flux.ts';
import type { MetricsSchema } from './schema.ts';

const bucket = BUCKETS.live.name;

/** Metrics that have a rollup of the run by request name (k6/output/rollup.go). */
const ROLLED_UP_BY_NAME = [
  ...PROTOCOL_NAMES.flatMap((name) => Object.values<string>(requestMetrics(name))),
  ...Object.values<string>(SHOWN_METRICS),
  SLO_TRENDS,
];
const ROLLED_UP_COLUMNS = ['scenario', 'name', '_measurement'];

/** The run so far is one point a scenario, or request: if that is enough it is read, else every window. */
function soFar(
  frame: Frame,
  metric: string,
  by: readonly string[],
): { readonly measurement: string; readonly of_names: string } | null {
  const named = by.includes('name');
  if (!frame.whole_run || !by.every((column) => ROLLED_UP_COLUMNS.includes(column))) return null;
  if (named && !ROLLED_UP_BY_NAME.includes(metric)) return null;
  return { measurement: MEASUREMENT.run(metric), of_names: `filter(fn: (r) => ${named ? '' : 'not '}exists r.name)` };
}

/** Columns that windows over all requests of a scenario have too. */
const SCENARIO_COLUMNS = ['scenario', 'testid'];

/** The windows to read: those over all requests hold the same samples in far fewer series. */
function windowsOf(frame: Frame, metric: string, by: readonly string[]): string {
  const all_requests = !frame.only_request && by.every((column) => SCENARIO_COLUMNS.includes(column));
  return all_requests ? MEASUREMENT.scenario(metric) : metric;
}

function scopeOf(by: readonly string[]): 'scenario' | 'request' {
  return by.includes('name') ? 'request' : 'scenario';
}

/**
 * Floats in one table. Flux takes its time by table, and one may not hold several types: storage makes a table a field,
 * where there was one a series.
 */
const ONE_TABLE_A_FIELD = `group(columns: ["_field"])
    |> toFloat()
    |> group()`;

/**
 * Steps of each series first, which storage does by itself, then of their groups. Both times by the start of the step:
 * the second pass would move a point at its end into the next step.
 */
function stepped(frame: Frame, fn: 'sum' | 'max', group: readonly string[]): string {
  const step = (source: string) => `aggregateWindow(every: ${frame.every}, fn: ${fn}, createEmpty: false${source})`;
  return `${step(', timeSrc: "_start"')}
  |> group(columns: ${columns(group)})
  |> ${step('')}`;
}

export const LOADSTAR_SCHEMA: MetricsSchema = {
  name: 'loadstar',
  bucket,
  imports: HISTOGRAM_IMPORTS,
  percentiles_function: PERCENTILES_OF_HISTOGRAMS,
  accuracy: 'from merged histograms (within 1 %)',
  steps:
    'Each point is exact for its window; of several generators, and where the screen has fewer points than windows, it is the highest.',
  generator_health: true,

  distribution(frame, metric, by) {
    const rollup = soFar(frame, metric, by);
    const measurement = rollup?.measurement ?? MEASUREMENT.histogram(windowsOf(frame, metric, by));
    const points = select(frame, { bucket, measurement, by: scopeOf(by) });
    return mergedHistograms(rollup ? `${points}\n  |> ${rollup.of_names}` : points, by);
  },

  // The run so far has its percentiles beside its histogram, from which they are: where each group is one such point (one
  // generator, one scenario) they are read, and merged otherwise. Merging 20 requests takes half a second, reading 20 ms.
  percentilesOf(frame, metric, by) {
    const merged = `${this.distribution(frame, metric, by)}\n  |> percentiles(by: ${columns(by)})`;
    const rollup = soFar(frame, metric, by);
    if (!rollup) return merged;
    const points = (fields: readonly string[]) =>
      `${select(frame, { bucket, measurement: rollup.measurement, fields, by: scopeOf(by) })}
    |> ${rollup.of_names}`;
    return called(`{
  parts = ${points(['count'])}
    |> group(columns: ${columns(by)})
    |> count()
    |> group()
    |> max()
    |> findColumn(fn: (key) => true, column: "_value")
  read = ${points([...WINDOW_PERCENTILES, 'count'])}
    |> ${ONE_TABLE_A_FIELD}
    |> pivot(rowKey: ${columns(['testid', ...by])}, columnKey: ["_field"], valueColumn: "_value")
    |> rename(columns: {count: "n"})
    |> keep(columns: ${columns([...by, ...WINDOW_PERCENTILES, 'n'])})
  return if length(arr: parts) > 0 and parts[0] == 1 then read else ${merged}
}`);
  },

  highest(frame, metric, by) {
    const rollup = soFar(frame, metric, by);
    const measurement = rollup?.measurement ?? windowsOf(frame, metric, by);
    return `${select(frame, { bucket, measurement, fields: ['max'], by: scopeOf(by) })}${rollup ? `\n  |> ${rollup.of_names}` : ''}
  |> group(columns: ${columns(by)})
  |> max()`;
  },

  sums(frame, metric, by) {
    const rollup = soFar(frame, metric, by);
    const measurement = rollup?.measurement ?? windowsOf(frame, metric, by);
    const sum = metric === SHOWN_METRICS.duration || builtInType(metric) === 'trend' ? 'sum' : 'value';
    return `${select(frame, { bucket, measurement, fields: [sum, 'count'], by: scopeOf(by) })}${rollup ? `\n  |> ${rollup.of_names}` : ''}
  |> group(columns: ${columns([...by, '_field'])})
  |> sum()
  |> ${ONE_TABLE_A_FIELD}
  |> pivot(rowKey: ${columns(by)}, columnKey: ["_field"], valueColumn: "_value")${sum === 'sum' ? '\n  |> rename(columns: {sum: "value"})' : ''}`;
  },

  sumsOverTime(frame, metric, by) {
    return `${select(frame, { bucket, measurement: metric, fields: ['value'], by: scopeOf(by) })}
  |> ${stepped(frame, 'sum', by)}`;
  },

  shareOverTime(frame, metric, by) {
    return `${select(frame, { bucket, measurement: metric, fields: ['value', 'count'], by: scopeOf(by) })}
  |> ${stepped(frame, 'sum', [...by, '_field'])}
  |> toFloat()
  |> pivot(rowKey: ${columns(['_time', ...by])}, columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({r with _value: r.value / r.count}))
  |> drop(columns: ["value", "count"])
  |> group(columns: ${columns(by)})`;
  },

  // A window's own percentiles are exact. Of several windows the highest: an average of percentiles is a number that
  // nobody measured.
  percentilesOverTime(frame, metric, percentiles) {
    return `${select(frame, { bucket, measurement: MEASUREMENT.scenario(metric), fields: percentiles })}
  |> ${stepped(frame, 'max', ['_field'])}
  |> keep(columns: ["_time", "_value", "_field"])`;
  },

  // Sums of time over counts, so that windows weigh by their samples.
  meansOverTime(frame, metrics) {
    const measurements = metrics.map((metric) => `r._measurement == "${MEASUREMENT.scenario(metric)}"`).join(' or ');
    const scope = [frame.run, frame.scenario].filter(Boolean).join(' and ');
    return `from(bucket: "${bucket}")
  |> ${frame.range}
  |> filter(fn: (r) => ${measurements})
  |> filter(fn: (r) => ${scope})
  |> filter(fn: (r) => r._field == "sum" or r._field == "count")
  |> ${stepped(frame, 'sum', ['_measurement', '_field'])}
  |> toFloat()
  |> pivot(rowKey: ["_time", "_measurement"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({
    _time: r._time,
    metric: strings.trimSuffix(v: r._measurement, suffix: "${MEASUREMENT.scenario('')}"),
    _value: r.sum / r.count,
  }))
  |> group(columns: ["metric"])`;
  },

  heatmap(frame, metric) {
    return `${select(frame, { bucket, measurement: MEASUREMENT.heatmap(metric) })}
  |> ${stepped(frame, 'sum', ['_field'])}
  |> keep(columns: ["_time", "_value", "_field"])`;
  },

  usersOverTime(frame) {
    // One table of all generators: Flux takes its time by table.
    return `${select(frame, { bucket, measurement: 'vus', fields: ['value'], by: 'run' })}
  |> aggregateWindow(every: ${frame.every}, fn: max, createEmpty: false, timeSrc: "_start")
  |> group()
  |> aggregateWindow(every: ${frame.every}, fn: sum, createEmpty: false)
  |> sort(columns: ["_time"])`;
  },
};
