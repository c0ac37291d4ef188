import { join } from 'node:path';
import type { K6Summary } from '../../contract/k6-summary.ts';
import { reportedLoad } from '../../contract/load-span.ts';
import type { RunSummary } from '../../contract/results.ts';
import { compareWithHistory } from '../../history/comparison.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { readSummaryOrNone } from '../../report/files/read-summary.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { readK6Summary, readOutputReport } from '../k6-process/read-outputs.ts';
import { withCauses } from './causes.ts';
import { checkCompleteness } from './check-completeness.ts';
import { readEvidence } from './evidence.ts';
import { generatorResult } from './generator-result.ts';
import type { FinishedRun } from './judge-run.ts';
import { PATIENCE_MS, Patience } from './patience.ts';
import type { ResultContext } from './result-context.ts';
import { readDetail, toRequestFigures } from './run-record.ts';
import { withJudgement } from './run-summary.ts';
import { decideVerdict, isEndedBySlo, type VerdictFacts } from './verdict.ts';

/**
 * Judges a run that has ended by what InfluxDB holds of it now.
 * @param why said with the verdict; null if only the record was missing
 * @returns null if its results are not on this machine any more; `finish` if generators elsewhere may still run
 */
export async function judgeAgain(
  context: ResultContext,
  testid: string,
  why: string | null,
): Promise<FinishedRun | 'finish' | null> {
  const { results_dir, influx, ui, baseline_branch } = context;
  const before = await readSummaryOrNone(results_dir, testid);
  if (!before) return null;
  // What several generators measured is in InfluxDB alone, and they may not all have ended yet.
  if (before.generators) return 'finish';
  const directory = join(results_dir, testid);
  const [k6, report] = await Promise.all([readK6Summary(directory), readOutputReport(directory)]);
  const connection = cliConnection(influx);
  const run = await readStart(connection, before);
  const completeness = await checkCompleteness(connection, run, { k6, report });
  const facts = recoverFacts(before, k6, completeness);
  const detail = await readDetail(connection, run);
  const summary = {
    ...before,
    completeness,
    generator: before.generator && generatorResult(before.generator, before, detail.histograms[''] ?? null),
    by_request: toRequestFigures(detail, k6, before.generator?.delayed),
    status: decideVerdict(facts).status,
  };
  const history = await readEvidence(connection, { run, summary, detail }, baseline_branch);
  // Without all of its data it was not compared; a repeat never is.
  const late = history.evidence && !run.confirms && !run.ab_run ? compareWithHistory(history.evidence) : null;
  const comparison = before.comparison ?? late;
  const judged = decideVerdict({ ...facts, comparison });
  // What k6 said went into the sentence of then, and nowhere else.
  const sentence = judged.status === before.status && k6 === null ? before.verdict : judged.sentence;
  const judgement = { ...judged, sentence: why ? `${sentence} (${why})` : sentence, completeness, comparison };
  const patience = new Patience(influx.url, PATIENCE_MS, ui);
  const load = reportedLoad(report);
  return await withCauses(context, {
    run,
    summary: withJudgement(summary, judgement),
    detail,
    facts,
    load,
    patience,
    ...history,
  });
}

function recoverFacts(
  before: RunSummary,
  k6: K6Summary | null,
  completeness: VerdictFacts['completeness'],
): VerdictFacts {
  return {
    interrupted: before.status === 'interrupted',
    stopped: before.stopped,
    ended_by_slo: isEndedBySlo({
      ...before,
      ended: new Date(before.ended),
      planned_end: new Date(before.planned_end),
    }),
    k6: { exit_code: before.k6_exit_code, summary: k6, exceptions: before.script_exceptions, errors: [] },
    requests: before.requests,
    slos: before.slos,
    completeness,
    refusal: before.output?.refusal,
    no_answer_s: before.output?.no_answer_s,
    refused_hosts: before.refused_hosts ?? [],
    limit: before.limit,
    comparison: before.comparison,
  };
}

/** What identifies its record, and what that alone knows. */
async function readStart(
  connection: InfluxConnection,
  { testid, app, target, ...summary }: RunSummary,
): Promise<RunStart> {
  const [record] = await new RunStore(connection).find([testid]);
  return {
    testid,
    project: record?.project ?? summary.project ?? '',
    scenario: summary.scenario,
    profile: summary.profile,
    target: target.name,
    branch: app.branch,
    started: new Date(summary.started),
    planned_end: new Date(summary.planned_end),
    app_version: app.version,
    app_commit: app.commit,
    engine: summary.engine,
    outputs: summary.outputs,
    configuration: record?.configuration ?? null,
    machine: summary.machine ?? null,
    confirms: record?.confirms ?? null,
    ab_run: record?.ab_run ?? null,
  };
}
