import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { bytesText } from '../../contract/format.ts';
import { waitForAll } from '../../lib/all-done.ts';
import { requireConfirmation } from '../../lib/confirm.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { stackLock, withLock } from '../../lib/process-lock.ts';
import { loadProject, shownPath } from '../../project/project.ts';
import { applyRetention } from '../../project/retention.ts';
import { catalogueSetting, loadTeamScenarios, rememberTeam } from '../../project/team-catalogue.ts';
import { isNearlyFull, measureDiskRoom, measureDiskUse } from '../../runs/housekeeping/disk-use.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import type { Engine } from '../../stack/engine/engine.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { describeLogin } from '../../stack/engine/secrets.ts';
import { commandK6Reader } from '../../stack/k6-reader.ts';
import { readNewestMessages } from '../../stack/messages.ts';
import { selectEngine } from '../../stack/select.ts';
import { requireStateFormat } from '../../stack/state/format.ts';
import { RunRegistry, registeredRunText } from '../../stack/state/run-registry.ts';
import { CONFIG_OPTION, type CommandFactory } from './lib/command-factory.ts';

async function chooseEngine(context: CommandContext) {
  return await selectEngine(engineContext(context), context.environment.ENGINE);
}

function engineLine({ name, compose_project }: Engine): string {
  return `engine    ${name}${compose_project ? ` (compose project ${compose_project})` : ''}`;
}

/** The login of a Grafana that Loadstar started. */
function showLogin(context: CommandContext, engine: Engine): void {
  const login = describeLogin(engineContext(context), engine.name, context.cwd);
  if (login) context.ui.result.line(`          ${login}`);
}

/** `loadstar up`: starts InfluxDB and Grafana as a run would. */
export const upCommand: CommandFactory = (context, report) =>
  new Command('up')
    .description('Start InfluxDB and Grafana, and build k6.')
    .option(...CONFIG_OPTION)
    .action(async ({ config }: { config?: string }) => {
      const project = await loadProject(context, config);
      const configured = applyRetention(context, project.config);
      const engine = await chooseEngine(configured);
      const setting = catalogueSetting(project, context, commandK6Reader(context));
      const { state_dir } = engineContext(context);
      await requireStateFormat(state_dir);
      await rememberTeam(state_dir, await loadTeamScenarios(setting), setting);
      const [stack, launcher] = await waitForAll([readyStack(configured, engine), engine.k6()]);
      const { ui } = context;
      ui.result.line(engineLine(engine));
      ui.result.line(`influxdb  ${stack.influx.url}`);
      ui.result.line(`grafana   ${stack.grafana?.url ?? 'none'}`);
      if (stack.grafana) showLogin(context, engine);
      ui.result.line(`k6        v${launcher.version}`);
      for (const note of stack.notes) ui.note(note);
      report(EXIT.passed);
    });

interface DownFlags {
  readonly force?: true;
  readonly deleteData?: true;
  readonly yes?: true;
}

/** `loadstar down`: stops what `up` started, and keeps the data unless asked to delete it. */
export const downCommand: CommandFactory = (context, report) =>
  new Command('down')
    .description('Stop InfluxDB and Grafana. Keep their data and tokens.')
    .option(...CONFIG_OPTION)
    .option('--delete-data', 'also delete all stored data: metrics, the history of runs, dashboards, tokens')
    .option('--yes', 'do not ask for confirmation')
    .option('--force', 'stop even if a run is in progress; its samples then wait on disk')
    .action(async (flags: DownFlags) => {
      const { state_dir, ui, signal } = engineContext(context);
      const engine = await chooseEngine(context);
      // --force does not apply to --delete-data: a run in progress would write into deleted data.
      if (flags.deleteData || !flags.force) await requireNoRun(state_dir);
      if (flags.deleteData) await confirmDeletion(context, engine, flags.yes === true);
      await withLock({ file: stackLock(state_dir), ui, signal }, 'stopping the stack', async () => {
        await engine.down();
        if (flags.deleteData) await deleteData(context, engine);
      });
      report(EXIT.passed);
    });

