import { join } from 'node:path';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { OutputReport } from '../../contract/live-schema.ts';
import type { OutputName } from '../../contract/outputs.ts';
import type { RunSummary } from '../../contract/results.ts';
import { K6_SUMMARY_FILE, OUTPUT_REPORT_FILE } from '../../contract/run-files.ts';
import { compareWithHistory } from '../../history/comparison.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { readOptional } from '../../lib/private-files.ts';
import { reportToFiles } from '../../report/files/files.ts';
import { readSummaryOrNone } from '../../report/files/read-summary.ts';
import { reportToPages } from '../../report/pages/pages.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { endedBySlo } from '../options/limits.ts';
import { checkCompleteness } from './check-completeness.ts';
import type { DeliveryPlace } from './deliver.ts';
import { evidenceOf } from './evidence.ts';
import { detailOf, recordEnd, requestFigures } from './run-record.ts';
import { type VerdictFacts, verdict } from './verdict.ts';

type JudgePlace = Omit<DeliveryPlace, 'state_dir' | 'registry'>;

/**
 * Judges a run that has ended by what InfluxDB holds of it now, and writes its record and its files anew.
 * @param why said with the verdict; null where only the record was missing
 * @returns the state of its data now; null where its results are not on this machine any more
 */
export async function judgeAgain(place: JudgePlace, testid: string, why: string | null): Promise<string | null> {
  const { results_dir, influx, ui, baseline_branch } = place;
  const directory = join(results_dir, testid);
  const before = await readSummaryOrNone(results_dir, testid);
  if (!before) return null;
  // What several generators measured is in InfluxDB alone, and they may not all have ended yet.
  if (before.generators) return `\`npx loadstar finish ${testid}\` judges it anew`;
  const k6 = await readJson<K6Summary>(join(directory, K6_SUMMARY_FILE));
  const connection = cliConnection(influx);
  const outputs = before.outputs as OutputName[];
  const report = await readJson<OutputReport>(join(directory, OUTPUT_REPORT_FILE));
  const started = new Date(before.started);
  const complete = await checkCompleteness(connection, { testid, started, outputs, k6, report });
  const facts = factsOf(before, k6, complete);
  const run = await runOf(connection, before);
  const detail = await detailOf(connection, run, outputs);
  const whole = {
    ...before,
    confirms: before.confirms ?? null,
    by_request: requestFigures(detail, k6),
    completeness: complete,
    status: verdict(facts).status,
  };
  const { evidence } = await evidenceOf(connection, run, whole, detail, baseline_branch);
  // Without all of its data it was not compared; a repeat never is.
  const late = evidence && !run.confirms ? compareWithHistory(evidence) : null;
  const comparison = facts.comparison ?? late;
  const judged = verdict({ ...facts, comparison });
  // What k6 said went into the sentence of then, and nowhere else.
  const sentence = judged.status === before.status && k6 === null ? before.verdict : judged.sentence;
  const after: RunSummary = {
    ...whole,
    comparison,
    status: judged.status,
    verdict: why ? `${sentence} (${why})` : sentence,
    exit_code: judged.exit_code,
  };
  await recordEnd(connection, { run, summary: after, detail }, null);
  await reportToFiles(after, directory);
  await reportToPages(ui, { results_dir, influx: connection, now: new Date() }, after);
  return complete.state;
}

function factsOf(before: RunSummary, k6: K6Summary | null, completeness: VerdictFacts['completeness']): VerdictFacts {
  return {
    interrupted: before.status === 'interrupted',
    stopped: before.stopped,
    ended_by_slo: endedBySlo(before.k6_exit_code, new Date(before.ended), new Date(before.planned_end)),
    k6: { exit_code: before.k6_exit_code, summary: k6, exceptions: before.script_exceptions, errors: [] },
    requests: before.requests,
    slos: before.slos,
    completeness,
    limit: before.limit,
    // Summaries of earlier versions have none.
    comparison: before.comparison ?? null,
  };
}

/** What identifies its record, and what that alone knows. */
async function runOf(connection: InfluxConnection, { testid, app, target, ...summary }: RunSummary): Promise<RunStart> {
  const [record] = await new RunStore(connection).find([testid]);
  return {
    testid,
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
    confirms: record?.confirms ?? null,
  };
}

/** @returns null where it is not there, or a process was killed while it wrote it */
export async function readJson<T>(file: string): Promise<T | null> {
  const text = await readOptional(file);
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}
