import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../contract/exit-codes.ts';
import { baselineCommand } from './commands/baseline.ts';
import { ciCommand } from './commands/ci.ts';
import { compareCommand } from './commands/compare.ts';
import { detectCommand } from './commands/detect.ts';
import { doctorCommand } from './commands/doctor.ts';
import { grafanaCommand } from './commands/grafana.ts';
import { newCommand } from './commands/new.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { setupCommand } from './commands/setup.ts';
import { downCommand, statusCommand, upCommand } from './commands/stack.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { type CommandContext, commandContext, type ProcessContext } from './lib/context.ts';
import { LoadstarError, messageOf, unusableError } from './lib/errors.ts';

const COMMANDS: readonly CommandFactory[] = [
  runCommand,
  newCommand,
  setupCommand,
  upCommand,
  downCommand,
  statusCommand,
  doctorCommand,
  runsCommand,
  grafanaCommand,
  reportCommand,
  compareCommand,
  baselineCommand,
  ciCommand,
  detectCommand,
];

/** The whole command line. Never throws: every failure becomes a message on stderr and a documented exit code. */
export async function main(process_context: ProcessContext): Promise<ExitCode> {
  let exit_code: ExitCode = EXIT.passed;
  const context = commandContext(process_context);
  const program = new Command('loadstar')
    .description('Load tests in TypeScript, live in Grafana, with a verdict that can be trusted.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    });
  for (const create of COMMANDS) {
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
  const known = error instanceof LoadstarError ? error : fullDisk(error);
  if (known) {
    ui.line(`${ui.colors.red('error:')} expected ${known.message}`);
    if (known.found) ui.line(`  found: ${known.found}`);
    if (known.next) ui.line(`  next:  ${known.next}`);
    return known.exit_code;
  }
  ui.line(`${ui.colors.red('error:')} this is a fault of loadstar itself: ${messageOf(error)}`);
  if (error instanceof Error && error.stack) ui.note(error.stack);
  return EXIT.unusable;
}

/** Wherever it is met, it is none of our faults, and a person can mend it. */
function fullDisk(error: unknown): LoadstarError | null {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return null;
  return unusableError(
    'room on the disk',
    messageOf(error),
    'free disk space, or keep the state elsewhere: LOADSTAR_HOME=<directory>',
    error,
  );
}
