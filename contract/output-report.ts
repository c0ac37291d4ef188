/** output-report.json: what the `loadstar` output says at its end (K6_LOADSTAR_REPORT_FILE). The Go code writes it. */
import { z } from 'zod';

export const generatorReport = z.strictObject({
  /** Its own delays are part of what it measured: a slow load generator must not pass for a slow target. */
  saturated: z.boolean(),
  saturated_s: z.int(),
  longest_s: z.int(),
  seconds: z.int(),
  peak_machine_cpu: z.number(),
  peak_resident_bytes: z.int(),
});

/** What the summary of a run repeats. */
export const outputCounts = z.strictObject({
  points: z.int(),
  /** Line protocol, and what of it went over the wire after gzip. */
  bytes: z.int(),
  sent_bytes: z.int(),
  series: z.int(),
  /** Batches that wait on disk for the next call. */
  spooled_batches: z.int(),
  rejected_batches: z.int(),
  lost_points: z.int(),
  /** InfluxDB's words on the first points that it refused for good; left out if it took all of them. */
  refusal: z.string().exactOptional(),
  /** How long no request had got an answer when the output ended the run for it; left out if it did not. */
  no_answer_s: z.int().exactOptional(),
});

export const outputReport = z.object({
  /** Samples received, by metric. */
  samples: z.record(z.string(), z.number()),
  /** Those among them that are no numbers, which InfluxDB cannot store. */
  dropped: z.record(z.string(), z.number()),
  ...outputCounts.shape,
  overflow: z
    .object({
      limit: z.int(),
      refused: z.int(),
      at_fault: z.object({ tag: z.string(), values: z.int(), examples: z.array(z.string()) }),
      named: z.string(),
    })
    .nullable(),
  generator: generatorReport,
});

export type GeneratorReport = z.infer<typeof generatorReport>;
export type OutputReport = z.infer<typeof outputReport>;
