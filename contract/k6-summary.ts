/** What k6 v1.8.1 hands to `handleSummary`: the parts that Loadstar reads. Durations are ms. */
import type { TREND_STATISTICS } from './metrics.ts';

export interface K6Thresholds {
  readonly [expression: string]: { readonly ok: boolean };
}

export interface K6Counter {
  readonly type: 'counter';
  readonly values: { readonly count: number; readonly rate: number };
  readonly thresholds?: K6Thresholds;
}

export interface K6Gauge {
  readonly type: 'gauge';
  readonly values: { readonly value: number; readonly min: number; readonly max: number };
  readonly thresholds?: K6Thresholds;
}

export interface K6Rate {
  readonly type: 'rate';
  readonly values: { readonly rate: number; readonly passes: number; readonly fails: number };
  readonly thresholds?: K6Thresholds;
}

export interface K6Trend {
  readonly type: 'trend';
  readonly values: Readonly<Record<(typeof TREND_STATISTICS)[number], number>>;
  readonly thresholds?: K6Thresholds;
}

export type K6Metric = K6Counter | K6Gauge | K6Rate | K6Trend;

export interface K6Summary {
  /** By name; a submetric that has a threshold is `name{tag:value}`. */
  readonly metrics: Readonly<Record<string, K6Metric>>;
  readonly state: { readonly testRunDurationMs: number };
}
