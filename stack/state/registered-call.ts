/** The file of a call in the registry: its schema and its types. Reading zod takes 0.25 s: `loadstar stop` does without. */
import { z } from 'zod';
import { abRun } from '../../contract/ab-schema.ts';
import type { Slo } from '../../contract/slo.ts';
import type { RunStart } from '../../influxdb/run-points.ts';

/** A Date becomes an ISO text in JSON. */
const date = z.iso.datetime().transform((text) => new Date(text));
const nullableText = z.string().nullable();
const process = z.object({ pid: z.int(), birth: z.string() });

/** `rest`: `host:port` of its REST API, as k6 sees it. */
const registeredK6 = z.discriminatedUnion('kind', [
  process.extend({ kind: z.literal('process'), rest: z.string() }),
  // Nothing else ever gets its name. `client` creates it; earlier versions did not write that.
  z.object({
    kind: z.literal('container'),
    name: z.string(),
    rest: z.string(),
    client: process.exactOptional(),
  }),
]);

const runStart = z.object({
  testid: z.string(),
  project: z.string().default(''),
  scenario: z.string(),
  profile: z.string(),
  target: z.string(),
  branch: nullableText,
  started: date,
  planned_end: date,
  app_version: nullableText,
  app_commit: nullableText,
  engine: z.string(),
  outputs: z.array(z.string()).readonly(),
  configuration: nullableText.exactOptional(),
  confirms: nullableText.exactOptional(),
  ab_run: abRun.nullable().exactOptional(),
}) satisfies z.ZodType<RunStart>;

/** All that a later call needs to finish the record of a run whose own call was killed. No secrets. */
const unfinishedRun = z.object({
  run: runStart,
  /** Where its files are: checkouts may share a state directory. */
  results_dir: z.string(),
  target: z.object({ base_url: z.string(), name: z.string() }),
  k6_version: z.string(),
  /** As this process has validated them before. */
  slos: z.array(z.custom<Slo>((value) => typeof value === 'object' && value !== null)).readonly(),
});

export const registeredCall = z.object({
  /** The process of `loadstar run`. */
  call: process,
  /** What it loads, for messages. */
  target: z.string(),
  since: z.iso.datetime(),
  /** It has received the signal to stop, and has passed it on to k6. */
  stopping: z.boolean(),
  /** Runs whose record is not finished, the newest last. `k6`: one element a generator. */
  runs: z.array(unfinishedRun.extend({ k6: z.array(registeredK6) })),
});

export type UnfinishedRun = z.infer<typeof unfinishedRun>;
export type RegisteredK6 = z.infer<typeof registeredK6>;
/** As it is in its file, which `name` identifies. */
export type RegisteredCall = z.input<typeof registeredCall> & { readonly name: string };
