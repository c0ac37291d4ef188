import type { Command } from 'commander';
import type { ExitCode } from '../../../contract/exit-codes.ts';
import type { CommandContext } from '../../../lib/context.ts';
import type { Printer } from '../../../lib/ui.ts';

/** Receives the exit code of a command, which actions of commander cannot return. */
type Report = (code: ExitCode) => void;
export type CommandFactory = (context: CommandContext, report: Report) => Command;

/** Prints the results for people: on stdout, or on stderr if stdout is for JSON. */
export function resultPrinter({ ui }: CommandContext, { json }: { readonly json?: true }): Printer {
  return json ? ui : ui.result;
}

/** State and results are beside the configuration that it names (lib/find-project.ts), of commands that do not read it too. */
export const CONFIG_OPTION = [
  '--config <file>',
  'configuration file (default: the nearest loadstar.config.ts upwards)',
] as const;

/** Parses an option that may be given several times. */
export function collectValues(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
