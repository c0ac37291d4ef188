import { existsSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { PROJECT_FILES } from '../contract/project-files.ts';
import { isProjectName, OWN_PROJECT, PROJECT_NAME, toProjectName } from '../contract/project-name.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { type FoundProject, parents } from '../lib/find-project.ts';
import { readOptional } from '../lib/private-files.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';

/**
 * The name of the project that a call belongs to, which its runs carry: LOADSTAR_PROJECT, else `name` in the configuration,
 * else {@link deriveName}.
 * @param loaded the configuration, if the call has loaded it
 * @throws LoadstarError (usage) if the configuration does not load, or no name can be derived
 */
export async function projectName(context: CommandContext, loaded?: LoadedConfig): Promise<string> {
  const { environment, project } = context;
  const given = environment.LOADSTAR_PROJECT;
  if (given !== undefined) {
    if (isProjectName(given)) return given;
    throw usageError(`LOADSTAR_PROJECT to be ${PROJECT_NAME.expected}`, `\`${given}\``, 'for example acme-shop');
  }
  const { config, file } = loaded ?? (await loadConfig(environment.LOADSTAR_CONFIG, context));
  if (config.name !== undefined) return config.name;
  // A second configuration, such as one for production, belongs to the project in which it is used.
  const own = project.config_file;
  const named = own !== null && file !== own ? (await loadConfig(undefined, context)).config.name : undefined;
  const name = named ?? (await deriveName(project, context.root));
  if (name !== null) return name;
  throw usageError(
    `a name of the project in ${PROJECT_FILES.config}`,
    `none, and none can be made of ${project.directory}`,
    `for example name: 'acme-shop'`,
  );
}

/**
 * The name in the nearest package.json, or that of the repository's directory, with the path from there: `acme-shop` for
 * `@acme/shop`, `shop-load` for `load/` in the repository `shop`. Loadstar's own clone has its own.
 * @returns null if that holds no letter or digit of ASCII
 */
export async function deriveName({ directory }: Pick<FoundProject, 'directory'>, root: string): Promise<string | null> {
  if (directory === root) return OWN_PROJECT;
  const above = [...parents(directory)];
  const package_directory = above.find((it) => existsSync(join(it, 'package.json')));
  const repository = above.find((it) => existsSync(join(it, '.git')));
  const top = package_directory ?? repository ?? directory;
  const top_name = (package_directory && (await packageName(package_directory))) ?? basename(top);
  return toProjectName([top_name, ...relative(top, directory).split(sep)].join(' ')) || null;
}

/** null if it has none: packages that are not published need no name. */
async function packageName(directory: string): Promise<string | null> {
  try {
    const { name } = JSON.parse((await readOptional(join(directory, 'package.json'))) ?? '{}') as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : null;
  } catch {
    return null;
  }
}
