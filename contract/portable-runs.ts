/**
 * Records of runs as a file, so that a history can move between InfluxDBs: JSON Lines, first {@link PortableHeader}, then
 * a {@link PortableRun} a line, oldest first. The same history gives the same bytes. docs/ci.md says what it is for.
 */
import { RUN_DETAIL, RUN_MEASUREMENT } from './runs.ts';

export const PORTABLE = {
  format: 'loadstar-runs',
  version: 1,
  /** 10,000 requests (the series limit) of 300 buckets each are about 36 MB: a longer line is none of ours. */
  most_line_bytes: 64 * 2 ** 20,
  /** A run every ten minutes for two years. */
  most_runs: 100_000,
  /** Measurements that may go with a record. */
  details: Object.values(RUN_DETAIL),
} as const;

export interface PortableHeader {
  format: string;
  version: number;
}

/** InfluxDB refuses a number of another type than the one it has: so fields are kept by type. Empty groups are left out. */
export interface PortableFields {
  text?: Record<string, string>;
  float?: Record<string, number>;
  integer?: Record<string, number>;
  boolean?: Record<string, boolean>;
}

/** A point beside the record. Its tags are those of the record and these. */
export interface PortableDetail {
  measurement: string;
  /** ISO 8601, UTC; left out where it is the start of the run. */
  at?: string;
  tags?: Record<string, string>;
  fields: PortableFields;
}

/** One run, whole: whatever fields the record has, its comparison among them, and the points beside it. */
export interface PortableRun {
  testid: string;
  scenario: string;
  profile: string;
  target: string;
  branch: string | null;
  /** ISO 8601, UTC, to the millisecond: with the tags it identifies the record. */
  started: string;
  record: PortableFields;
  details: PortableDetail[];
}

/** Longer texts are none of ours; InfluxDB itself refuses 64 KiB. */
const MOST_TEXT = 32_768;
const MOST_TAG = 2_048;
/** A histogram has a field a bucket: 1 % of accuracy from 1 ns to 1 day are about 1,600. */
const MOST_FIELDS = 4_096;
const MOST_DETAILS = 50_000;
/** No leading underscore, and not `time`: those names are InfluxDB's own. */
const FIELD_NAME = '^(?!time$)[a-zA-Z][a-zA-Z0-9_.-]{0,127}$';
const MOST_SAFE_INTEGER = 2 ** 53 - 1;

const time = { type: 'string', pattern: '^(19[7-9]|2[01])[0-9]+-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$' } as const;
/** A line break would end the point it is written into; a backslash at the end would swallow what follows. */
const tag = {
  type: 'string',
  minLength: 1,
  maxLength: MOST_TAG,
  pattern: '^[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u001f\\u007f\\\\]$',
} as const;

function valuesOf<const T extends object>(value: T) {
  return {
    type: 'object',
    maxProperties: MOST_FIELDS,
    propertyNames: { pattern: FIELD_NAME },
    additionalProperties: value,
  } as const;
}

const fields = {
  type: 'object',
  properties: {
    text: valuesOf({ type: 'string', maxLength: MOST_TEXT }),
    float: valuesOf({ type: 'number' }),
    integer: valuesOf({ type: 'integer', minimum: -MOST_SAFE_INTEGER, maximum: MOST_SAFE_INTEGER }),
    boolean: valuesOf({ type: 'boolean' }),
  },
  additionalProperties: false,
} as const;

export const PORTABLE_HEADER_SCHEMA = {
  type: 'object',
  properties: { format: { type: 'string', const: PORTABLE.format }, version: { type: 'integer' } },
  required: ['format', 'version'],
  additionalProperties: false,
} as const;

export const PORTABLE_RUN_SCHEMA = {
  type: 'object',
  properties: {
    testid: tag,
    scenario: tag,
    profile: tag,
    target: tag,
    branch: { anyOf: [tag, { type: 'null' }] },
    started: time,
    record: fields,
    details: {
      type: 'array',
      maxItems: MOST_DETAILS,
      items: {
        type: 'object',
        properties: {
          measurement: { type: 'string', enum: PORTABLE.details },
          at: time,
          tags: {
            type: 'object',
            maxProperties: 8,
            propertyNames: { pattern: FIELD_NAME, not: { enum: ['scenario', 'profile', 'target', 'branch'] } },
            additionalProperties: tag,
          },
          fields,
        },
        required: ['measurement', 'fields'],
        additionalProperties: false,
      },
    },
  },
  required: ['testid', 'scenario', 'profile', 'target', 'branch', 'started', 'record', 'details'],
  additionalProperties: false,
} as const;

/** Every measurement that a file may bring. */
export const PORTABLE_MEASUREMENTS: readonly string[] = [RUN_MEASUREMENT, ...PORTABLE.details];
