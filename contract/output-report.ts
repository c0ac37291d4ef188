/** output-report.json: what the `loadstar` output says at its end (K6_LOADSTAR_REPORT_FILE). The Go code writes it. */
import { z } from 'zod';

/**
 * What the generator adds itself: the share of requests that waited longer for it than so many ms, by the bounds of
 * HEATMAP_BOUNDS_MS. A bound that nothing waited longer for is left out.
 */
export const generatorDelay = z.record(z.string(), z.number());

export const generatorReport = z.strictObject({
  seconds: z.int(),
  peak_machine_cpu: z.number(),
  peak_resident_bytes: z.int(),
  /** Left out if it is unknown, as of an older output. */
  delayed: generatorDelay.exactOptional(),
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

/** A host that the run tried and must not load (k6/output/hostguard). */
export const refusedHost = z.strictObject({
  host: z.string(),
  /** Requests, sockets and calls of the script; 0: those of pages alone. */
  attempts: z.int(),
  /** Requests of pages, as for images and scripts of other hosts. */
  browser_requests: z.int(),
});

/** One way to fail, how often, and when first. */
const outputCause = z.object({
  /** Of the request or the check; of an answer that of the first request. */
  name: z.string(),
  /** 0 where no answer came, and of a check. */
  status: z.int(),
  error_code: z.int(),
  count: z.int(),
  /** How many there were of the name; of an answer, how many requests. */
  of: z.int(),
  first: z.string(),
});

/** What failed, the most frequent first. Totals count also what is not listed. */
const outputFailures = z.object({
  failed_requests: z.int(),
  failed_checks: z.int(),
  /** Of all requests together: what came back. */
  answers: z.array(outputCause),
  requests: z.array(outputCause),
  checks: z.array(outputCause),
});

/** Where the load was made, as the output sees it. */
const machineReport = z.object({
  /** As the system names it; the architecture if it does not. */
  cpu_model: z.string(),
  /** Cores that k6 may use, which a container's CPU quota limits. */
  cores: z.int(),
  /** Of the machine; 0: unknown. */
  memory_bytes: z.int(),
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
  /** When the generator made load, as contract/load-span.ts defines it; left out if no iteration began. */
  load: z.object({ from: z.string(), to: z.string() }).exactOptional(),
  /** URLs of requests without a name that share one by their pattern; left out if none do. */
  grouped: z.object({ urls: z.int(), names: z.int(), name: z.string() }).exactOptional(),
  /** Metrics of thresholds that saw no sample, with a tag of the selector that no sample has so; left out if all did. */
  unmatched: z
    .array(
      z.object({
        metric: z.string(),
        tag: z.string().exactOptional(),
        value: z.string().exactOptional(),
        values: z.array(z.string()).exactOptional(),
      }),
    )
    .exactOptional(),
  /** Left out if there were none. */
  refused_hosts: z.array(refusedHost).exactOptional(),
  /** null where an older output wrote the report. */
  failures: outputFailures.nullable().default(null),
  generator: generatorReport,
  /** null where an older output wrote the report. */
  machine: machineReport.nullable().default(null),
});

export type GeneratorReport = z.infer<typeof generatorReport>;
export type MachineReport = z.infer<typeof machineReport>;
export type RefusedHost = z.infer<typeof refusedHost>;
export type OutputReport = z.infer<typeof outputReport>;
export type OutputCause = z.infer<typeof outputCause>;
export type OutputFailures = z.infer<typeof outputFailures>;
