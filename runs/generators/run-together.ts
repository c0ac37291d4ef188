import { dirname } from 'node:path';
import type { MetricTotals } from '../../analysis/completeness.ts';
import { K6_EXIT } from '../../contract/exit-codes.ts';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { OutputReport } from '../../contract/output-report.ts';
import { BEFORE_START_MS } from '../../contract/runs.ts';
import type { Slo } from '../../contract/slo.ts';
import { sloOutcome } from '../../contract/slo-text.ts';
import { readSigns } from '../../influxdb/generators.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { messageOf } from '../../lib/errors.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { K6End } from '../judge/judge-run.ts';
import { k6Totals } from '../judge/summary.ts';
import { ERRORS_SHOWN, followK6, isResult, type K6Job, type K6Outcome } from '../k6-process/k6-run.ts';
import { mergeFindings } from '../k6-process/log-findings.ts';
import { readOutputReport } from '../k6-process/read-outputs.ts';
import { RunProgress } from '../k6-process/run-progress.ts';
import type { RunSession } from '../options/run-session.ts';
import { type AbortWatch, runWatched } from './abort-watch.ts';
import { watchForLost } from './lost-watch.ts';
import { mergeReports, mergeTotals } from './merge.ts';
import { readFiguresSoFar, readMergedRun } from './merged-run.ts';
import { sloWindows, warnOfNoAnswer } from './slo-windows.ts';

/**
 * Runs all shares of a run side by side, and merges what they measured. One that dies does not end the others: what they
 * measure stays of use, and the run is incomplete either way.
 * @param onEnd called when all of them have ended, before what they measured is read
 */
export async function runTogether(
  session: RunSession,
  run: RunStart,
  slos: readonly Slo[],
  jobs: readonly K6Job[],
  onEnd: () => Promise<void>,
): Promise<K6End> {
  const [first] = jobs;
  if (!first) throw new Error('unreachable: a run has a generator');
  const { launcher, ui } = session;
  const connection = cliConnection(session.stack.influx);
  const watch: AbortWatch = {
    ...sloWindows(connection, run.testid),
    slos,
    read: (load) => readFiguresSoFar(connection, run, slos, load),
    onUnreadable: (error) => warnOfNoAnswer(ui, error),
  };
  const ended = new AbortController();
  const since = new Date(run.started.getTime() - BEFORE_START_MS);
  if (jobs.length > 1) void watchForLost(ui, () => readSigns(connection, run.testid, since), ended.signal);
  const progress = new RunProgress(first.planned_s);
  const title = jobs.length > 1 ? `${first.title}, ${jobs.length} generators` : first.title;
  const { outcome: outcomes, breach } = await runWatched(watch, ({ stop, onLoad }) => {
    const follow = (at: (detail: string) => void) =>
      Promise.all(
        jobs.map((job) =>
          followK6(launcher, { ...job, onLoad, stop: AbortSignal.any([job.stop, stop]) }, ui, (line) => {
            progress.see(job, line);
            at(progress.text(new Date()));
          }),
        ),
      );
    // The run is judged later: a tick stands only before what passed.
    return ui.step(title, follow, '•');
  }).finally(() => {
    ended.abort();
    return onEnd();
  });
  if (breach) ui.line(`ended early: over all generators, ${sloOutcome(breach)}`);
  return { ...(await mergeEnds(session, run, slos, { jobs, outcomes, ended_by_us: breach !== null })), breach };
}

interface GeneratorOutcomes {
  readonly jobs: readonly K6Job[];
  readonly outcomes: readonly K6Outcome[];
  readonly ended_by_us: boolean;
}

async function mergeEnds(
  session: RunSession,
  run: RunStart,
  slos: readonly Slo[],
  { jobs, outcomes, ended_by_us }: GeneratorOutcomes,
): Promise<K6End> {
  const errors = [...new Set(outcomes.flatMap((outcome) => outcome.errors))].slice(0, ERRORS_SHOWN);
  const outcome = {
    exit_code: exitCode(outcomes, ended_by_us),
    exceptions: outcomes.reduce((sum, { exceptions }) => sum + exceptions, 0),
    errors,
    findings: mergeFindings(outcomes.flatMap(({ findings }) => findings ?? [])),
  };
  const expected = outcomes.length;
  const files = await ownReports(jobs);
  try {
    const merged = await readMergedRun(cliConnection(session.stack.influx), { ...run, slos, expected });
    const { summary, generators, load } = merged;
    const report = files ?? merged.report;
    return { outcome: { ...outcome, summary }, report, load, generators, sent: ownTotals(outcomes) ?? merged.sent };
  } catch (error) {
    session.ui.warn(`InfluxDB could not be asked what the generators measured: ${messageOf(error)}`);
    const generators = { expected, ended: [], lost: [] };
    return { outcome: { ...outcome, summary: null }, report: files, sent: new Map(), generators };
  }
}

/** Of a process that was killed the record of the generators speaks; any other end that is no result is that of the run. */
function exitCode(outcomes: readonly K6Outcome[], ended_by_us: boolean): number {
  const codes = outcomes.flatMap(({ exit_code }) => exit_code ?? []);
  const broken = codes.find((code) => !isResult(code));
  if (broken !== undefined) return broken;
  if (ended_by_us) return K6_EXIT.thresholds_have_failed;
  return codes.find((code) => code !== K6_EXIT.ok) ?? K6_EXIT.ok;
}

/** k6's own figures, which are the stronger proof; null where one of the processes left none. */
function ownTotals(outcomes: readonly K6Outcome[]): Map<string, MetricTotals> | null {
  const summaries = outcomes.map(({ summary }) => summary).filter((summary): summary is K6Summary => summary !== null);
  return summaries.length === outcomes.length ? mergeTotals(summaries.map(k6Totals)) : null;
}

/** What the outputs said, also of what still waits on disk; null where one of them left nothing. */
async function ownReports(jobs: readonly K6Job[]): Promise<OutputReport | null> {
  const reports = await Promise.all(jobs.map(({ summary_file }) => readOutputReport(dirname(summary_file))));
  const ends = reports.flatMap((report) => (report ? [{ report }] : []));
  return ends.length === jobs.length ? mergeReports(ends) : null;
}
