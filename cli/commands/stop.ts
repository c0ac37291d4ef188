import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { readUserName } from '../../lib/user-name.ts';
import { type StopOutcome, stopRun } from '../../runs/stop-run.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import type { RegisteredCall } from '../../stack/state/registered-call.ts';
import { RunRegistry } from '../../stack/state/run-registry.ts';
import { CONFIG_OPTION, type CommandFactory } from './lib/command-factory.ts';

/** `loadstar stop`: the kill switch. */
export const stopCommand: CommandFactory = (context, report) =>
  new Command('stop')
    .description('Stop the load of one run, or of all runs of this checkout, immediately.')
    .argument('[run]', 'run id (default: all runs)')
    .option(...CONFIG_OPTION)
    .action((run?: string) => stop(context, run).then(report));

async function stop(context: CommandContext, testid: string | undefined): Promise<ExitCode> {
  const { state_dir } = engineContext(context);
  const registry = new RunRegistry(state_dir);
  const active = await registry.activeCalls();
  const wanted = testid === undefined ? active : active.filter((call) => currentRun(call) === testid);
  if (testid !== undefined && wanted.length === 0) {
    const ids = active.flatMap((call) => currentRun(call) ?? []);
    throw usageError('the id of a run in progress', `\`${testid}\``, `runs in progress: ${ids.join(', ') || 'none'}`);
  }
  if (wanted.length === 0) {
    context.ui.result.line('no run in progress');
    return EXIT.passed;
  }
  const request = { registry, env: context.env, by: readUserName() };
  // In parallel, so that no run goes on loading while another is stopped.
  const stopped = await Promise.all(wanted.map(async (call) => ({ call, ...(await stopRun(request, call)) })));
  for (const { call, outcome, took_ms } of stopped) {
    if (outcome === 'running') continue;
    context.ui.result.line(
      `${callName(call)}: load stopped after ${(took_ms / 1_000).toFixed(1)} s, ${MEANING[outcome]}`,
    );
  }
  const running = stopped.filter(({ outcome }) => outcome === 'running').map(({ call }) => callName(call));
  if (running.length > 0) {
    throw unusableError(
      `the load of ${running.join(', ')} to stop`,
      'it still runs after it was killed',
      'call again; with Docker, see `docker ps --filter name=loadstar-k6`',
    );
  }
  const left = stopped.filter(({ outcome }) => outcome !== 'notified');
  if (left.length === 0) return EXIT.passed;
  // Imported here, because it loads most of the command line, and the stop has to be quick.
  const { settleStopped } = await import('../../runs/settle-stopped.ts');
  for (const { call } of left) await settleStopped(context, call, callName(call));
  return EXIT.passed;
}

const MEANING: Readonly<Record<Exclude<StopOutcome, 'running'>, string>> = {
  notified: 'its own process writes the record',
  orphaned: 'its own process does not answer, so k6 was stopped directly',
  killed: 'k6 was killed and its last samples are lost',
};

/** Its newest unfinished run; undefined while it prepares. */
function currentRun({ runs }: RegisteredCall): string | undefined {
  return runs.at(-1)?.run.testid;
}

function callName(call: RegisteredCall): string {
  return currentRun(call) ?? `the run with pid ${call.call.pid} against ${call.target}`;
}
