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

/** Parses an option that may be given several times. */
export function collectValues(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
