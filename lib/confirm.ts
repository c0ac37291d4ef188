import type { CommandContext } from './context.ts';
import { usageError } from './errors.ts';

interface Question {
  /** What would be deleted: `12 runs, 30 MB`. */
  readonly what: string;
  /** The word that confirms. A mere `y` is typed too easily. */
  readonly word: string;
  /** `--yes` was given. */
  readonly yes: boolean;
}

/**
 * Asks for confirmation before data is deleted.
 * @throws LoadstarError (usage) if the answer is another one, or no terminal is there to ask
 */
export async function requireConfirmation({ ask }: CommandContext, { what, word, yes }: Question): Promise<void> {
  if (yes) return;
  const answer = (await ask?.(`${what} will be deleted. Type ${word} to continue: `)) ?? null;
  if (answer?.trim() === word) return;
  throw usageError(
    `a confirmation to delete ${what}`,
    answer === null ? 'no terminal to ask on, and no --yes' : `\`${answer.trim()}\``,
    'nothing was deleted; confirm with --yes in scripts',
  );
}
