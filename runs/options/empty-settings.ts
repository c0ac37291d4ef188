import { type EnvName, NEVER_EMPTY } from '../../contract/env.ts';
import type { Environment } from '../../lib/environment.ts';
import { type LoadstarError, usageError } from '../../lib/errors.ts';

/** Variables whose option has another name. */
const OPTION: Partial<Record<EnvName, string>> = { LOADSTAR_CONFIG: 'config' };

/** What of the command line wins over variables: options by their names, and `scenario` if names were given. */
type Given = Readonly<Record<string, unknown>>;

/**
 * Refuses variables that are set and empty, as a CI secret that does not exist leaves them: their defaults would load the
 * demo instead of the target, or compare and notify otherwise than was asked.
 * @throws LoadstarError (usage)
 */
export function refuseEmptyVariables(environment: Environment, given: Given): void {
  // One of the two is enough to name the target.
  const has_target = Boolean(given.baseUrl ?? given.target ?? environment.BASE_URL ?? environment.TARGET);
  for (const name of NEVER_EMPTY) {
    const is_replaced = given[OPTION[name] ?? optionOf(name)] !== undefined;
    const is_other_target = (name === 'BASE_URL' || name === 'TARGET') && has_target;
    if (!environment.isEmpty(name) || is_replaced || is_other_target) continue;
    throw emptyError(name, name === 'BASE_URL' || name === 'TARGET' ? 'to load the demo clinic' : 'for the default');
  }
}

/** @param otherwise what follows if the variable is not set: `to load the demo clinic` */
export function emptyError(name: EnvName, otherwise: string): LoadstarError {
  return usageError(
    `${name} to have a value, or not to be set`,
    'it is set and empty, as a secret or variable of the CI that does not exist',
    `set it, or \`unset ${name}\` ${otherwise}`,
  );
}

/** `ABORT_ON_BREACH` → `abortOnBreach` */
function optionOf(name: EnvName): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
