import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../contract/exit-codes.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { type CommandContext, commandContext, type ProcessContext } from './lib/context.ts';
import { LoadstarError, messageOf } from './lib/errors.ts';

/** A command line of these commands. Never throws: every failure becomes a message on stderr and a documented exit code. */
export async function runProgram(
  process_context: ProcessContext,
  commands: readonly CommandFactory[],
): Promise<ExitCode> {
  let exit_code: ExitCode = EXIT.passed;
  const context = commandContext(process_context);
  const program = new Command('loadstar')
    .description('Load tests in TypeScript, live in Grafana, with a verdict that can be trusted.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    });
  for (const create of commands) {
    const command = create(context, (code) => {
      exit_code = code;
    });
    program.addCommand(inheriting(command, program));
  }
  try {
    await program.parseAsync([...context.args], { from: 'user' });
    return exit_code;
  } catch (error) {
    return failureCode(context, error);
  }
}

/** Subcommands too: without these settings commander would end the process by itself. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inheriting(below, command);
  return command;
}

function failureCode(context: CommandContext, error: unknown): ExitCode {
  const { ui } = context;
  // Commander has already printed its message; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage;
  if (context.stop.aborted) {
    ui.line('interrupted: nothing half-done is left behind, and the same call goes on from here');
    return EXIT.interrupted;
  }
  if (error instanceof LoadstarError) {
    ui.line(`${ui.colors.red('error:')} expected ${error.message}`);
    if (error.found) ui.line(`  found: ${error.found}`);
    if (error.next) ui.line(`  next:  ${error.next}`);
    return error.exit_code;
  }
  ui.line(`${ui.colors.red('error:')} this is a fault of loadstar itself: ${messageOf(error)}`);
  if (error instanceof Error && error.stack) ui.note(error.stack);
  return EXIT.unusable;
}
