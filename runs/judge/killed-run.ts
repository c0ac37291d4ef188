import { join } from 'node:path';
import { RunStore } from '../../influxdb/runs.ts';
import { unusableError } from '../../lib/errors.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { RegisteredRun } from '../../stack/state/run-registry.ts';
import { removeExamples } from '../k6-process/examples.ts';
import { readK6Summary, readOutputReport } from '../k6-process/read-outputs.ts';
import { type FinishedRun, judgeRun } from './judge-run.ts';
import type { ResultContext } from './result-context.ts';

/**
 * Judges a run whose call of loadstar was killed by what InfluxDB holds of it. It is interrupted, however much data there is,
 * because nobody saw it to its end.
 * @returns null if InfluxDB has no such run, or its record has an end
 * @throws Error if InfluxDB does not answer
 */
export async function judgeKilledRun(context: ResultContext, registered: RegisteredRun): Promise<FinishedRun | null> {
  const { target, k6_version, slos, stopped } = registered;
  const [record] = await new RunStore(cliConnection(context.influx)).find([registered.run.testid]);
  if (!record || record.verdict !== null) return null;
  // The state of an earlier version does not say whose run it is. Its record is found by what that has.
  const run = { ...registered.run, project: record.project };
  const directory = join(context.results_dir, run.testid);
  await removeExamples(directory);
  const [k6, report] = await Promise.all([readK6Summary(directory), readOutputReport(directory)]);
  const finished = await judgeRun(context, { run, target, k6_version }, slos, {
    outcome: { exit_code: null, summary: k6, exceptions: 0, errors: [] },
    report,
    interrupted: true,
    is_call_killed: true,
    stopped,
    ended: null,
  });
  if (finished.summary.completeness.state !== 'unknown') return finished;
  throw unusableError(`InfluxDB to say what it stored of run ${run.testid}`, 'no answer', 'the next call asks again');
}
