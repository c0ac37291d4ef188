import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_MAP_BYTES } from '../contract/k8s.ts';
import { BUNDLES_DIR } from '../contract/run-files.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { makeOwnedDirectory } from '../lib/owned-directory.ts';
import { privateDirectory } from '../lib/private-files.ts';
import { bundleScenarios } from '../project/bundle.ts';
import type { CatalogueScenario } from '../project/catalogue.ts';
import { nameDataFiles } from '../project/data-files.ts';
import { engineContext } from '../stack/engine/engine-context.ts';

/** A bundled scenario for pods. */
export interface ScriptFiles {
  readonly main: string;
  /** File name → text of the script, or bytes of a file that it opens. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Names of the files that it opens, by the paths that it opens. */
  readonly data_files: ReadonlyMap<string, string>;
  /** The source map did not fit, so errors name lines of the bundle. */
  readonly without_map: boolean;
}

/** Bundles the scenario exactly as `loadstar run` does. @throws LoadstarError (usage) with file, line and text of the first errors */
export async function bundleForPods(context: CommandContext, scenario: CatalogueScenario): Promise<ScriptFiles> {
  const { state_dir } = engineContext(context);
  await privateDirectory(state_dir);
  // Beside those of runs: the paths in source maps are relative, and so are the same wherever the checkout lies.
  const out_dir = await makeOwnedDirectory(join(state_dir, BUNDLES_DIR), 'k8s');
  try {
    await bundleScenarios([scenario], { root: context.root, out_dir });
    const main = `${scenario.name}.js`;
    const code = await readFile(join(out_dir, main), 'utf8');
    const map = await readFile(join(out_dir, `${main}.map`), 'utf8');
    const data_files = nameDataFiles([scenario]);
    const data = [...data_files].map(async ([file, name]) => [name, await readFile(file)] as const);
    const files = { [main]: code, [`${main}.map`]: map, ...Object.fromEntries(await Promise.all(data)) };
    return { main, files, data_files, without_map: false };
  } finally {
    await rm(out_dir, { recursive: true, force: true });
  }
}

/**
 * Fits the files into a ConfigMap, without the source map if necessary.
 * @throws LoadstarError (usage) if the script itself does not fit
 */
export function fitConfigMap(script: ScriptFiles, limit = CONFIG_MAP_BYTES): ScriptFiles {
  if (countBytes(script.files) <= limit) return script;
  const { main, data_files } = script;
  const { [main]: bundle = '', [`${main}.map`]: _, ...data } = script.files;
  const code = String(bundle).replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
  const files = { [main]: code, ...data };
  if (countBytes(files) <= limit) return { ...script, files, without_map: true };
  const opened = data_files.size > 0 ? ` and ${countBytes(data)} bytes of files that it opens` : '';
  throw usageError(
    `a script and its files of at most ${limit} bytes, the limit of a ConfigMap`,
    `${main} with ${countBytes({ [main]: code })} bytes${opened}`,
    'build them into an image with `--script image --out DIR`',
  );
}

function countBytes(files: ScriptFiles['files']): number {
  return Object.entries(files).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0);
}
