import { readdir } from 'node:fs/promises';
import { Argument, Command, Option } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { isRunId } from '../../contract/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { loadProject } from '../../project/project.ts';
import { COMPLETION_SCRIPTS, FILES } from './completion/scripts.ts';
import { type Names, suggestWords } from './completion/suggest.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { listProject } from './list.ts';

type Shell = keyof typeof COMPLETION_SCRIPTS;
const SHELLS = Object.keys(COMPLETION_SCRIPTS);

/** `loadstar completion`: the script that a shell evaluates at its start, and what this script asks. */
export const completionCommand: CommandFactory = (context, report) =>
  new Command('completion')
    .description(
      'Print a script that defines `loadstar` in a shell, for the project of the directory, and completes it.',
    )
    .addArgument(new Argument('[shell]', 'shell that evaluates the script').choices(SHELLS))
    .addOption(new Option('--words <line>', 'print the words that may follow').hideHelp())
    .action(async (shell: Shell | undefined, { words: line }: { words?: string }, command: Command) => {
      if (line !== undefined && command.parent) await printWords(context, command.parent, line);
      else if (shell) context.print(COMPLETION_SCRIPTS[shell]);
      else throw usageError('a shell', 'none', `name one of ${SHELLS.join(', ')}: loadstar completion ${SHELLS[0]}`);
      report(EXIT.passed);
    });

/** The newest first. */
async function readRunIds(results_dir: string): Promise<string[]> {
  const entries = await readdir(results_dir, { withFileTypes: true }).catch(() => []);
  const ids = entries.flatMap((entry) => (entry.isDirectory() && isRunId(entry.name) ? entry.name : []));
  return ids.sort().reverse();
}

async function printWords(context: CommandContext, program: Command, line: string): Promise<void> {
  const { words, files } = await suggestWords(program, line, () => readNames(context));
  for (const word of [...words, ...(files ? [FILES] : [])]) context.print(word);
}

/** A configuration that does not load has no names: a completion is no place for its error. */
async function readNames(context: CommandContext): Promise<Names> {
  const silent = { ...context, ui: { ...context.ui, warn: () => undefined } };
  const project = await loadProject(silent, undefined).catch(() => null);
  const listed = project ? listProject(context, project) : { scenarios: [], profiles: [], targets: [] };
  const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name);
  return {
    scenarios: [...names(listed.scenarios), 'mixed'],
    profiles: names(listed.profiles),
    targets: names(listed.targets),
    runs: await readRunIds(context.results_dir),
  };
}
