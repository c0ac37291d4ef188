/** Histograms as InfluxDB merges them: counts are added, the extremes are those of all. */
import { flux, fluxExpression, type ParameterizedQuery } from '@influxdata/influxdb-client';
import { BUCKET_FIELD, type Histogram, histogramOf } from '../contract/histogram.ts';
import { HISTOGRAM } from '../contract/live-schema.ts';

export interface HistogramRow {
  readonly _field: string;
  readonly _value: number;
}

/**
 * A row a bucket, and one for each extreme. The points are named three times, since storage merges only what has a single
 * reader.
 * @param points of one measurement with histograms; @param by tags that keep histograms apart
 */
export function mergedHistograms(points: ParameterizedQuery, by: readonly string[]): ParameterizedQuery {
  const columns = fluxExpression(JSON.stringify([...by, '_field']));
  // A selector keeps all columns of its row: tables of one union must have the same.
  const kept = fluxExpression(JSON.stringify([...by, '_field', '_value']));
  const extreme = (field: string, call: string) => flux`${points}
      |> filter(fn: (r) => r._field == ${field})
      |> group(columns: ${columns})
      |> ${fluxExpression(`${call}()`)}
      |> group()
      |> keep(columns: ${kept})`;
  return flux`union(tables: [
    ${points}
      |> filter(fn: (r) => r._field =~ ${BUCKET_FIELD})
      |> group(columns: ${columns})
      |> sum()
      |> toFloat()
      |> group(),
    ${extreme(HISTOGRAM.min_field, 'min')},
    ${extreme(HISTOGRAM.max_field, 'max')},
  ])`;
}

/** @param keyOf what keeps histograms apart */
export function histogramsBy<T extends HistogramRow>(
  rows: readonly T[],
  keyOf: (row: T) => string,
): Record<string, Histogram> {
  const fields: Record<string, [string, number][]> = {};
  for (const row of rows) {
    const key = keyOf(row);
    fields[key] ??= [];
    fields[key].push([row._field, row._value]);
  }
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, of_key]) => {
      const histogram = histogramOf(of_key);
      return histogram ? [[key, histogram]] : [];
    }),
  );
}
