import { join } from 'node:path';
import { COMMAND } from '../../contract/package-name.ts';
import { STATE_FORMAT } from '../../contract/state.ts';
import { unusableError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import { readOptional, writePrivate } from '../../lib/private-files.ts';
import { MIGRATION_DIRECTORY } from '../engine/state-parts.ts';

interface FormatFile {
  readonly format: number;
}

/** What brings a state directory from a layout to the next one, by the earlier of both. */
const MIGRATIONS: ReadonlyMap<number, (state_dir: string) => Promise<void>> = new Map([
  // Its files are the same. Records in its InfluxDB get a project as soon as that runs (runs/housekeeping/migrate-records.ts).
  [1, expectOldRecords],
]);

/**
 * Makes sure that a state directory has the layout of this version. It records the layout in a directory without a format
 * file, migrates an earlier one, and refuses a later one, whose data this version could damage.
 * @throws LoadstarError (unusable) for a later layout or an invalid format file
 */
export async function requireStateFormat(state_dir: string): Promise<void> {
  const file = join(state_dir, 'format.json');
  const text = await readOptional(file);
  const found = text === null ? STATE_FORMAT : parseFormat(text);
  if (found === null || (found !== STATE_FORMAT && found < STATE_FORMAT && !MIGRATIONS.has(found))) {
    throw unusableError(
      `the state in ${state_dir} to have a format from 1 to ${STATE_FORMAT}`,
      found === null ? `no number in ${file}` : `format ${found}, which no version has written`,
      `write {"format":${STATE_FORMAT}} into ${file} if nobody else has changed the directory`,
    );
  }
  if (found > STATE_FORMAT) {
    throw unusableError(
      `the state in ${state_dir} to have the format ${STATE_FORMAT}`,
      `format ${found}, of a later version of loadstar`,
      `upgrade: \`${COMMAND} upgrade --check\` names the command; or use another state directory: LOADSTAR_HOME=<directory>`,
    );
  }
  for (let format = found; format < STATE_FORMAT; format += 1) await MIGRATIONS.get(format)?.(state_dir);
  if (text === null || found < STATE_FORMAT) await writePrivate(file, `${JSON.stringify({ format: STATE_FORMAT })}\n`);
}

/** The file that says that records of a former format may still be in the InfluxDB of an engine. */
export function oldRecordsFile(state_dir: string, engine: string): string {
  return join(state_dir, MIGRATION_DIRECTORY, `${engine}-records`);
}

async function expectOldRecords(state_dir: string): Promise<void> {
  for (const engine of ['native', 'docker']) await writePrivate(oldRecordsFile(state_dir, engine), '');
}

function parseFormat(text: string): number | null {
  const { format } = (parseJson(text) ?? {}) as Partial<FormatFile>;
  return format !== undefined && Number.isInteger(format) ? format : null;
}
