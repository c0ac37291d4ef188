import type { OutputSpec } from '../../../contract/outputs.ts';
import type { Frame } from '../flux.ts';

/**
 * How metrics are read in one of the two layouts (docs/schema.md). Dashboards and alert rules ask through this alone, so
 * they are the same for both. Every function returns Flux.
 */
export interface MetricsSchema {
  readonly name: OutputSpec['schema'];
  readonly bucket: string;
  /** Packages that `percentiles` needs. */
  readonly imports: readonly string[];
  /** Defines `percentiles(tables, by)` for what {@link distribution} returns: one table of `by`, a column a percentile, n. */
  readonly percentiles_function: string;
  /** How right percentiles over the whole run are, and what a line shows at each step: for descriptions. */
  readonly accuracy: string;
  readonly steps: string;
  /** Whether the load generator tells how it fares. */
  readonly generator_health: boolean;

  /** What `percentiles` takes: all samples of a trend in the frame, apart by `by`. */
  distribution(frame: Frame, metric: string, by: readonly string[]): string;
  /** Percentiles of a trend over the frame: one table of `by`, a column a percentile, n. Needs `percentiles` defined. */
  percentilesOf(frame: Frame, metric: string, by: readonly string[]): string;
  /** The highest sample of a trend: tables of `by`, `_value`. */
  highest(frame: Frame, metric: string, by: readonly string[]): string;
  /** A metric over the frame: one table of `by`, `value` (sum) and `count` (samples), floats. */
  sums(frame: Frame, metric: string, by: readonly string[]): string;
  /** Sum of a counter or rate in each step: tables of `by`, `_value`. */
  sumsOverTime(frame: Frame, metric: string, by: readonly string[]): string;
  /** Share of a rate's samples that were not 0, in each step: tables of `by`, `_value`. */
  shareOverTime(frame: Frame, metric: string, by: readonly string[]): string;
  /** Percentiles of a trend in each step: tables by `_field` (p50 …). What a step longer than a window shows, see there. */
  percentilesOverTime(frame: Frame, metric: string, percentiles: readonly string[]): string;
  /** Means of several trends in each step: tables by `metric`. */
  meansOverTime(frame: Frame, metrics: readonly string[]): string;
  /** Samples in each step by upper bound in ms: tables by `_field`. */
  heatmap(frame: Frame, metric: string, bounds_ms: readonly number[]): string;
  /** Users of all generators in each step: one table. */
  usersOverTime(frame: Frame): string;
}
