/**
 * Records of runs as a file, so that a history can move between InfluxDBs: JSON Lines, first {@link PortableHeader}, then
 * a {@link PortableRun} a line, oldest first. The same history gives the same bytes. docs/ci.md says what it is for.
 */
import { z } from 'zod';
import { PROJECT_NAME } from './project-name.ts';
import { RUN_DETAIL, RUN_MEASUREMENT, RUN_TAG_NAMES } from './runs.ts';

const SUMMARY: string = RUN_DETAIL.summary;

export const PORTABLE = {
  format: 'loadstar-runs',
  /** 2: runs have a project. Files of version 1 are read too. */
  version: 2,
  /** 10,000 requests (the series limit) of 300 buckets each are about 36 MB: a longer line is none of ours. */
  most_line_bytes: 64 * 2 ** 20,
  /** A run every ten minutes for two years. */
  most_runs: 100_000,
  /** Measurements that may go with a record. The rest of a file says what a summary says, in a format of its own. */
  details: Object.values(RUN_DETAIL).filter((it) => it !== SUMMARY),
} as const;

/** Longer texts are none of ours; InfluxDB itself refuses 64 KiB. */
const MOST_TEXT = 32_768;
const MOST_TAG = 2_048;
/** A histogram has a field a bucket: 1 % of accuracy from 1 ns to 1 day are about 1,600. */
const MOST_FIELDS = 4_096;
const MOST_TAGS = 8;
const MOST_DETAILS = 50_000;

/** No leading underscore, and not `time`: those names are InfluxDB's own. */
const fieldName = z.string().regex(/^(?!time$)[a-zA-Z][a-zA-Z0-9_.-]{0,127}$/, 'the name of a field');
const tagName = fieldName.regex(
  new RegExp(`^(?!(?:${RUN_TAG_NAMES.join('|')})$)`),
  'a tag that the record does not have',
);
/** ISO 8601, UTC, to the millisecond. */
const time = z
  .string()
  .regex(/^(19[7-9]|2[01])[0-9]+-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$/, 'a time such as 2026-11-24T10:45:23.123Z');
/** A line break would end the point it is written into; a backslash at the end would swallow what follows. */
const tag = z
  .string()
  .max(MOST_TAG)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
  .regex(/^[^\u0000-\u001f\u007f]*[^\u0000-\u001f\u007f\\]$/, 'a text of one line that does not end in a backslash');

const projectName = z.string().max(PROJECT_NAME.longest).regex(PROJECT_NAME.pattern, PROJECT_NAME.expected);

/** zod leaves `__proto__` out of a record without a word. */
function refusePrototype(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    context.addIssue({ code: 'custom', message: 'an object without `__proto__`' });
  }
  return value;
}

function recordOf<T extends z.ZodType>(name: z.ZodString, value: T, most: number) {
  const record = z
    .record(name, value)
    .refine((it) => Object.keys(it).length <= most, `an object of at most ${most} fields`)
    .meta({ maxProperties: most });
  return z.preprocess(refusePrototype, record).exactOptional();
}

/** InfluxDB refuses a number of another type than the one it has: so fields are kept by type. Empty groups are left out. */
const fields = z.strictObject({
  text: recordOf(fieldName, z.string().max(MOST_TEXT), MOST_FIELDS),
  float: recordOf(fieldName, z.number(), MOST_FIELDS),
  integer: recordOf(fieldName, z.int(), MOST_FIELDS),
  boolean: recordOf(fieldName, z.boolean(), MOST_FIELDS),
});

/** A point beside the record. Its tags are those of the record and these. */
const detail = z.strictObject({
  measurement: z.enum(PORTABLE.details as readonly string[]),
  /** Left out if it is the start of the run. */
  at: time.exactOptional(),
  tags: recordOf(tagName, tag, MOST_TAGS),
  fields,
});

export const portableHeader = z.strictObject({ format: z.literal(PORTABLE.format), version: z.int() });

/** One run, whole: whatever fields the record has, its comparison among them, and the points beside it. */
export const portableRun = z.strictObject({
  testid: tag,
  /** Left out by files of version 1, and for records from before they had a project. */
  project: projectName.exactOptional(),
  scenario: tag,
  profile: tag,
  target: tag,
  branch: tag.nullable(),
  /** With the tags it identifies the record. */
  started: time,
  record: fields,
  details: z.array(detail).max(MOST_DETAILS),
});

export type PortableHeader = z.infer<typeof portableHeader>;
export type PortableFields = z.infer<typeof fields>;
export type PortableDetail = z.infer<typeof detail>;
export type PortableRun = z.infer<typeof portableRun>;

/** Every measurement that a file may bring. */
export const PORTABLE_MEASUREMENTS: readonly string[] = [RUN_MEASUREMENT, ...PORTABLE.details];
