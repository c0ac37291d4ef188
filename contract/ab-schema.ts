/**
 * What `loadstar ab` found: two builds of the target under the same load at the same time, block by block. It is the field
 * `ab` of the head's summary.json. summary-schema.ts includes it, and the published JSON Schema derives from there.
 */
import { z } from 'zod';

const nullableText = z.string().nullable();
const nullableNumber = z.number().nullable();
const time = z.iso.datetime();

/** From the worst to the best. `unclear`: the time was over before the answer was clear. */
export const AB_VERDICTS = ['regressed', 'unclear', 'same', 'improved'] as const;

/** One build. Its run is an ordinary one: results/<testid>/ and Grafana have all that it measured. */
const abSide = z.strictObject({
  testid: z.string(),
  target: z.strictObject({ base_url: z.string(), name: z.string() }),
  /** That started the build; null: it was there already. Secrets are masked. */
  command: nullableText,
  app: z.strictObject({ version: nullableText, commit: nullableText }),
});

/** Two adjacent blocks, one of each build. */
const abPair = z.strictObject({
  /** When it began, in seconds since the blocks began. */
  at_s: z.number(),
  base_ms: z.number(),
  head_ms: z.number(),
});

const abErrors = z.strictObject({
  /** Fractions of failed requests over all judged blocks. */
  base: z.number(),
  head: z.number(),
  /** More failures are looked for, and fewer are not. */
  verdict: z.enum(['regressed', 'same']),
});

/** The difference of latency between both builds: of one request, or of all together. */
const abComparison = z.strictObject({
  /** `name` tag of the request; null: all requests together, each with the weight of its number. */
  request: nullableText,
  verdict: z.enum(AB_VERDICTS),
  /** Typical latency (geometric mean over the judged blocks). */
  base_ms: z.number(),
  head_ms: z.number(),
  /** head − base, as the pairs show it: `change` of `base_ms`. */
  difference_ms: z.number(),
  /** head relative to base, a fraction: 0.1 is a tenth slower. The median of the paired differences (Hodges-Lehmann). */
  change: z.number(),
  /** Confidence interval of `change`; it holds for all looks and all requests together. null: too few pairs for one. */
  low: nullableNumber,
  high: nullableNumber,
  /** Percentiles over all judged blocks, for information: they are not judged. */
  base_p95_ms: z.number(),
  head_p95_ms: z.number(),
  /** Requests in judged blocks. */
  base_requests: z.int(),
  head_requests: z.int(),
  errors: abErrors,
  /** If unclear: how much longer the blocks would have to go on, in seconds. null: clear, or nobody can say. */
  needed_s: nullableNumber,
  /** One sentence for a person. */
  sentence: z.string(),
  pairs: z.array(abPair),
});

export const abResult = z.strictObject({
  base: abSide,
  head: abSide,
  verdict: z.enum(AB_VERDICTS),
  /** One sentence for a person. */
  sentence: z.string(),
  /** answer: it was clear · budget: the time was over · cut: a person, or the end of a build or of k6, ended it before. */
  end: z.enum(['answer', 'budget', 'cut']),
  /** First block to last. */
  started: time,
  ended: time,
  budget_s: z.number(),
  /** How much longer it would have to go on, in seconds, until all is clear. null: clear, or nobody can say. */
  needed_s: nullableNumber,
  blocks: z.strictObject({
    length_s: z.number(),
    /** Of each block, at its begin: what it measures is of both builds. */
    discarded_s: z.number(),
    /** Blocks at the begin that are not judged. */
    warm_up: z.int(),
    /** Which build had the load, block by block: A is base, B is head. */
    order: z.string(),
  }),
  /** The smallest change that is called regressed or improved, a fraction. */
  least_change: z.number(),
  /** The probability that builds that are equal are called regressed, over all looks and all requests: at most this. */
  false_alarms: z.number(),
  /** All requests together. null: too few blocks. */
  overall: abComparison.nullable(),
  /** By request, the worst verdict first, then the largest change. */
  requests: z.array(abComparison),
  /** Requests with too few answers in a block to be judged. */
  not_judged: z.array(z.string()),
});

/** Which side of `loadstar ab` a run was, and which run was the other. */
export const abRun = z.strictObject({ side: z.enum(['base', 'head']), other: z.string() });
