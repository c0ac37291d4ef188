import { join } from 'node:path';
import { STATE_FORMAT } from '../../contract/state.ts';
import { unusableError } from '../../lib/errors.ts';
import { readOptional, writePrivate } from '../../lib/private-files.ts';

interface FormatFile {
  readonly format: number;
}

/**
 * Makes sure that a state directory has our layout: writes its format into a new one, and touches none of a later version,
 * whose runs an earlier one could spoil.
 * @throws LoadstarError (unusable) for a later layout, or a file that is none
 */
export async function requireStateFormat(state_dir: string): Promise<void> {
  const file = join(state_dir, 'format.json');
  const text = await readOptional(file);
  if (text === null) return await writePrivate(file, `${JSON.stringify({ format: STATE_FORMAT })}\n`);
  const format = formatOf(text);
  if (format === STATE_FORMAT) return;
  const found = format === null ? `no number in ${file}` : `format ${format}, of a later version of loadstar`;
  throw unusableError(
    `the state in ${state_dir} to have the format ${STATE_FORMAT}`,
    found,
    format === null
      ? `write {"format":${STATE_FORMAT}} into that file if nobody else has changed the directory`
      : 'use that version, or keep a state of your own: LOADSTAR_HOME=<directory>. `loadstar runs export` there and `runs import` here take the history along',
  );
}

function formatOf(text: string): number | null {
  try {
    const { format } = JSON.parse(text) as FormatFile;
    return Number.isInteger(format) ? format : null;
  } catch {
    return null;
  }
}
