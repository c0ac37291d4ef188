import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../../contract/exit-codes.ts';
import type { CommandContext } from '../../../lib/context.ts';
import { ciEnvironment } from '../../../runs/options/ci-environment.ts';
import type { CommandFactory } from '../lib/command-factory.ts';

/** `loadstar ci run`: `loadstar run` with the inputs of a workflow, and with the secrets that it names. */
export const ciRunCommand: CommandFactory = (context, report) =>
  new Command('run')
    .description('Run load tests with the inputs of a workflow and no other secrets than CI_SECRET_NAMES names.')
    .argument('[arguments...]', 'more arguments of `loadstar run`, after --')
    .action((args: string[]) => runWithout(context, args).then(report));

/** A process of its own: the variables of this one, with all secrets of the job, cannot be taken back. */
async function runWithout(context: CommandContext, args: readonly string[]): Promise<ExitCode> {
  const { env, environment, cwd, root, node_path, stop, force } = context;
  const child = spawn(node_path, [join(root, 'cli', 'loadstar.js'), 'run', ...args], {
    cwd,
    env: ciEnvironment(env, environment),
    stdio: 'inherit',
  });
  // The runner of a job may signal this process alone.
  for (const signal of [stop, force]) signal.addEventListener('abort', () => child.kill('SIGTERM'));
  return await new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done((code ?? EXIT.interrupted) as ExitCode));
  });
}
