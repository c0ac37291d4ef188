import type { ExitCode } from '../contract/exit-codes.ts';
import type { CommandContext, ProcessContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { findMisspelt } from '../lib/misspelt-variables.ts';
import { useNetwork } from '../lib/network.ts';
import { abCommand } from './commands/ab.ts';
import { baselineCommand } from './commands/baseline.ts';
import { ciCommand } from './commands/ci.ts';
import { compareCommand } from './commands/compare.ts';
import { completionCommand } from './commands/completion.ts';
import { detectCommand } from './commands/detect.ts';
import { doctorCommand } from './commands/doctor.ts';
import { finishCommand } from './commands/finish.ts';
import { grafanaCommand } from './commands/grafana.ts';
import { initCommand } from './commands/init.ts';
import { k8sCommand } from './commands/k8s.ts';
import type { CommandFactory } from './commands/lib/command-factory.ts';
import { listCommand } from './commands/list.ts';
import { newCommand } from './commands/new.ts';
import { pruneCommand } from './commands/prune.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { setupCommand } from './commands/setup.ts';
import { downCommand, statusCommand, upCommand } from './commands/stack.ts';
import { stopCommand } from './commands/stop.ts';
import { upgradeCommand } from './commands/upgrade.ts';
import { mcpCommand } from './mcp/command.ts';
import { runProgram } from './program/program.ts';

/** All commands, in the order of the help text. */
export const COMMANDS: readonly CommandFactory[] = [
  runCommand,
  abCommand,
  finishCommand,
  listCommand,
  initCommand,
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
  mcpCommand,
  completionCommand,
  upgradeCommand,
];

/**
 * What is misspelt would not apply, silently: the demo would be loaded instead of the target.
 * @throws LoadstarError (usage) if it was given to make; in the environment it may belong to another program
 */
function refuseMisspelt({ env, ui }: CommandContext): void {
  for (const { name, meant, is_of_make } of findMisspelt(env)) {
    const next = `${meant}=…, if that is meant (docs/configuration.md)`;
    if (is_of_make) throw usageError('variables of make that Loadstar reads', `\`${name}\``, next);
    ui.warn(`${name} is set, and not a variable of Loadstar: ${next}`);
  }
}

/** Runs the whole command line. */
export async function main(process_context: ProcessContext): Promise<ExitCode> {
  return await runProgram(process_context, COMMANDS, (context) => {
    refuseMisspelt(context);
    useNetwork(context.env);
  });
}
