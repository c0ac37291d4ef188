import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { InfluxConnection } from '../influxdb/connection.ts';
import { applyRelabel, type FormerProject, findRelabels, planRelabel, type Relabel } from '../influxdb/relabel.ts';
import { privateDirectory } from '../lib/private-files.ts';
import { writeWhole } from '../lib/whole-file.ts';

const PRIVATE_FILE = 0o600;

/**
 * Gives runs another project, some at a time. What a part takes is in the file before anything is deleted, and the file goes
 * when all of it is written: whatever ends this process, {@link resumeRelabel} completes it.
 * @param file of this InfluxDB alone
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function relabelRuns(
  connection: InfluxConnection,
  file: string,
  former: FormerProject,
  project: string,
  signal: AbortSignal,
): Promise<void> {
  await resumeRelabel(connection, file);
  const { spans } = await findRelabels(connection, former);
  await privateDirectory(dirname(file));
  for (const span of spans) {
    signal.throwIfAborted();
    const relabel = await planRelabel(connection, span, former, project);
    if (relabel.lines.length === 0) continue;
    await writeWhole(file, JSON.stringify(relabel), PRIVATE_FILE);
    await applyRelabel(connection, relabel);
    await rm(file);
  }
}

/** Completes what a killed call has begun. @returns whether there was anything */
export async function resumeRelabel(connection: InfluxConnection, file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return false;
  await applyRelabel(connection, JSON.parse(text) as Relabel);
  await rm(file);
  return true;
}
