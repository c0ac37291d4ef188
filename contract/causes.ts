/** Causes of a symptom: what summary.json, the record and all messages say of them. */
import { z } from 'zod';
import { METRIC_KEYS } from './metrics.ts';
import { TELEMETRY_KINDS, type TelemetryKind } from './telemetry.ts';

const time = z.iso.datetime();

/** What the causes are sought for: the first of what failed, by its time. */
const symptom = z.strictObject({
  /** slo: a limit failed · regression: worse than its baseline · knee: the step of `breakpoint` that failed. */
  kind: z.enum(['slo', 'regression', 'knee']),
  metric: z.enum(METRIC_KEYS),
  /** `name` tag; null for all requests. */
  request: z.string().nullable(),
  /** The limit, or the upper end of what the baseline runs do. null: none is known. */
  limit: z.number().nullable(),
  /** The first second in which it was beyond that. */
  at: time,
});

const cause = z.strictObject({
  component: z.string(),
  series: z.string(),
  instance: z.string(),
  kind: z.enum(Object.keys(TELEMETRY_KINDS) as [TelemetryKind, ...TelemetryKind[]]),
  unit: z.string(),
  /** limit: it reached its limit · level: it left the level that it has otherwise. */
  change: z.enum(['limit', 'level']),
  at: time,
  /** Its level while the symptom was there, in its unit. */
  value: z.number(),
  limit: z.number().nullable(),
  /** Its level without the symptom: before it, or in the baseline runs. null: not known. */
  usual: z.number().nullable(),
  /** Baseline runs that it was compared with. */
  baseline_runs: z.int(),
  /** The highest level of it in these runs. null without any. */
  baseline_most: z.number().nullable(),
  /** One sentence for a person. */
  sentence: z.string(),
});

/** Left out of a summary without a symptom, and without telemetry. */
export const causes = z.strictObject({
  symptom,
  /** The most likely first; empty: no cause found. */
  ranked: z.array(cause),
  /** Series that were looked at. */
  series: z.int(),
});

export type Causes = z.output<typeof causes>;
export type Cause = z.output<typeof cause>;
export type Symptom = z.output<typeof symptom>;
