import { join, relative, resolve } from 'node:path';
import { PROJECT_FILES } from '../contract/project-files.ts';
import type { CommandContext } from '../lib/context.ts';
import { findOwnFiles, type ScenarioFiles, type SkippedFile } from './catalogue.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { writeMixes } from './mixes.ts';
import { projectName } from './project-name.ts';

/** In the state directory. */
const MIXES_DIRECTORY = 'mixes';

/** The configuration and the scenarios of a team. */
export interface Project extends LoadedConfig {
  /** Its runs carry it. */
  readonly name: string;
  /** The project is the clone of Loadstar itself: its own scenarios are the default where the demo is loaded. */
  readonly is_clone: boolean;
  /** Absolute. */
  readonly scenarios_dir: string;
  readonly own_files: ScenarioFiles;
  /** Scripts beside them that are no scenarios. */
  readonly skipped_files: readonly SkippedFile[];
  /** The environment, which holds the variables that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @param asked what `--config` names, if it was given. @throws LoadstarError (usage) */
export async function loadProject(context: CommandContext, asked: string | undefined): Promise<Project> {
  const loaded = await loadConfig(asked ?? context.environment.LOADSTAR_CONFIG, context);
  const scenarios_dir = resolve(loaded.directory, loaded.config.scenarios_dir ?? PROJECT_FILES.scenarios);
  const { files, skipped } = findOwnFiles(scenarios_dir);
  for (const { file, reason } of skipped) context.ui.warn(`${shownPath(context, file)} is no scenario: ${reason}`);
  const directory = join(context.state_dir, MIXES_DIRECTORY);
  const mixes = await writeMixes(loaded.config.mixes ?? {}, files, { root: context.root, directory });
  const is_clone = context.project.directory === context.root;
  const own_files = new Map([...files, ...mixes]);
  const name = await projectName(context, loaded);
  return { ...loaded, name, is_clone, scenarios_dir, own_files, skipped_files: skipped, env: context.env };
}

/** A path relative to the working directory, for messages. */
export function shownPath({ cwd }: Pick<CommandContext, 'cwd'>, path: string): string {
  return relative(cwd, path) || '.';
}
