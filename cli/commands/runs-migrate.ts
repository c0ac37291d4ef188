import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { isProjectName, PROJECT_NAME } from '../../contract/project-name.ts';
import { relabelRuns } from '../../history/relabel-runs.ts';
import { type FoundRuns, findRelabels } from '../../influxdb/relabel.ts';
import { RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { projectName } from '../../project/project-name.ts';
import { plainTable } from '../../report/terminal/table.ts';
import { migrationFile } from '../../runs/housekeeping/migrate-records.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { requireRights } from '../../stack/external/rights.ts';
import { selectEngine } from '../../stack/select.ts';
import type { CommandFactory } from './lib/command-factory.ts';

interface Flags {
  readonly from?: string;
  readonly to?: string;
  readonly yes?: true;
}

/** Runs that are looked at for one in progress. */
const NEWEST = 100;
const DAY = 'YYYY-MM-DD'.length;

/** `loadstar runs migrate`: gives runs the name of a project. */
export const migrateCommand: CommandFactory = (context, report) =>
  new Command('migrate')
    .description('Give runs of versions that knew no projects, or of a renamed project, the name of this project.')
    .option('--from <project>', 'former name of the project (default: runs without a project)')
    // `--project` would be that of the command above, which lists runs.
    .option('--to <project>', 'project that they become runs of (default: the project of the working directory)')
    .option('--yes', 'do it; without this option, show which runs would change')
    .action(async (flags: Flags) => {
      await migrate(context, flags);
      report(EXIT.passed);
    });

async function migrate(context: CommandContext, flags: Flags): Promise<void> {
  for (const name of [flags.from, flags.to]) {
    if (name === undefined || isProjectName(name)) continue;
    throw usageError(`the name of a project: ${PROJECT_NAME.expected}`, `\`${name}\``, 'for example --from shop');
  }
  const project = flags.to ?? (await projectName(context));
  if (flags.from === project) {
    throw usageError('two projects', `\`${project}\` twice`, 'name the other one: --to <project>');
  }
  const engine = await selectEngine(engineContext(context), context.environment.ENGINE);
  const stack = await readyStack(context, engine);
  requireRights(stack, { read: ['runs'], ...(flags.yes ? { write: ['runs'] } : {}) });
  const connection = cliConnection(stack.influx);
  const former = flags.from ?? null;
  const found = await findRelabels(connection, former);
  const { result } = context.ui;
  const which = former === null ? 'without a project' : `of the project ${former}`;
  if (found.runs.length === 0) {
    result.line(`no runs ${which}`);
    return;
  }
  result.line(listFound(found));
  if (!flags.yes) {
    result.line(`runs ${which} that would become runs of ${project}: ${found.runs.length}. Nothing has changed.`);
    result.line('add --yes if all of them are yours');
    return;
  }
  await requireNoneInProgress(new RunStore(connection));
  const file = migrationFile(engineContext(context).state_dir, engine.name, stack);
  await relabelRuns(connection, file, former, project, context.stop);
  result.line(`runs of ${project} now: ${found.runs.length} more`);
}

/** A row a scenario and target. */
function listFound({ runs }: FoundRuns): string {
  const groups = new Map<string, FoundRuns['runs'][number][]>();
  for (const run of runs) {
    const key = `${run.scenario}\n${run.target}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const day = (date: Date | undefined) => date?.toISOString().slice(0, DAY) ?? '';
  const rows = [...groups.values()].map((of_kind) => [
    of_kind[0]?.scenario ?? '',
    of_kind[0]?.target ?? '',
    String(of_kind.length),
    day(of_kind[0]?.started),
    day(of_kind.at(-1)?.started),
  ]);
  return plainTable(['scenario', 'target', 'runs', 'first', 'last'], rows, 2);
}

/** Its end could be lost between the reading and the writing of its record. */
async function requireNoneInProgress(store: RunStore): Promise<void> {
  const now = new Date().toISOString();
  const running = (await store.list(NEWEST, null)).filter(
    ({ status, planned_end }) => status === 'running' && planned_end !== null && planned_end > now,
  );
  if (running.length === 0) return;
  const found = running.map(({ testid }) => testid).join(', ');
  throw unusableError(
    'no run in progress in this InfluxDB',
    found,
    'wait for its end, then run the same command again',
  );
}
