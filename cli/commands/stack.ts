import { join } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { allDone } from '../../lib/all-done.ts';
import { requireConfirmation } from '../../lib/confirm.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { stackLock, withLock } from '../../lib/process-lock.ts';
import { loadProject, shownPath } from '../../project/project.ts';
import { withRetention } from '../../project/retention.ts';
import { rememberTeam, settingOf, teamScenarios } from '../../project/team-catalogue.ts';
import { bytesText, diskRoom, diskUse, isNearlyFull } from '../../runs/housekeeping/disk-use.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import type { Engine } from '../../stack/engine/engine.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { grafanaLogin } from '../../stack/engine/secrets.ts';
import { newestMessages } from '../../stack/messages.ts';
import { selectEngine } from '../../stack/select.ts';
import { requireStateFormat } from '../../stack/state/format.ts';
import { RunsUnderWay, runUnderWayText } from '../../stack/state/runs-under-way.ts';
import type { CommandFactory } from './lib/command-factory.ts';

async function engineOf(context: CommandContext) {
  return await selectEngine(engineContext(context), context.environment.ENGINE);
}

/** A Grafana of ours shows nothing without a login; of others we know none. */
function sayLogin(context: CommandContext, engine: Engine): void {
  const login = grafanaLogin(engineContext(context), engine.name, context.cwd);
  if (login) context.ui.line(`          ${login}`);
}

/** `loadstar up`: InfluxDB and Grafana, as a run would bring them up. */
export const upCommand: CommandFactory = (context, report) =>
  new Command('up')
    .description('Bring InfluxDB and Grafana up, and build k6, without running anything.')
    .action(async () => {
      const project = await loadProject(context, undefined);
      const configured = withRetention(context, project.config);
      const engine = await engineOf(configured);
      const setting = settingOf(project, context);
      const { state_dir } = engineContext(context);
      await requireStateFormat(state_dir);
      await rememberTeam(state_dir, await teamScenarios(setting), setting);
      const [stack, launcher] = await allDone([readyStack(configured, engine), engine.k6()]);
      const { ui } = context;
      ui.line(`engine    ${engine.name}`);
      ui.line(`influxdb  ${stack.influx.url}`);
      ui.line(`grafana   ${stack.grafana?.url ?? 'none'}`);
      if (stack.grafana) sayLogin(context, engine);
      ui.line(`k6        v${launcher.version}`);
      for (const note of stack.notes) ui.note(note);
      report(EXIT.passed);
    });

interface DownFlags {
  readonly force?: true;
  readonly deleteData?: true;
  readonly yes?: true;
}

/** `loadstar down`: stops what `up` started; data stays, unless it is asked otherwise. */
export const downCommand: CommandFactory = (context, report) =>
  new Command('down')
    .description('Stop InfluxDB and Grafana. Data and tokens stay.')
    .option('--delete-data', 'delete what they have stored too: metrics, the history of runs, dashboards, tokens')
    .option('--yes', 'do not ask')
    .option('--force', 'also while a run is under way: what it measures from then on waits on disk')
    .action(async (flags: DownFlags) => {
      const { state_dir, ui, signal } = engineContext(context);
      const engine = await engineOf(context);
      // Data cannot be deleted under a run that writes it.
      if (flags.deleteData || !flags.force) await requireNoRun(state_dir);
      if (flags.deleteData) await confirmDeletion(context, engine, flags.yes === true);
      await withLock({ file: stackLock(state_dir), ui, signal }, 'stopping the stack', async () => {
        await engine.down();
        if (flags.deleteData) await deleteData(context, engine);
      });
      report(EXIT.passed);
    });

/** @throws LoadstarError (unusable) where a run needs what would be stopped */
async function requireNoRun(state_dir: string): Promise<void> {
  const under_way = (await new RunsUnderWay(state_dir).list()).filter(({ alive }) => alive);
  if (under_way.length === 0) return;
  throw unusableError(
    'no run to be under way',
    under_way.map(runUnderWayText).join('; '),
    'wait for it, end it with `loadstar stop`, or stop InfluxDB and Grafana all the same: loadstar down --force',
  );
}

async function confirmDeletion(context: CommandContext, engine: Engine, yes: boolean): Promise<void> {
  if (!engine.deleteData) {
    throw usageError(
      'an engine whose data is ours to delete',
      `ENGINE=${engine.name}: its servers are the team's`,
      'delete the three buckets there',
    );
  }
  const { state_dir } = engineContext(context);
  const what = `all that is stored in ${shownPath(context, state_dir)}, the history of all runs too (back-up: loadstar runs export --out FILE)`;
  await requireConfirmation(context, { what, word: 'delete', yes });
}

/** Results stay: they are files of the checkout, and `loadstar prune` is for them. */
async function deleteData(context: CommandContext, engine: Engine): Promise<void> {
  await context.ui.step('deleting the data', () => engine.deleteData?.() ?? Promise.resolve());
  context.ui.line('deleted; results/ stays as it is (`loadstar prune` is for that)');
}

/** `loadstar status`: what runs. */
export const statusCommand: CommandFactory = (context, report) =>
  new Command('status')
    .description('Say what runs and where.')
    .option('--json', 'as JSON on stdout')
    .action(async (flags: { json?: true }) => {
      const engine = await engineOf(context);
      const engine_context = engineContext(context);
      const services = await engine.status();
      const runs = await new RunsUnderWay(engine_context.state_dir).list();
      const runs_under_way = runs.map(({ run, call_pid, alive }) => {
        const { testid, started, planned_end } = run;
        return { testid, pid: call_pid, alive, started, planned_end };
      });
      const results_dir = join(context.root, 'results');
      const disk = await diskUse(engine_context, results_dir, engine.name);
      const room = (await diskRoom(engine_context.state_dir)) ?? (await diskRoom(context.root));
      const all = { engine: engine.name, services, runs_under_way, disk, room };
      if (flags.json) context.print(JSON.stringify(all, null, 2));
      else {
        context.ui.line(`engine    ${engine.name}`);
        for (const { service, state, detail } of services) {
          context.ui.line(`${service.padEnd(9)} ${state}${detail ? ` (${detail})` : ''}`);
          if (service === 'grafana' && state === 'running') sayLogin(context, engine);
        }
        for (const run of runs) {
          const what = run.alive ? 'run' : 'killed';
          context.ui.line(
            `${what.padEnd(9)} ${runUnderWayText(run)}${run.alive ? '' : ': the next call ends its record'}`,
          );
        }
        for (const line of await newestMessages(engineContext(context))) context.ui.line(`          ${line}`);
        for (const { part, bytes, where } of disk) {
          context.ui.line(`${part.padEnd(9)} ${bytes === null ? where : bytesText(bytes)}`);
        }
        if (room) context.ui.line(`free      ${bytesText(room.free_bytes)} of ${bytesText(room.total_bytes)}`);
      }
      if (room && isNearlyFull(room)) {
        context.ui.warn(
          `the disk of ${room.path} is nearly full, ${bytesText(room.free_bytes)} are free: \`loadstar prune\`, or a shorter RETENTION_LIVE`,
        );
      }
      report(EXIT.passed);
    });
