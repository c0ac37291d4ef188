import { SCENARIOS } from '../contract/scenarios.ts';
import { usageError } from '../lib/errors.ts';

/** The name is part of run ids, file names and tags. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST = 40;
/** Words with another meaning for `loadstar run`. */
const TAKEN = ['all', 'mixed'];

/** @param where the name comes from, for the message. @throws LoadstarError (usage) */
export function requireScenarioName(name: string, where = 'a scenario name'): void {
  if (!NAME.test(name) || name.length > LONGEST) {
    throw usageError(
      `${where} of lowercase letters, digits and single dashes, at most ${LONGEST} characters`,
      `\`${name}\``,
      'for example browse-products',
    );
  }
  if (TAKEN.includes(name) || Object.hasOwn(SCENARIOS, name)) {
    throw usageError(`${where} that is not in use`, `\`${name}\`, a built-in name`, `for example my-${name}`);
  }
}
