import type { CommandContext } from '../lib/context.ts';
import type { Config } from './load-config.ts';
import { RETENTION_VARIABLES } from './retention-times.ts';

/** The call with what the configuration says of retention, where its environment says nothing. */
export function applyRetention(context: CommandContext, { retention = {} }: Pick<Config, 'retention'>): CommandContext {
  const entries = Object.entries(RETENTION_VARIABLES) as [keyof typeof RETENTION_VARIABLES, string][];
  const said = entries.flatMap(([bucket, name]) => {
    const text = context.env[name] || retention[bucket];
    return text ? [[name, text] as const] : [];
  });
  return { ...context, env: { ...context.env, ...Object.fromEntries(said) } };
}
