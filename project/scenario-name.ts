import { usageError } from '../lib/errors.ts';

/** The name is part of run ids, file names and tags. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const LONGEST_NAME = 40;
/** Words with another meaning for `loadstar run`. */
export const TAKEN = ['all', 'mixed'];

/**
 * A name of a built-in scenario is allowed: a team's scenario takes its place.
 * @param where the name comes from, for the message
 * @throws LoadstarError (usage)
 */
export function requireScenarioName(name: string, where = 'a scenario name'): void {
  if (!NAME.test(name) || name.length > LONGEST_NAME) {
    throw usageError(
      `${where} of lowercase letters, digits and single dashes, at most ${LONGEST_NAME} characters`,
      `\`${name}\``,
      'for example browse-products',
    );
  }
  if (TAKEN.includes(name)) {
    throw usageError(`${where} that is no word of \`loadstar run\``, `\`${name}\``, `for example my-${name}`);
  }
}

/** The name of a scenario by that of its file: `02_loginFlow` is `login-flow`. It may still be one that no scenario can have. */
export function scenarioNameOf(base: string): string {
  return base
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-\d]+|-+$/g, '');
}
