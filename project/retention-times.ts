import type { BucketKey } from '../contract/buckets.ts';
import type { EnvName } from '../contract/env.ts';
import type { Retention, RetentionChange } from '../influxdb/setup.ts';
import { ageText, FOREVER, parseAge_s } from '../lib/age.ts';
import { usageError } from '../lib/errors.ts';

/** The variable that says how long a bucket keeps. */
export const RETENTION_VARIABLES = {
  live: 'RETENTION_LIVE',
  raw: 'RETENTION_RAW',
  runs: 'RETENTION_RUNS',
} as const satisfies Record<BucketKey, EnvName>;

/** What the environment says; buckets that it says nothing of stay as they are. @throws LoadstarError (usage) */
export function readRetention(env: Readonly<Record<string, string | undefined>>): Retention {
  const said = Object.entries(RETENTION_VARIABLES).flatMap(([bucket, name]) => {
    const text = env[name];
    if (!text) return [];
    const kept_s = text === FOREVER ? 0 : parseAge_s(text);
    if (kept_s !== null) return [[bucket, kept_s] as const];
    throw usageError(`${name} to be a time such as 30d, 12h or 2w, or ${FOREVER}`, `\`${text}\``);
  });
  return Object.fromEntries(said);
}

/** Said whenever one has changed: what is older than a shorter one is gone within half an hour. */
export function describeRetention({ bucket, from_s, to_s }: RetentionChange): string {
  const shorter = to_s !== 0 && (from_s === 0 || to_s < from_s);
  const deletes = shorter ? ': what is older is deleted' : '';
  return `the bucket ${bucket} keeps ${ageText(to_s)} from now on, before ${ageText(from_s)}${deletes}`;
}
