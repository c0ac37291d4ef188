import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { RunSummary } from '../../contract/results.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError, usageError } from '../../lib/errors.ts';
import { shownPath } from '../../lib/shown-path.ts';
import { projectName } from '../../project/project-name.ts';
import { readSummary } from '../../report/files/read-summary.ts';
import { runsHere, writePages } from '../../report/pages/write.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { CommandFactory } from './lib/command-factory.ts';

const SHOWN_RUNS = 3;

/** `loadstar report`: writes the pages of a finished run again. */
export const reportCommand: CommandFactory = (context, report) =>
  new Command('report')
    .description('Write the HTML report of a run and the overview of all runs again.')
    .argument('[run]', 'id of a run in results/ (default: the newest)')
    .action(async (testid: string | undefined) => {
      const { results_dir } = context;
      const run = await readRun(results_dir, testid);
      const project = run.project ?? (await projectName(context));
      const place = { results_dir, project, influx: await connectIfPossible(context), now: new Date() };
      const pages = await writePages(place, run);
      for (const note of pages.notes) context.ui.warn(note);
      for (const file of [pages.report, pages.index]) context.ui.result.line(shownPath(context.cwd, file));
      report(EXIT.passed);
    });

/** @throws LoadstarError (usage) if there is no such run in results/ */
async function readRun(results_dir: string, testid: string | undefined): Promise<RunSummary> {
  const here = await runsHere(results_dir);
  const wanted = testid ?? here[0];
  const run = wanted !== undefined && here.includes(wanted) ? await readSummary(results_dir, wanted) : null;
  if (run) return run;
  if (here.length === 0) throw usageError('a run in results/', 'none', 'start one with `make load-test`');
  const newest = here.slice(0, SHOWN_RUNS).join(', ');
  const more = here.length > SHOWN_RUNS ? ` and ${here.length - SHOWN_RUNS} more` : '';
  throw usageError('the id of a run in results/', `\`${wanted}\``, `one of ${newest}${more}`);
}

/** Without InfluxDB the pages show what the files in results/ hold. */
async function connectIfPossible(context: CommandContext): Promise<InfluxConnection | null> {
  try {
    const { influx } = await readyStack(context);
    return cliConnection(influx);
  } catch (error) {
    // A usage error and an interrupt end the command.
    if (!(error instanceof LoadstarError) || error.exit_code === EXIT.usage || context.stop.aborted) throw error;
    context.ui.warn(`no InfluxDB, expected ${error.message}${error.found ? `, found ${error.found}` : ''}`);
    return null;
  }
}
