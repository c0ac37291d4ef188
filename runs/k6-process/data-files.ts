import { copyFile, link, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import { nameDataFiles, refuseProtoFiles } from '../../project/data-files.ts';
import type { K6Launcher } from '../../stack/engine/engine.ts';

const DIRECTORY = 'data';

/**
 * Puts the files that scenarios open where k6 can read them.
 * @param bundle_dir k6 can read below it wherever it runs
 * @returns their paths as k6 sees them, by those that the scripts name; empty if k6 sees the files of this machine
 * @throws LoadstarError (usage) for a file that cannot be put there
 */
export async function placeDataFiles(
  scenarios: readonly CatalogueScenario[],
  { sees_host_files, path }: Pick<K6Launcher, 'sees_host_files' | 'path'>,
  bundle_dir: string,
): Promise<Record<string, string>> {
  if (sees_host_files) return {};
  refuseProtoFiles(scenarios, 'ENGINE=native');
  const directory = join(bundle_dir, DIRECTORY);
  await mkdir(directory, { recursive: true });
  const placed: Record<string, string> = {};
  for (const [file, name] of nameDataFiles(scenarios)) {
    const copy = join(directory, name);
    // A link takes no time and no room, but ends at the border of a file system.
    await link(resolve(file), copy).catch(() => copyFile(file, copy));
    placed[file] = path(copy);
  }
  return placed;
}
