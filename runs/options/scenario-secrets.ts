import { usageError } from '../../lib/errors.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

/**
 * Adds the environment variables that scenarios read themselves (`secrets` of their files).
 * @param env of the project
 * @throws LoadstarError (usage) for one that is not set: with an empty text a scenario would only measure rejected requests
 */
export function withScenarioSecrets(
  options: RunOptions,
  scenarios: Iterable<CatalogueScenario>,
  env: Readonly<Record<string, string | undefined>>,
): RunOptions {
  const { script } = options;
  const pairs = [...scenarios].flatMap(({ name, secrets = [] }) =>
    secrets
      .filter((variable) => !Object.hasOwn(script.env, variable))
      .map((variable) => {
        const value = env[variable];
        if (value) return [variable, value] as const;
        throw usageError(
          `the environment variable ${variable} to be set`,
          'it is not set',
          `set it: the scenario \`${name}\` names it in \`secrets\``,
        );
      }),
  );
  return { ...options, script: { ...script, env: { ...script.env, ...Object.fromEntries(pairs) } } };
}
