import type { Command } from 'commander';
import type { ExitCode } from '../../../contract/exit-codes.ts';
import type { CommandContext } from '../../../lib/context.ts';

/** A command says its exit code; commander's actions cannot. */
export type Report = (code: ExitCode) => void;
export type CommandFactory = (context: CommandContext, report: Report) => Command;

/** For options that may be given several times. */
export function repeatable(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
