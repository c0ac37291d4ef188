import { readFile, stat } from 'node:fs/promises';
import { messageOf, usageError } from '../../lib/errors.ts';
import type { Draft } from './draft.ts';

/** What a file became, and what a person should know about it. */
export interface Drafted {
  readonly draft: Draft;
  /** What was left out or changed, a line each. */
  readonly notes: readonly string[];
  /** Where the app was when it was recorded; null: not known. */
  readonly origin: string | null;
}

const MEGABYTE = 2 ** 20;

/** @param expected what the file should be, for messages. @throws LoadstarError (usage) where it cannot be read or is too large */
export async function readSource(file: string, expected: string, largest_bytes: number): Promise<string> {
  const { size, is_file } = await stat(file).then(
    (it) => ({ size: it.size, is_file: it.isFile() }),
    (error: unknown) => {
      throw usageError(expected, messageOf(error));
    },
  );
  if (!is_file) throw usageError(expected, `${file}, which is no file`);
  if (size > largest_bytes) {
    throw usageError(`${expected} of at most ${largest_bytes / MEGABYTE} MB`, `${Math.ceil(size / MEGABYTE)} MB`);
  }
  return await readFile(file, 'utf8');
}
