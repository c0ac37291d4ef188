import type { Tone } from '../../contract/verdicts.ts';
import type { Printer } from '../../lib/ui.ts';

/** A word in the colour of how something stands. */
export function paint({ colors }: Printer, tone: Tone, word: string): string {
  const color = { good: colors.green, bad: colors.red, warn: colors.yellow, neutral: colors.bold }[tone];
  return color(colors.bold(word));
}
