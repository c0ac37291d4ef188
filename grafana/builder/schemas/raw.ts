/** The layout of the stock outputs: a point a sample, field `value`. Exact, and slow where there are many. */
import { BUCKETS } from '../../../contract/buckets.ts';
import { called, columns, type Frame, PERCENTILES_OF_VALUES, select } from '../flux.ts';
import type { MetricsSchema } from './schema.ts';

const bucket = BUCKETS.raw.name;
const fields = ['value'];

/** A metric of a script may have samples of no request: `pivot` would give them an empty name (NO_TEXT). */
function samples(frame: Frame, metric: string, by: readonly string[]): string {
  const named = by.includes('name');
  return `${select(frame, { bucket, measurement: metric, fields, by: named ? 'request' : 'scenario' })}${named ? '\n  |> filter(fn: (r) => exists r.name)' : ''}
  |> group(columns: ${columns(by)})`;
}

function stepped(frame: Frame, fn: string): string {
  return `aggregateWindow(every: ${frame.every}, fn: ${fn}, createEmpty: false)`;
}

/** Sum and number of samples side by side. */
function sumAndCount(tables: string, by: readonly string[]): string {
  return `{
  samples = ${tables}
  return union(tables: [
      samples |> sum() |> map(fn: (r) => ({r with _field: "value"})),
      samples |> count() |> toFloat() |> map(fn: (r) => ({r with _field: "count"})),
    ])
    |> group()
    |> pivot(rowKey: ${columns(by)}, columnKey: ["_field"], valueColumn: "_value")
}`;
}

export const RAW_SCHEMA: MetricsSchema = {
  name: 'raw',
  bucket,
  imports: [],
  percentiles_function: PERCENTILES_OF_VALUES,
  accuracy: 'exact, from every sample',
  steps: 'Each point is exact for its step.',
  generator_health: false,

  distribution: (frame, metric, by) => samples(frame, metric, by),
  percentilesOf: (frame, metric, by) => `${samples(frame, metric, by)}\n  |> percentiles(by: ${columns(by)})`,
  highest: (frame, metric, by) => `${samples(frame, metric, by)}\n  |> max()`,
  sums: (frame, metric, by) => called(sumAndCount(samples(frame, metric, by), by)),
  sumsOverTime: (frame, metric, by) => `${samples(frame, metric, by)}\n  |> ${stepped(frame, 'sum')}`,
  // Of samples that are 0 or 1 the mean is the share.
  shareOverTime: (frame, metric, by) => `${samples(frame, metric, by)}\n  |> ${stepped(frame, 'mean')}`,

  // Exact in every step, however long.
  percentilesOverTime(frame, metric, percentiles) {
    const one = (name: string) => `values
    |> ${stepped(frame, `(column, tables=<-) => tables |> quantile(q: ${Number(name.slice(1)) / 100}, method: "exact_mean", column: column)`)}
    |> map(fn: (r) => ({_time: r._time, _value: r._value, _field: "${name}"}))`;
    return called(`{
  values = ${samples(frame, metric, [])}
  return ${percentiles.length > 1 ? `union(tables: [${percentiles.map(one).join(', ')}])` : percentiles.map(one).join()}
    |> group(columns: ["_field"])
}`);
  },

  meansOverTime(frame, metrics) {
    const measurements = metrics.map((metric) => `r._measurement == "${metric}"`).join(' or ');
    const scope = [frame.run, frame.scenario].filter(Boolean).join(' and ');
    return `from(bucket: "${bucket}")
  |> ${frame.range}
  |> filter(fn: (r) => ${measurements})
  |> filter(fn: (r) => ${scope} and r._field == "value")
  |> group(columns: ["_measurement"])
  |> ${stepped(frame, 'mean')}
  |> map(fn: (r) => ({_time: r._time, metric: r._measurement, _value: r._value}))
  |> group(columns: ["metric"])`;
  },

  heatmap(frame, metric, bounds_ms) {
    const bound = bounds_ms.map((ms) => `if r._value <= ${ms.toFixed(1)} then "${ms}"`).join(' else ');
    return `${samples(frame, metric, [])}
  |> map(fn: (r) => ({_time: r._time, _value: r._value, _field: ${bound} else "+Inf"}))
  |> group(columns: ["_field"])
  |> window(every: ${frame.every})
  |> count()
  |> duplicate(column: "_stop", as: "_time")
  |> group(columns: ["_field"])
  |> keep(columns: ["_time", "_value", "_field"])`;
  },

  usersOverTime(frame) {
    return `${select(frame, { bucket, measurement: 'vus', fields, by: 'run' })}
  |> group(columns: ["instance"])
  |> ${stepped(frame, 'max')}
  |> group(columns: ["_time"])
  |> sum()
  |> group()
  |> sort(columns: ["_time"])`;
  },
};
