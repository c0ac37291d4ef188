import { usageError } from '../../lib/errors.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

/**
 * Adds the environment variables that scenarios read: `secrets` of their files, and those of the configuration's that their
 * code names.
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
          `set it: the scenario \`${name}\` reads it, and \`secrets\` of its file or of the configuration names it`,
        );
      }),
  );
  return { ...options, script: { ...script, env: { ...script.env, ...Object.fromEntries(pairs) } } };
}
