import type { ExitCode } from '../contract/exit-codes.ts';
import type { ProcessContext } from '../lib/context.ts';
import { useNetwork } from '../lib/network.ts';
import { abCommand } from './commands/ab.ts';
import { baselineCommand } from './commands/baseline.ts';
import { ciCommand } from './commands/ci.ts';
import { compareCommand } from './commands/compare.ts';
import { detectCommand } from './commands/detect.ts';
import { doctorCommand } from './commands/doctor.ts';
import { finishCommand } from './commands/finish.ts';
import { grafanaCommand } from './commands/grafana.ts';
import { k8sCommand } from './commands/k8s.ts';
import type { CommandFactory } from './commands/lib/command-factory.ts';
import { newCommand } from './commands/new.ts';
import { pruneCommand } from './commands/prune.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { setupCommand } from './commands/setup.ts';
import { downCommand, statusCommand, upCommand } from './commands/stack.ts';
import { stopCommand } from './commands/stop.ts';
import { runProgram } from './program.ts';

const COMMANDS: readonly CommandFactory[] = [
  runCommand,
  abCommand,
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

/** Runs the whole command line. */
export async function main(process_context: ProcessContext): Promise<ExitCode> {
  return await runProgram(process_context, COMMANDS, ({ env }) => useNetwork(env));
}
