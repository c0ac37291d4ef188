import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { usageError } from '../../lib/errors.ts';
import { runsTable } from '../../report/terminal/runs-table.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { addProjectOptions, chosenProject, type ProjectFlags } from './lib/chosen-project.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { migrateCommand } from './runs-migrate.ts';
import { exportCommand, importCommand } from './runs-portable.ts';

const DEFAULT_LIMIT = 20;

/** `loadstar runs`, and `runs export`, `runs import`: the history, newest first. */
export const runsCommand: CommandFactory = (context, report) =>
  addProjectOptions(new Command('runs').description('List the runs of the project in InfluxDB, newest first.'))
    .option('--limit <n>', 'maximum number of runs', String(DEFAULT_LIMIT))
    .option('--json', 'print the runs as JSON')
    .action(async (flags: ProjectFlags & { limit: string; json?: true }) => {
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw usageError('--limit to be a whole number above 0', `\`${flags.limit}\``, 'for example --limit 50');
      const project = await chosenProject(context, flags);
      const { influx } = await readyStack(context);
      const store = new RunStore(cliConnection(influx));
      const records = await store.list(limit, project);
      const with_project = flags.project !== undefined || flags.allProjects === true;
      if (flags.json) context.print(JSON.stringify(records, null, 2));
      else if (records.length === 0) context.ui.result.line(await noRuns(store, project));
      else context.ui.result.line(runsTable(records, { with_project }));
      report(EXIT.passed);
    })
    .addCommand(exportCommand(context, report))
    .addCommand(importCommand(context, report))
    .addCommand(migrateCommand(context, report));

/** Somebody who expects runs may look in the wrong project. */
async function noRuns(store: RunStore, project: string | null): Promise<string> {
  if (project === null || (await store.list(1, null)).length === 0)
    return 'no runs yet: start one with `make load-test`';
  return `no runs of the project ${project} yet; \`${COMMAND} runs --all-projects\` lists those of other projects`;
}
