import type { Command } from 'commander';
import { isProjectName, PROJECT_NAME } from '../../../contract/project-name.ts';
import type { CommandContext } from '../../../lib/context.ts';
import { usageError } from '../../../lib/errors.ts';
import { projectName } from '../../../project/project-name.ts';

export interface ProjectFlags {
  readonly project?: string;
  readonly allProjects?: true;
}

/** Adds `--project` and `--all-projects` to a command that lists runs. */
export function addProjectOptions(command: Command): Command {
  return command
    .option('--project <name>', 'runs of this project (default: the project of the working directory)')
    .option('--all-projects', 'runs of all projects in this InfluxDB');
}

/**
 * @returns null: all projects
 * @throws LoadstarError (usage) for both options, for a name that no project can have, or if the project has no name
 */
export async function chosenProject(
  context: CommandContext,
  { project, allProjects }: ProjectFlags,
): Promise<string | null> {
  if (project !== undefined && allProjects)
    throw usageError('--project or --all-projects', 'both', 'choose one of them');
  if (allProjects) return null;
  if (project === undefined) return await projectName(context);
  if (isProjectName(project)) return project;
  throw usageError(`--project to be ${PROJECT_NAME.expected}`, `\`${project}\``, '--all-projects lists the names');
}
