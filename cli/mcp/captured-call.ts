import type { ExitCode } from '../../contract/exit-codes.ts';
import type { CommandContext, ProcessContext } from '../../lib/context.ts';
import type { CommandFactory } from '../commands/lib/command-factory.ts';
import { runProgram } from '../program/program.ts';

export interface CapturedCall {
  readonly exit_code: ExitCode;
  /** What it printed for programs. */
  readonly stdout: string;
  /** What it told people, with its secrets masked. */
  readonly stderr: string;
}

/** What a person says at a terminal, or in advance, is never said by a program. */
const NEVER_PASSED_ON = ['CONFIRM_PRODUCTION'];

/**
 * Calls a command as a person would, in this process: its checks, messages and exit codes are the same.
 * @param stop ends the call as Ctrl-C does
 */
export async function callCommand(
  context: CommandContext,
  command: CommandFactory,
  args: readonly string[],
  stop: AbortSignal = context.stop,
): Promise<CapturedCall> {
  const written = { stdout: '', stderr: '' };
  const { cwd, root, node_path, force } = context;
  const asked: ProcessContext = {
    ...{ args, cwd, root, node_path, force, stop },
    env: Object.fromEntries(Object.entries(context.env).filter(([name]) => !NEVER_PASSED_ON.includes(name))),
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  };
  const exit_code = await runProgram(asked, [command]);
  return { exit_code, ...written };
}
