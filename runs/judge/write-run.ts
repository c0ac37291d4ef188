/** The only place that writes what a run leaves: its record, its files, its pages. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../lib/errors.ts';
import { reportToFiles } from '../../report/files/files.ts';
import { reportToPages } from '../../report/pages/pages.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { FinishedRun } from './judge-run.ts';
import type { ResultContext } from './result-context.ts';
import { markShifts, toRecord, writeRecordEnd } from './run-record.ts';

export interface WrittenRun {
  /** Whether the record has its end. */
  readonly is_recorded: boolean;
  /** Whether the page of the run is there. */
  readonly has_page: boolean;
}

/**
 * Writes record, files and pages. What cannot be written is a warning and does not prevent the rest: each of them holds the
 * verdict.
 * @param notified whether Slack hears of the end; null leaves what the record says
 */
export async function writeRun(
  context: ResultContext,
  finished: FinishedRun,
  notified: boolean | null,
): Promise<WrittenRun> {
  const is_recorded = await writeRecord(context, finished, notified);
  const has_files = await writeFiles(context, finished);
  return { is_recorded, has_page: has_files && (await writePages(context, finished)) };
}

async function writeRecord(
  { influx, ui }: ResultContext,
  finished: FinishedRun,
  notified: boolean | null,
): Promise<boolean> {
  const connection = cliConnection(influx);
  const { run, summary, branch_history, patience } = finished;
  try {
    await patience.with(() => writeRecordEnd(connection, finished, notified));
  } catch (error) {
    ui.warn(
      `the record of run ${run.testid} could not be written to InfluxDB (${messageOf(error)}): the next call writes it`,
    );
    return false;
  }
  try {
    // For dashboards alone.
    if (branch_history.length > 0) await markShifts(connection, [toRecord(run, summary), ...branch_history]);
  } catch (error) {
    ui.warn(`shifts of the history could not be marked: ${messageOf(error)}`);
  }
  return true;
}

/** A container may have no place to write to. */
async function writeFiles({ results_dir, ui }: ResultContext, { summary }: FinishedRun): Promise<boolean> {
  const directory = join(results_dir, summary.testid);
  try {
    await mkdir(directory, { recursive: true });
    await reportToFiles(summary, directory);
    return true;
  } catch (error) {
    ui.warn(`the files of run ${summary.testid} could not be written: ${messageOf(error)}`);
    return false;
  }
}

async function writePages({ results_dir, influx, ui }: ResultContext, { run, summary }: FinishedRun): Promise<boolean> {
  const place = { results_dir, project: run.project, influx: cliConnection(influx), now: new Date() };
  return await reportToPages(ui, place, summary);
}
