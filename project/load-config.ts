import { existsSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { requireTrusted } from '../lib/find-project.ts';
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

/**
 * @param asked what `--config` or LOADSTAR_CONFIG names; without it the one of the project, if any.
 * @throws LoadstarError (usage) naming file and line, or the field with what was expected and found
 */
export async function loadConfig(
  asked: string | undefined,
  { cwd, root, project }: Pick<CommandContext, 'cwd' | 'root' | 'project'>,
): Promise<LoadedConfig> {
  if (asked === undefined && project.config_file === null) return { config: {}, file: null, directory: project.base };
  if (asked === undefined && project.config_file !== null) requireTrusted(project.config_file, cwd);
  const file = resolve(cwd, asked ?? project.config_file ?? '');
  if (!existsSync(file)) {
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
