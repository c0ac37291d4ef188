import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { RunSummary } from '../../contract/results.ts';
import { isRunId } from '../../contract/runs.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { readStoredSummary } from '../../influxdb/stored-summary.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError, usageError } from '../../lib/errors.ts';
import { shownPath } from '../../lib/shown-path.ts';
import { projectName } from '../../project/project-name.ts';
import { reportToFiles } from '../../report/files/files.ts';
import { readSummary, summaryOf } from '../../report/files/read-summary.ts';
import { runsHere, writePages } from '../../report/pages/write.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { CommandFactory } from './lib/command-factory.ts';

const SHOWN_RUNS = 3;

/** `loadstar report`: writes the pages of a finished run again. */
export const reportCommand: CommandFactory = (context, report) =>
  new Command('report')
    .description('Write the HTML report of a run and the overview of all runs again.')
    .argument('[run]', 'id of a run in results/ or in InfluxDB (default: the newest in results/)')
    .action(async (testid: string | undefined) => {
      const { results_dir } = context;
      const local = await readLocal(results_dir, testid);
      const influx = await connectIfPossible(context);
      const run = local ?? (await fetchRun(context, influx, testid));
      const project = run.project ?? (await projectName(context));
      const place = { results_dir, project, influx, now: new Date() };
      const pages = await writePages(place, run);
      for (const note of pages.notes) context.ui.warn(note);
      for (const file of [pages.report, pages.index]) context.ui.result.line(shownPath(context.cwd, file));
      report(EXIT.passed);
    });

/** @returns null for an id that has no files in results/ */
async function readLocal(results_dir: string, testid: string | undefined): Promise<RunSummary | null> {
  const here = await runsHere(results_dir);
  const wanted = testid ?? here[0];
  if (wanted === undefined) throw usageError('a run in results/', 'none', 'start one with `make load-test`');
  return here.includes(wanted) ? await readSummary(results_dir, wanted) : null;
}

/**
 * Fetches the files of a run that another machine has judged, such as a Job in Kubernetes.
 * @throws LoadstarError (usage) if InfluxDB has no such run either
 */
async function fetchRun(
  { results_dir }: CommandContext,
  influx: InfluxConnection | null,
  testid = '',
): Promise<RunSummary> {
  const [record] = influx && isRunId(testid) ? await new RunStore(influx).find([testid]) : [];
  const text = influx && record ? await readStoredSummary(influx, testid, new Date(record.started)) : null;
  if (text !== null) {
    const run = summaryOf(text, testid, `the summary of ${testid} in InfluxDB`);
    await mkdir(join(results_dir, testid), { recursive: true });
    await reportToFiles(run, join(results_dir, testid));
    return run;
  }
  const here = await runsHere(results_dir);
  const newest = here.slice(0, SHOWN_RUNS).join(', ');
  const more = here.length > SHOWN_RUNS ? ` and ${here.length - SHOWN_RUNS} more` : '';
  const found = record
    ? `\`${testid}\`, whose record has no summary (it has not ended, or is of an earlier version)`
    : `\`${testid}\``;
  throw usageError(
    'the id of a run in results/ or in InfluxDB',
    found,
    here.length > 0 ? `one of ${newest}${more}` : '`loadstar runs` lists those in InfluxDB',
  );
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