/** @throws LoadstarError (unusable) if a run in progress needs the servers */
async function requireNoRun(state_dir: string): Promise<void> {
  const live_runs = (await new RunRegistry(state_dir).runs()).filter(({ is_alive }) => is_alive);
  if (live_runs.length === 0) return;
  throw unusableError(
    'no run in progress',
    live_runs.map(registeredRunText).join('; '),
    'wait for it, stop it with `loadstar stop`, or stop the servers anyway with `loadstar down --force`',
  );
}

async function confirmDeletion(context: CommandContext, engine: Engine, yes: boolean): Promise<void> {
  if (!engine.deleteData) {
    throw usageError(
      'ENGINE to be native or docker',
      `ENGINE=${engine.name}, whose data Loadstar does not delete`,
      'delete the buckets in InfluxDB',
    );
  }
  const { state_dir } = engineContext(context);
  const what = `all data in ${shownPath(context, state_dir)}, including the history of runs (back it up with loadstar runs export --out FILE)`;
  await requireConfirmation(context, { what, word: 'delete', yes });
}

/** Keeps results/, which `loadstar prune` is for. */
async function deleteData(context: CommandContext, engine: Engine): Promise<void> {
  await context.ui.step('deleting the data', () => engine.deleteData?.() ?? Promise.resolve());
  context.ui.result.line('deleted all data; results/ is kept (use `loadstar prune` for it)');
}

/** `loadstar status`: shows servers, runs in progress and disk use. */
export const statusCommand: CommandFactory = (context, report) =>
  new Command('status')
    .description('Show the servers, the runs in progress and the disk use.')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the status as JSON')
    .action(async (flags: { json?: true }) => {
      const { ui } = context;
      const engine = await chooseEngine(context);
      const engine_context = engineContext(context);
      const services = await engine.status();
      const runs = await new RunRegistry(engine_context.state_dir).runs();
      const runs_under_way = runs.map(({ run, call_pid, is_alive }) => {
        const { testid, started, planned_end } = run;
        return { testid, pid: call_pid, alive: is_alive, started, planned_end };
      });
      const { results_dir } = context;
      const disk = await measureDiskUse(engine_context, results_dir, engine.name);
      const room = (await measureDiskRoom(engine_context.state_dir)) ?? (await measureDiskRoom(context.root));
      const { name, compose_project } = engine;
      const all = { engine: name, compose_project, services, runs_under_way, disk, room };
      if (flags.json) context.print(JSON.stringify(all, null, 2));
      else {
        ui.result.line(engineLine(engine));
        for (const { service, state, detail } of services) {
          ui.result.line(`${service.padEnd(9)} ${state}${detail ? ` (${detail})` : ''}`);
          if (service === 'grafana' && state === 'running') showLogin(context, engine);
        }
        for (const run of runs) {
          const what = run.is_alive ? 'run' : 'killed';
          ui.result.line(
            `${what.padEnd(9)} ${registeredRunText(run)}${run.is_alive ? '' : ': the next command completes its record'}`,
          );
        }
        for (const line of await readNewestMessages(engineContext(context))) ui.result.line(`          ${line}`);
        for (const { part, bytes, where } of disk) {
          ui.result.line(`${part.padEnd(9)} ${bytes === null ? where : bytesText(bytes)}`);
        }
        if (room) ui.result.line(`free      ${bytesText(room.free_bytes)} of ${bytesText(room.total_bytes)}`);
      }
      if (room && isNearlyFull(room)) {
        ui.warn(
          `the disk of ${room.path} is nearly full (${bytesText(room.free_bytes)} free): run \`loadstar prune\`, or set a shorter RETENTION_LIVE`,
        );
      }
      report(EXIT.passed);
    });
