import { readBounded } from '../../lib/bounded.ts';
import { usageError } from '../../lib/errors.ts';
import type { Draft } from './draft.ts';

/** The scenario that a file was converted to, and notes for the user. */
export interface Drafted {
  readonly draft: Draft;
  /** What was left out or changed, one line each. */
  readonly notes: readonly string[];
  /** Origin of the recorded app; null: unknown. */
  readonly origin: string | null;
}

/** @param expected what the file should be, for messages. @throws LoadstarError (usage) if it is missing or too large */
export async function readSource(file: string, expected: string, most_bytes: number): Promise<string> {
  const text = await readBounded(file, most_bytes, expected);
  if (text === null) throw usageError(expected, `no file ${file}`, 'check the path');
  return text;
}
