import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a change of records has begun and not ended: of no use without its InfluxDB. */
export const MIGRATION_DIRECTORY = 'migration';

/** Everything that Loadstar keeps in its state directory. Other files there are not touched. */
const STATE_PARTS = [
  'influxdb',
  'grafana',
  'inbox',
  'spool',
  'bundles',
  'runs',
  'telegraf',
  MIGRATION_DIRECTORY,
  'provisioning',
  'secrets',
  // The tokens are invalid without their InfluxDB.
  'secrets.json',
  'catalogue.json',
  'docker.json',
  'docker-started.json',
  'k6-image.json',
  'format.json',
] as const;

/** Deletes the state. Its servers have to be stopped before. */
export async function deleteState(state_dir: string): Promise<void> {
  for (const part of STATE_PARTS) await rm(join(state_dir, part), { recursive: true, force: true });
}
