import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { usageError } from '../lib/errors.ts';
import { schemaError } from '../lib/schema-problem.ts';
import { evaluateInNode } from './evaluate.ts';
import { CONFIG } from './schema.ts';

export type Config = z.output<typeof CONFIG>;

export interface LoadedConfig {
  readonly config: Config;
  /** null: no configuration file, so all defaults apply. */
  readonly file: string | null;
  /** Paths of the configuration are relative to it. */
  readonly directory: string;
}

const DEFAULT_FILE = 'loadstar.config.ts';

/**
 * @param asked what `--config` or LOADSTAR_CONFIG names; without it `loadstar.config.ts` in the working directory, if any.
 * @throws LoadstarError (usage) naming file and line, or the field with what was expected and found
 */
export async function loadConfig(
  asked: string | undefined,
  { cwd, root }: { readonly cwd: string; readonly root: string },
): Promise<LoadedConfig> {
  const file = resolve(cwd, asked ?? DEFAULT_FILE);
  if (!existsSync(file)) {
    if (asked === undefined) return { config: {}, file: null, directory: cwd };
    throw usageError('LOADSTAR_CONFIG or --config to name a file', `no ${file}`, 'docs/own-app.md has an example');
  }
  const shown = relative(cwd, file) || basename(file);
  const exported = await evaluateInNode({ file, root, cwd, expected: `${shown} to load` });
  if (exported.default === undefined) {
    throw usageError(`${shown} to have a default export`, 'none', 'export default defineConfig({ … })');
  }
  const result = CONFIG.safeParse(exported.default);
  if (result.success) return { config: result.data, file, directory: dirname(file) };
  throw schemaError(result.error, shown, exported.default);
}
