/** What k6 v1.8.1 hands to `handleSummary`: the parts that Loadstar reads. Durations are ms. */
import { z } from 'zod';
import { TREND_STATISTICS } from './metrics.ts';

/** k6 writes no number for infinities, which a script may have added to its own metrics. */
const figure = z.number().catch(Number.NaN);
function figures<K extends string>(names: readonly K[]) {
  return Object.fromEntries(names.map((name) => [name, figure])) as Record<K, typeof figure>;
}

const thresholds = z.record(z.string(), z.object({ ok: z.boolean() })).exactOptional();

const k6Metric = z.discriminatedUnion('type', [
  z.object({ type: z.literal('counter'), values: z.object({ count: figure, rate: figure }), thresholds }),
  z.object({ type: z.literal('gauge'), values: z.object({ value: figure, min: figure, max: figure }), thresholds }),
  z.object({ type: z.literal('rate'), values: z.object({ rate: figure, passes: figure, fails: figure }), thresholds }),
  z.object({
    type: z.literal('trend'),
    // Those of thresholds are there too.
    values: z.looseObject(figures(TREND_STATISTICS)),
    thresholds,
  }),
]);

export const k6Summary = z.object({
  /** By name; a submetric that has a threshold is `name{tag:value}`. */
  metrics: z.record(z.string(), k6Metric),
  state: z.object({ testRunDurationMs: z.number() }),
});

export type K6Metric = z.infer<typeof k6Metric>;
export type K6Trend = Extract<K6Metric, { type: 'trend' }>;
export type K6Summary = z.infer<typeof k6Summary>;

/** Whether k6 has a value of the metric. A counter and a gauge have one from the start. */
export function hasSamples(metric: K6Metric): boolean {
  switch (metric.type) {
    case 'trend':
      return metric.values.count > 0;
    case 'rate':
      return metric.values.passes + metric.values.fails > 0;
    default:
      return true;
  }
}
