import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { newestMessages } from '../engine/messages.ts';
import { selectEngine } from '../engine/select.ts';
import { allDone } from '../lib/all-done.ts';
import type { CommandFactory } from '../lib/command-factory.ts';
import { type CommandContext, engineContext } from '../lib/context.ts';
import { unusableError } from '../lib/errors.ts';
import { stackLock, withLock } from '../lib/state-lock.ts';
import { readyStack } from '../run/ready-stack.ts';
import { RunsUnderWay, runUnderWayText } from '../state/runs-under-way.ts';

async function engineOf(context: CommandContext) {
  return await selectEngine(engineContext(context), context.environment.ENGINE);
}

/** `loadstar up`: InfluxDB and Grafana, as a run would bring them up. */
export const upCommand: CommandFactory = (context, report) =>
  new Command('up')
    .description('Bring InfluxDB and Grafana up, and build k6, without running anything.')
    .action(async () => {
      const engine = await engineOf(context);
      const [stack, launcher] = await allDone([readyStack(context, engine), engine.k6()]);
      const { ui } = context;
      ui.line(`engine    ${engine.name}`);
      ui.line(`influxdb  ${stack.influx.url}`);
      ui.line(`grafana   ${stack.grafana?.url ?? 'none'}`);
      ui.line(`k6        v${launcher.version}`);
      for (const note of stack.notes) ui.note(note);
      report(EXIT.passed);
    });

/** `loadstar down`: stops what `up` started; data stays. */
export const downCommand: CommandFactory = (context, report) =>
  new Command('down')
    .description('Stop InfluxDB and Grafana. Data and tokens stay.')
    .option('--force', 'also while a run is under way: what it measures from then on waits on disk')
    .action(async (flags: { force?: true }) => {
      const { state_dir, ui, signal } = engineContext(context);
      const engine = await engineOf(context);
      if (!flags.force) await requireNoRun(state_dir);
      await withLock({ file: stackLock(state_dir), ui, signal }, 'stopping the stack', () => engine.down());
      report(EXIT.passed);
    });

/** @throws LoadstarError (unusable) where a run needs what would be stopped */
async function requireNoRun(state_dir: string): Promise<void> {
  const under_way = (await new RunsUnderWay(state_dir).list()).filter(({ alive }) => alive);
  if (under_way.length === 0) return;
  const pids = under_way.map(({ call_pid }) => call_pid).join(' ');
  throw unusableError(
    'no run to be under way',
    under_way.map(runUnderWayText).join('; '),
    `wait for it, end it with \`kill -INT ${pids}\`, or stop all the same: loadstar down --force`,
  );
}

/** `loadstar status`: what runs. */
export const statusCommand: CommandFactory = (context, report) =>
  new Command('status')
    .description('Say what runs and where.')
    .option('--json', 'as JSON on stdout')
    .action(async (flags: { json?: true }) => {
      const engine = await engineOf(context);
      const services = await engine.status();
      const runs = await new RunsUnderWay(engineContext(context).state_dir).list();
      const runs_under_way = runs.map(({ run, call_pid, alive }) => {
        const { testid, started, planned_end } = run;
        return { testid, pid: call_pid, alive, started, planned_end };
      });
      if (flags.json) context.print(JSON.stringify({ engine: engine.name, services, runs_under_way }, null, 2));
      else {
        context.ui.line(`engine    ${engine.name}`);
        for (const { service, state, detail } of services) {
          context.ui.line(`${service.padEnd(9)} ${state}${detail ? ` (${detail})` : ''}`);
        }
        for (const run of runs) {
          const what = run.alive ? 'run' : 'killed';
          context.ui.line(
            `${what.padEnd(9)} ${runUnderWayText(run)}${run.alive ? '' : ': the next call ends its record'}`,
          );
        }
        for (const line of await newestMessages(engineContext(context))) context.ui.line(`          ${line}`);
      }
      report(EXIT.passed);
    });
