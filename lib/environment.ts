import { ENV, type EnvName } from '../contract/env.ts';
import { usageError } from './errors.ts';

type PortVariable = Extract<EnvName, `${string}_PORT`>;

/** The declared variables that are set. An empty variable counts as unset where it is optional, such as a secret in CI. */
export type Environment = { readonly [Name in EnvName]?: string } & {
  /** Whether the variable is set, and empty. */
  isEmpty(name: EnvName): boolean;
  /** @throws LoadstarError (usage) if the value is no port */
  port(name: PortVariable): number;
};

const LAST_PORT = 65_535;

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.keys(ENV).flatMap((name) => (env[name]?.trim() ? [[name, env[name]] as const] : []));
  const values = Object.fromEntries(set) as { [Name in EnvName]?: string };
  return {
    ...values,
    isEmpty: (name) => env[name]?.trim() === '',
    port(name) {
      const text = values[name] ?? ENV[name].default;
      const port = Number(text);
      if (Number.isInteger(port) && port > 0 && port <= LAST_PORT) return port;
      throw usageError(
        `${name} to be a port, 1 to ${LAST_PORT}`,
        `\`${text}\``,
        `unset ${name}, or set it to a free port`,
      );
    },
  };
}
