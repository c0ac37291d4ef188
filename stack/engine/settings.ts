import { createHmac } from 'node:crypto';
import { CHANNELS, SMTP } from '../../contract/channels.ts';
import type { EnvName } from '../../contract/env.ts';
import type { EngineContext } from './engine.ts';

/** Variable → digest of its value. What a server was started with is kept beside it, without secrets. */
export type Settings = Readonly<Record<string, string>>;

const DIGEST_DIGITS = 16;

/** Its token is made by the set-up of InfluxDB, and read at the start too. */
export const INFLUX_TOKEN_SETTING = 'its token of InfluxDB';

/** Variables of the notification channels, mail included. */
export const CHANNEL_VARIABLES: readonly EnvName[] = [
  ...new Set<EnvName>([
    ...Object.values(CHANNELS).flatMap(({ needs, settings }) => [...needs, ...Object.values<EnvName>(settings)]),
    ...(Object.keys(SMTP) as EnvName[]),
  ]),
];

/** Variables that Grafana reads only when it starts. */
const START_VARIABLES: readonly EnvName[] = [...CHANNEL_VARIABLES, 'GRAFANA_ANONYMOUS', 'PUBLIC_GRAFANA_URL'];

/** Digests of what Grafana is started with. @param key keeps a short password from being guessed by its digest */
export function grafanaSettings(env: EngineContext['env'], key: string): Settings {
  return Object.fromEntries(
    START_VARIABLES.flatMap((name) => {
      const value = env[name]?.trim();
      return value ? [[name, digest(key, value)]] : [];
    }),
  );
}

export function digest(key: string, value: string): string {
  return createHmac('sha256', key).update(value).digest('hex').slice(0, DIGEST_DIGITS);
}

/** Names what is set, changed or removed. @returns null if nothing is */
export function describeChange(before: Settings, now: Settings): string | null {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  const changes = names.flatMap((name) => {
    if (before[name] === now[name]) return [];
    return [
      `${name} ${before[name] === undefined ? 'is set' : now[name] === undefined ? 'is removed' : 'has changed'}`,
    ];
  });
  return changes.length > 0 ? changes.join(', ') : null;
}
