import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { metricValues } from '../../contract/metrics.ts';
import type { RunSummary } from '../../contract/results.ts';
import { INDEX_FILE, REPORT_FILE, SUMMARY_FILE } from '../../contract/run-files.ts';
import { isRunId } from '../../contract/runs.ts';
import { summaryValue } from '../../contract/summary.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { type RunOverview, readOverviews } from '../../influxdb/run-overview.ts';
import { messageOf } from '../../lib/errors.ts';
import { writeWhole } from '../../lib/whole-file.ts';
import { readSummaryOrNone } from '../files/read-summary.ts';
import { indexPage } from '../html/index-page.ts';
import type { IndexRun } from '../html/input.ts';
import { runPage } from '../html/run-page.ts';
import { pageAssets } from './assets.ts';
import { gatherRun } from './gather.ts';

/** So many runs the index and a trend go back: a page of a megabyte at most. */
const MOST_RUNS = 200;

export interface ReportPlace {
  readonly results_dir: string;
  /** Whose runs the overview has, and a run that does not say so. */
  readonly project: string;
  /** null where there is none to ask. */
  readonly influx: InfluxConnection | null;
  readonly now: Date;
}

export interface WrittenPages {
  readonly report: string;
  readonly index: string;
  /** What is missing in them, and why. */
  readonly notes: readonly string[];
}

/**
 * Writes the page of a run and the page over all runs.
 * @throws Error of the file system alone: without InfluxDB the pages show less, and say so
 */
export async function writePages(place: ReportPlace, run: RunSummary): Promise<WrittenPages> {
  const notes: string[] = [];
  const overviews = await overviewsOf({ ...place, project: run.project ?? place.project }, notes);
  const influx = overviews ? place.influx : null;
  const input = await gatherRun(run, { influx, overviews: overviews ?? [], now: place.now });
  const report = join(place.results_dir, run.testid, REPORT_FILE);
  await writeWhole(report, runPage(input, await pageAssets('run')));
  const index = await writeIndex(place, overviews, notes);
  return { report, index, notes };
}

async function overviewsOf({ influx, project }: ReportPlace, notes: string[]): Promise<RunOverview[] | null> {
  if (!influx) return null;
  try {
    // One more than is shown: whether there are older ones.
    return await readOverviews(influx, project, MOST_RUNS + 1);
  } catch (error) {
    notes.push(`InfluxDB could not be asked for the history: ${messageOf(error)}`);
    return null;
  }
}

/** Writes the page over all runs alone, as after some of them have gone. @returns what is missing in it, and why */
export async function writeIndexPage(place: ReportPlace): Promise<readonly string[]> {
  const notes: string[] = [];
  await writeIndex(place, await overviewsOf(place, notes), notes);
  return notes;
}

async function writeIndex(
  place: ReportPlace,
  overviews: readonly RunOverview[] | null,
  notes: readonly string[],
): Promise<string> {
  const known = await reportedRuns(place.results_dir);
  const linked = (run: RunOverview): IndexRun => ({
    ...run,
    page: known.has(run.testid) ? `${encodeURIComponent(run.testid)}/${REPORT_FILE}` : null,
  });
  const runs = overviews ?? (await runsOfFiles(place.results_dir));
  const without =
    'InfluxDB could not be asked: these are the runs whose files are here, without distributions and expectations.';
  const file = join(place.results_dir, INDEX_FILE);
  const input = {
    generated: place.now.toISOString(),
    runs: runs.slice(0, MOST_RUNS).map(linked),
    more: runs.length > MOST_RUNS,
    notes: overviews ? notes : [...notes, without],
  };
  await writeWhole(file, indexPage(input, await pageAssets('index')));
  return file;
}

/** Ids of the runs that have left a summary here, newest first. */
export async function runsHere(results_dir: string): Promise<string[]> {
  return await having(results_dir, SUMMARY_FILE);
}

async function reportedRuns(results_dir: string): Promise<ReadonlySet<string>> {
  return new Set(await having(results_dir, REPORT_FILE));
}

/** Ids begin with the time, so their order is that of the runs. */
async function having(results_dir: string, file: string): Promise<string[]> {
  const entries = await readdir(results_dir, { withFileTypes: true }).catch(() => []);
  const directories = entries.filter((entry) => entry.isDirectory() && isRunId(entry.name)).map(({ name }) => name);
  const found = await Promise.all(
    directories.map(async (name) => ((await readdir(join(results_dir, name))).includes(file) ? [name] : [])),
  );
  return found.flat().sort().reverse();
}

async function runsOfFiles(results_dir: string): Promise<RunOverview[]> {
  const newest = (await runsHere(results_dir)).slice(0, MOST_RUNS + 1);
  const summaries = await Promise.all(newest.map((testid) => readSummaryOrNone(results_dir, testid)));
  return summaries.flatMap((summary) => (summary ? [fromSummary(summary)] : []));
}

function fromSummary(run: RunSummary): RunOverview {
  return {
    testid: run.testid,
    project: run.project ?? '',
    scenario: run.scenario,
    profile: run.profile,
    target: run.target.name,
    branch: run.app.branch,
    commit: run.app.commit,
    version: run.app.version,
    started: run.started,
    status: run.status,
    verdict: run.verdict,
    comparison: run.comparison?.verdict ?? null,
    ab_side: run.ab_run?.side ?? null,
    ab_verdict: run.ab?.verdict ?? null,
    values: metricValues((metric) => summaryValue(run, metric)),
    expected: {},
    shifts: {},
    by_request: run.by_request,
    histogram: null,
  };
}
