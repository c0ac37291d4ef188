import type { BucketKey } from '../contract/buckets.ts';
import type { EnvName } from '../contract/env.ts';
import type { Retention, RetentionChange } from '../influxdb/setup.ts';
import { ageText, FOREVER, parseAge_s } from '../lib/age.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import type { Config } from './load-config.ts';

/** The variable that sets the retention of a bucket. */
const RETENTION_VARIABLES = {
  live: 'RETENTION_LIVE',
  raw: 'RETENTION_RAW',
  runs: 'RETENTION_RUNS',
  target: 'RETENTION_TARGET',
} as const satisfies Record<BucketKey, EnvName>;

/** Reads the retention of the buckets from the environment. Buckets without a variable keep theirs. @throws LoadstarError (usage) */
export function readRetention(env: Readonly<Record<string, string | undefined>>): Retention {
  const settings = Object.entries(RETENTION_VARIABLES).flatMap(([bucket, name]) => {
    const text = env[name];
    if (!text) return [];
    const kept_s = text === FOREVER ? 0 : parseAge_s(text);
    if (kept_s !== null) return [[bucket, kept_s] as const];
    throw usageError(
      `${name} to be a time such as 30d, 12h or 2w, or ${FOREVER}`,
      `\`${text}\``,
      `for example ${name}=30d`,
    );
  });
  return Object.fromEntries(settings);
}

/** Describes a change. InfluxDB deletes older data within half an hour of it. */
export function describeRetention({ bucket, from_s, to_s }: RetentionChange): string {
  const shorter = to_s !== 0 && (from_s === 0 || to_s < from_s);
  const deletes = shorter ? ': what is older is deleted' : '';
  return `the bucket ${bucket} keeps ${ageText(to_s)} from now on, before ${ageText(from_s)}${deletes}`;
}

/** Adds the retention of the configuration to the environment, which wins. */
export function applyRetention(context: CommandContext, { retention = {} }: Pick<Config, 'retention'>): CommandContext {
  const entries = Object.entries(RETENTION_VARIABLES) as [keyof typeof RETENTION_VARIABLES, string][];
  const settings = entries.flatMap(([bucket, name]) => {
    const text = context.env[name] || retention[bucket];
    return text ? [[name, text] as const] : [];
  });
  return { ...context, env: { ...context.env, ...Object.fromEntries(settings) } };
}
