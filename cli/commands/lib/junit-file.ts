import { mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { RunSummary } from '../../../contract/results.ts';
import type { CommandContext } from '../../../lib/context.ts';
import { messageOf, usageError } from '../../../lib/errors.ts';
import { writeWhole } from '../../../lib/whole-file.ts';
import { junitXml } from '../../../report/junit/junit.ts';

/** The option, for every command that judges runs. */
export const JUNIT_OPTION = [
  '--junit <file>',
  'write the results as JUnit XML, for CI servers: a test case per SLO and per judged metric',
] as const;

/**
 * Removes the file of an earlier call, whose results a CI server would else show as those of a call that ends early.
 * A place that cannot be written ends the call here, before there is any load.
 * @param file relative to the current directory; left out, nothing is written
 * @returns writes it
 * @throws LoadstarError (usage) for a place that cannot be written
 */
export async function junitFile(
  { cwd }: CommandContext,
  file: string | undefined,
): Promise<(summaries: readonly RunSummary[]) => Promise<void>> {
  if (file === undefined) return async () => undefined;
  const path = resolve(cwd, file);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, junitXml([]));
    await rm(path);
  } catch (error) {
    throw usageError('--junit to name a file that can be written', messageOf(error), 'name another file');
  }
  return (summaries) => writeWhole(path, junitXml(summaries));
}
