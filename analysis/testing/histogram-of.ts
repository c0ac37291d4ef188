import { GAMMA, type Histogram } from '../../contract/histogram.ts';

/** As the k6 output counts values, and InfluxDB adds the counts of several. */
export function histogramOfValues(values: readonly number[]): Histogram {
  const counts: Record<string, number> = {};
  for (const value of values) {
    const index = Math.floor(Math.log(Math.abs(value)) / Math.log(GAMMA));
    const bucket = value === 0 ? 'z' : `${value > 0 ? 'b' : 'n'}${index}`;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { counts, min: Math.min(...values), max: Math.max(...values) };
}
