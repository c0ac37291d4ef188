import { join } from 'node:path';
import { EXIT } from '../../contract/exit-codes.ts';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { OutputReport } from '../../contract/live-schema.ts';
import type { OutputName } from '../../contract/outputs.ts';
import type { Completeness, RunSummary } from '../../contract/results.ts';
import { K6_SUMMARY_FILE, OUTPUT_REPORT_FILE } from '../../contract/run-files.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { reportToFiles } from '../../report/files/files.ts';
import { reportToPages } from '../../report/pages/pages.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { RegisteredRun } from '../../stack/state/run-registry.ts';
import { checkCompleteness } from './check-completeness.ts';
import type { DeliveryPlace } from './deliver.ts';
import { readJson } from './judge-again.ts';
import { outputFigures } from './output-figures.ts';
import { detailOf, recordEnd, requestFigures } from './run-record.ts';
import { sloResults } from './slo-results.ts';
import { storedHeadline } from './stored-headline.ts';
import { type Headline, headline } from './summary.ts';

const MS_PER_S = 1_000;

type KilledPlace = Omit<DeliveryPlace, 'state_dir' | 'registry' | 'baseline_branch'>;

/**
 * Ends the record of a run whose call of loadstar was killed, with the machine or without: what InfluxDB holds of it, as an
 * interrupted run. It passes for nothing else, however much of it there is: nobody saw it to its end.
 * @returns what became of its data; null where there is no such run in InfluxDB, or its record has an end
 */
export async function recordOfKilled(place: KilledPlace, known: RegisteredRun): Promise<string | null> {
  const { results_dir, ui, influx } = place;
  const { run } = known;
  const connection = cliConnection(influx);
  const [record] = await new RunStore(connection).find([run.testid]);
  if (!record || record.verdict !== null) return null;
  const directory = join(results_dir, run.testid);
  const outputs = run.outputs as OutputName[];
  const k6 = await readJson<K6Summary>(join(directory, K6_SUMMARY_FILE));
  const report = await readJson<OutputReport>(join(directory, OUTPUT_REPORT_FILE));
  const completeness = await checkCompleteness(connection, { ...run, outputs, k6, report });
  const detail = await detailOf(connection, run, outputs);
  const figures = k6 ? headline(k6) : await storedHeadline(connection, run, detail);
  const summary: RunSummary = {
    ...identityOf(known, figures.duration_s),
    ...figures,
    slos: k6 ? sloResults(known.slos, k6) : [],
    by_request: requestFigures(detail, k6),
    completeness,
    ...outputFigures(report),
    verdict: killedSentence(known, completeness),
  };
  await recordEnd(connection, { run, summary, detail }, null);
  await reportToFiles(summary, directory);
  await reportToPages(ui, { results_dir, influx: connection, now: new Date() }, summary);
  return `interrupted, its call was killed; data ${completeness.state}, ${completeness.samples_stored} samples kept`;
}

function identityOf(
  { run, target, k6_version, stopped }: RegisteredRun,
  duration_s: number,
): Omit<
  RunSummary,
  keyof Headline | keyof ReturnType<typeof outputFigures> | 'slos' | 'by_request' | 'completeness' | 'verdict'
> {
  return {
    schema_version: 1,
    testid: run.testid,
    confirms: run.confirms ?? null,
    scenario: run.scenario,
    profile: run.profile,
    target: { base_url: target.base_url, name: target.name },
    app: { version: run.app_version, commit: run.app_commit, branch: run.branch },
    engine: run.engine,
    outputs: [...run.outputs],
    k6_version,
    started: run.started.toISOString(),
    ended: new Date(run.started.getTime() + duration_s * MS_PER_S).toISOString(),
    planned_end: run.planned_end.toISOString(),
    status: 'interrupted',
    ...(stopped ? { stopped } : {}),
    exit_code: EXIT.interrupted,
    k6_exit_code: null,
    script_exceptions: 0,
    comparison: null,
    links: { grafana: null, compare: null, live_view: null },
  };
}

function killedSentence({ stopped }: RegisteredRun, { state, samples_stored }: Completeness): string {
  const data = state === 'complete' ? 'all that was measured is stored' : `${samples_stored} samples had arrived`;
  const how = stopped ? `stopped by ${stopped.by} with \`loadstar stop\`` : 'interrupted';
  return `${how}: its call of loadstar was killed; ${data}`;
}
