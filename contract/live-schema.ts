/**
 * How the `loadstar` output writes the bucket `k6`: one point a series and window. The Go code in k6/output writes it;
 * a test runs the real output and holds what it wrote against this.
 */
import type { Histogram } from './histogram.ts';
import { METRICS, PERCENTILE_METRICS } from './metrics.ts';

export const HISTOGRAM = {
  /** A bucket's representative is this close to every value in it: 1 %. */
  relative_accuracy: 0.01,
  /** Fields `b<i>` hold positive values, `n<i>` negative ones, `z` zero; each an integer count. */
  positive_prefix: 'b',
  negative_prefix: 'n',
  zero_field: 'z',
  /** Exact extremes of the samples, beside the buckets. */
  min_field: 'min',
  max_field: 'max',
} as const;

/**
 * Measurements beside `<metric>` itself. k6's metric names have no dots, so none can collide. A query that sums must
 * name exactly one of them: they hold the same samples, rolled up in different ways.
 */
export const MEASUREMENT = {
  /** Histogram of a trend, by series and window. */
  histogram: (metric: string) => `${metric}.hist`,
  /** A scenario over all its requests, by window: the fields of `<metric>`. */
  scenario: (metric: string) => `${metric}.scenario`,
  scenario_histogram: (metric: string) => `${metric}.scenario.hist`,
  /** Since the run began, one point that is overwritten: by scenario, and for http metrics by request name too. */
  run: (metric: string) => `${metric}.run`,
  /** Counts between coarse bounds, by scenario and window; the field is the upper bound in ms. */
  heatmap: (metric: string) => `${metric}.heatmap`,
  /** CPU, memory and scheduling of the generator, queue and flush of the output: every second. */
  generator: 'loadstar.generator',
  /** A generator that has come to its end, and how it fared: one without this point is running, or was killed. */
  end: 'loadstar.end',
  /** Written with it, a point a metric (tag `metric`): what InfluxDB must hold of this generator. */
  sent: 'loadstar.sent',
  /** Which batches of a generator, from `first` to `batch`, a part of the merged points holds. */
  merged: 'loadstar.merged',
  /** A k6 threshold that begins (`broken` true) or ceases to fail; the tag `threshold` says which. */
  breach: 'loadstar.breach',
  /** What a k6 threshold compares with its limit since the run began, one point that is overwritten: `value`, `ok`, `count`. */
  threshold: 'loadstar.threshold',
} as const;

/** Tag of merged points: what mergers that followed each other wrote are parts, which together are all, with what generators wrote themselves. */
export const PART_TAG = 'part';

/** Begins the first line of a batch, a comment: its generator's start in Unix nanoseconds, and the number of the batch. */
export const BATCH_PREFIX = '# loadstar ';

/** The argument that makes Loadstar's k6 merge what generators write. */
export const MERGE_COMMAND = 'merge-generators';

/** Variable with the token that the merger reads with, and that may end its generators; it writes with theirs. */
export const MERGE_READ_TOKEN = 'LOADSTAR_MERGE_READ_TOKEN';

/** Upper bounds of the heatmap's rows, in ms; beyond the last one the field is `+Inf`. */
export const HEATMAP_BOUNDS_MS = [
  1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000,
] as const;

/** Percentiles that every window of a trend carries, exact for that window. */
export const WINDOW_PERCENTILES = PERCENTILE_METRICS.map((key) => METRICS[key].label);

/** `name` of all series beyond the limit of series. */
export const OVERFLOW_NAME = '__other__';

/** Longest value of a tag: InfluxDB takes 64 KiB for a whole series, and nobody reads a longer label. */
export const LONGEST_TAG_BYTES = 1_024;

/**
 * A generator says each second that it lives (MEASUREMENT.generator, field `window_s`). Silent for longer, and without its end,
 * it is lost, until it is heard again: four times the usual age of its newest point, and early enough to be said within 5 s.
 */
export const LOST_AFTER_S = 4;

/** From here on the generator's own delay counts as saturation (docs/decisions/0009). */
export const SATURATED_DELAY_MS = 10;

/** What the live data says of a span of time: all of it merges, so it is right for any span of whole windows. */
export interface SpanFigures {
  /** Length of the whole windows in the span. */
  readonly span_s: number;
  /** Users with an iteration under way, on average. */
  readonly users: number;
  /** Median over its seconds of the delay that the generator itself adds to one request in a hundred. */
  readonly generator_delay_ms: number;
  readonly scenarios: Readonly<Record<string, ScenarioFigures>>;
}

export interface ScenarioFigures {
  readonly requests: number;
  readonly dropped_iterations: number;
  readonly all: RequestSpan;
  /** By `name` tag, those that were asked for. */
  readonly named: Readonly<Record<string, RequestSpan>>;
}

export interface RequestSpan {
  /** In ms; null without a request. */
  readonly latency: Histogram | null;
  /** By k6 metric. k6 gives checks no request, so those of one request have none. */
  readonly rates: Readonly<Record<string, Share>>;
}

/** Of a rate: samples that were not 0, and all. */
export interface Share {
  readonly value: number;
  readonly count: number;
}
