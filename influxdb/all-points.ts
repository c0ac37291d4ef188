/** All points of a part of the bucket of records, with their types. */
import { type FluxTableMetaData, flux } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { RUN_DETAIL } from '../contract/runs.ts';

const HISTOGRAMS = 'histograms';

/** @param stop not part of it */
export function fromRuns(start: Date, stop: Date): string {
  return flux`from(bucket: ${BUCKETS.runs.name}) |> range(start: ${start}, stop: ${stop})`.toString();
}

/**
 * A row a field is what InfluxDB answers by itself. Of histograms, which have a field a bucket and are by far the most, a
 * row a histogram costs both sides a fraction (docs/decisions/0057-retention.md); fields of other points differ in type.
 * @param points Flux
 */
export function yieldPoints(points: string): string {
  return `points = ${points}
points
  |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.histogram}")
  |> drop(columns: ["_start", "_stop"])
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> yield(name: "${HISTOGRAMS}")
points
  |> filter(fn: (r) => r._measurement != "${RUN_DETAIL.histogram}")
  |> yield(name: "others")`;
}

/** Whether a row of {@link yieldPoints} is a whole histogram, and not a field of another point. */
export function isHistogram(values: string[], meta: FluxTableMetaData): boolean {
  return meta.get(values, 'result') === HISTOGRAMS;
}
