import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { type RunRecord, RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { runsTable } from '../../report/terminal/runs-table.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { exportCommand, importCommand } from './runs-portable.ts';

const DEFAULT_LIMIT = 20;

/** `loadstar runs`, and `runs export`, `runs import`: the history, newest first. */
export const runsCommand: CommandFactory = (context, report) =>
  new Command('runs')
    .description('List the runs in InfluxDB, newest first.')
    .option('--limit <n>', 'maximum number of runs', String(DEFAULT_LIMIT))
    .option('--json', 'print the runs as JSON')
    .action(async (flags: { limit: string; json?: true }) => {
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw usageError('--limit to be a whole number above 0', `\`${flags.limit}\``, 'for example --limit 50');
      const records = await listRuns(context, limit);
      if (flags.json) context.print(JSON.stringify(records, null, 2));
      else if (records.length === 0) context.ui.result.line('no runs yet: start one with `make load-test`');
      else context.ui.result.line(runsTable(records));
      report(EXIT.passed);
    })
    .addCommand(exportCommand(context, report))
    .addCommand(importCommand(context, report));

async function listRuns(context: CommandContext, limit: number): Promise<RunRecord[]> {
  const { influx } = await readyStack(context);
  return await new RunStore(cliConnection(influx)).list(limit);
}
