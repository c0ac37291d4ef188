import type { ExitCode } from '../contract/exit-codes.ts';
import type { ProcessContext } from '../lib/context.ts';
import { stopCommand } from './commands/stop.ts';
import { runProgram } from './program/program.ts';

/** Runs `loadstar stop` alone, because a stop must not wait for the rest of the command line to load. */
export async function main(process_context: ProcessContext): Promise<ExitCode> {
  return await runProgram(process_context, [stopCommand]);
}
