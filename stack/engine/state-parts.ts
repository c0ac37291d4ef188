import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What Loadstar keeps in its state directory: all of it, and nothing that somebody else may have put there. */
export const STATE_PARTS = [
  'influxdb',
  'grafana',
  'inbox',
  'spool',
  'bundles',
  'runs',
  'provisioning',
  'secrets',
  // Tokens of an InfluxDB that is gone are none.
  'secrets.json',
  'catalogue.json',
  'format.json',
] as const;

/** Deletes the state. Whatever uses it has to be down. */
export async function deleteState(state_dir: string): Promise<void> {
  for (const part of STATE_PARTS) await rm(join(state_dir, part), { recursive: true, force: true });
}
