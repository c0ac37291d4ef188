import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { count } from '../../contract/format.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { relabelRuns, resumeRelabel } from '../../history/relabel-runs.ts';
import { findRelabels } from '../../influxdb/relabel.ts';
import type { CommandContext } from '../../lib/context.ts';
import { projectName } from '../../project/project-name.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { Engine, Stack } from '../../stack/engine/engine.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { MIGRATION_DIRECTORY } from '../../stack/engine/state-parts.ts';
import { oldRecordsFile } from '../../stack/state/format.ts';
import { RunRegistry } from '../../stack/state/run-registry.ts';

/**
 * Records of versions that knew no projects get that of the project whose state it is: nobody else has runs in an InfluxDB that
 * Loadstar started. In another one they may be of another team: the call only says so.
 */
export async function migrateRecords(context: CommandContext, engine: Engine['name'], stack: Stack): Promise<void> {
  const { rights } = stack;
  if (rights && !(rights.runs.exists && rights.runs.read)) return;
  const { state_dir } = engineContext(context);
  const connection = cliConnection(stack.influx);
  const file = migrationFile(state_dir, engine, stack);
  await resumeRelabel(connection, file);
  // Nobody else writes to an InfluxDB that Loadstar started: what is migrated stays so. In another one, an earlier version may.
  const expected = oldRecordsFile(state_dir, engine);
  if (engine !== 'external' && !existsSync(expected)) return;
  // A record must not change while it is written. The next call does it.
  if ((await new RunRegistry(state_dir).runs()).some(({ is_alive }) => is_alive)) return;
  const { runs } = await findRelabels(connection, null);
  if (runs.length === 0) return await rm(expected, { force: true });
  const found = `runs of a version that knew no projects (${count(runs.length)})`;
  if (engine === 'external') {
    context.ui.warn(`${found} are not listed: \`${COMMAND} runs migrate\` takes them over if they are yours`);
    return;
  }
  const project = await projectName(context);
  await context.ui.step(`${found} become runs of the project ${project}`, () =>
    relabelRuns(connection, file, null, project, context.stop),
  );
  await rm(expected, { force: true });
}

/** What a change has begun, of one InfluxDB: a state directory may be used with several. */
export function migrationFile(state_dir: string, engine: Engine['name'], { influx }: Stack): string {
  const place = createHash('sha256').update(`${influx.url} ${influx.org}`).digest('hex').slice(0, 16);
  return join(state_dir, MIGRATION_DIRECTORY, `${engine === 'external' ? place : engine}.json`);
}
