import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../contract/exit-codes.ts';
import { baselineCommand } from './commands/baseline.ts';
import { ciCommand } from './commands/ci.ts';
import { compareCommand } from './commands/compare.ts';
import { detectCommand } from './commands/detect.ts';
import { doctorCommand } from './commands/doctor.ts';
import { finishCommand } from './commands/finish.ts';
import { grafanaCommand } from './commands/grafana.ts';
import { k8sCommand } from './commands/k8s.ts';
import { newCommand } from './commands/new.ts';
import { pruneCommand } from './commands/prune.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { setupCommand } from './commands/setup.ts';
import { downCommand, statusCommand, upCommand } from './commands/stack.ts';
import { stopCommand } from './commands/stop.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { type CommandContext, commandContext, type ProcessContext } from './lib/context.ts';
import { LoadstarError, messageOf } from './lib/errors.ts';
import { useNetwork } from './lib/network.ts';

const COMMANDS: readonly CommandFactory[] = [
  runCommand,
  finishCommand,
  newCommand,
  setupCommand,
  upCommand,
  downCommand,
  statusCommand,
  stopCommand,
  doctorCommand,
  runsCommand,
  grafanaCommand,
  reportCommand,
  pruneCommand,
  compareCommand,
  baselineCommand,
  ciCommand,
  detectCommand,
  k8sCommand,
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
      writeErr: (text) => void context.stderr.write(context.clean(text)),
    });
  for (const create of COMMANDS) {
    const command = create(context, (code) => {
      exit_code = code;
    });
    program.addCommand(inheriting(command, program));
  }
  program.hook('preAction', () => useNetwork(context.env));
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
