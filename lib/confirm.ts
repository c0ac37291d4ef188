import type { CommandContext } from './context.ts';
import { usageError } from './errors.ts';

interface Question {
  /** What would be lost: `12 runs, 30 MB`. */
  readonly what: string;
  /** What the person has to type: a mere `y` is typed too easily. */
  readonly word: string;
  /** `--yes` was given. */
  readonly yes: boolean;
}

/**
 * Asks before something is lost for good.
 * @throws LoadstarError (usage) where the answer is another one, or there is nobody to ask; nothing was deleted
 */
export async function requireConfirmation({ ask }: CommandContext, { what, word, yes }: Question): Promise<void> {
  if (yes) return;
  const answer = (await ask?.(`${what} will be deleted. Type ${word} to go on: `)) ?? null;
  if (answer?.trim() === word) return;
  throw usageError(
    `a confirmation: ${what} would be deleted`,
    answer === null ? 'nobody to ask, and no --yes' : `\`${answer.trim()}\``,
    'nothing was deleted; in scripts, --yes confirms',
  );
}
