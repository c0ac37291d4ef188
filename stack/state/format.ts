import { join } from 'node:path';
import { STATE_FORMAT } from '../../contract/state.ts';
import { unusableError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import { readOptional, writePrivate } from '../../lib/private-files.ts';

interface FormatFile {
  readonly format: number;
}

/**
 * Makes sure that a state directory has the layout of this version. It records the layout in a directory without a format
 * file, and refuses a later layout, whose data an earlier version could damage.
 * @throws LoadstarError (unusable) for a later layout or an invalid format file
 */
export async function requireStateFormat(state_dir: string): Promise<void> {
  const file = join(state_dir, 'format.json');
  const text = await readOptional(file);
  if (text === null) return await writePrivate(file, `${JSON.stringify({ format: STATE_FORMAT })}\n`);
  const format = parseFormat(text);
  if (format === STATE_FORMAT) return;
  const found = format === null ? `no number in ${file}` : `format ${format}, of a later version of loadstar`;
  throw unusableError(
    `the state in ${state_dir} to have the format ${STATE_FORMAT}`,
    found,
    format === null
      ? `write {"format":${STATE_FORMAT}} into that file if nobody else has changed the directory`
      : 'use that version, or another state directory: LOADSTAR_HOME=<directory>. `loadstar runs export` and `loadstar runs import` move the history',
  );
}

function parseFormat(text: string): number | null {
  const { format } = (parseJson(text) ?? {}) as Partial<FormatFile>;
  return format !== undefined && Number.isInteger(format) ? format : null;
}
