import { HttpError } from '@influxdata/influxdb-client';
import { percentile } from '../../analysis/histogram.ts';
import { METRICS } from '../../contract/metrics.ts';
import { judgedOutput, OUTPUTS, type OutputName, type OutputSpec } from '../../contract/outputs.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import type { RunSummary } from '../../contract/results.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { type RunSteps, readOverTime } from '../../influxdb/run-over-time.ts';
import type { RunOverview } from '../../influxdb/run-overview.ts';
import { readTelemetry, type Telemetry } from '../../influxdb/telemetry.ts';
import { messageOf } from '../../lib/errors.ts';
import type { OverTime, ReportInput } from '../html/input.ts';

/** What is known beside the summary of a run. */
export interface RunSources {
  /** null where InfluxDB could not be asked; then the page says so. */
  readonly influx: InfluxConnection | null;
  /** Newest first, from the records; empty where there are none. */
  readonly overviews: readonly RunOverview[];
  readonly now: Date;
}

/** All that the page of a run shows. What cannot be read is left out, and said: a page with less is better than none. */
export async function gatherRun(run: RunSummary, sources: RunSources): Promise<ReportInput> {
  const notes: string[] = [];
  const { overviews } = sources;
  const own = overviews.find(({ testid }) => testid === run.testid) ?? null;
  const over_time = await overTime(run, sources.influx, notes);
  if (!sources.influx) {
    notes.push(
      `InfluxDB was unreachable: the figures are from summary.json alone. Run \`${COMMAND} report\` to write it again.`,
    );
  }
  // In another project, a scenario of that name may be the team's.
  const scenarios: Readonly<Record<string, { readonly title: string }>> = run.project === OWN_PROJECT ? SCENARIOS : {};
  return {
    generated: sources.now.toISOString(),
    run,
    title: scenarios[run.scenario]?.title ?? run.scenario,
    over_time,
    telemetry: over_time && (await telemetryOf(run, sources.influx, notes)),
    histogram: own?.histogram ?? null,
    history: historyOf(run, overviews),
    notes,
  };
}

async function overTime(run: RunSummary, influx: InfluxConnection | null, notes: string[]): Promise<OverTime | null> {
  if (!influx) return null;
  const { schema } = OUTPUTS[judgedOutput(run.outputs as OutputName[])];
  const span = { testid: run.testid, started: new Date(run.started), ended: new Date(run.ended) };
  try {
    return await runOverTime(influx, span, run.requests, schema);
  } catch (error) {
    notes.push(`InfluxDB could not be asked how the run developed: ${messageOf(error)}`);
    return null;
  }
}

/** More points of a series a chart cannot show. */
const MOST_POINTS = 300;

/** @returns null for a run without telemetry */
async function telemetryOf(
  run: RunSummary,
  influx: InfluxConnection | null,
  notes: string[],
): Promise<Telemetry | null> {
  if (!influx) return null;
  const span = { testid: run.testid, started: new Date(run.started), ended: new Date(run.ended) };
  try {
    const telemetry = await readTelemetry(influx, span, MOST_POINTS);
    return telemetry.series.length > 0 ? telemetry : null;
  } catch (error) {
    // A server of a team that collects no telemetry need not have the bucket.
    if (!isMissing(error))
      notes.push(`InfluxDB could not be asked for the telemetry of the target: ${messageOf(error)}`);
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpError && error.statusCode === 404;
}

/**
 * How a run developed, in steps.
 * @param requests how many the run made, for the length of a step
 * @param schema of the output that is read
 * @returns null where InfluxDB holds no request of the run (any more)
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function runOverTime(
  influx: InfluxConnection,
  span: Parameters<typeof readOverTime>[2],
  requests: number,
  schema: OutputSpec['schema'] = 'loadstar',
): Promise<OverTime | null> {
  const steps = await readOverTime(influx, schema, span, requests);
  return steps && withPercentiles(steps);
}

function withPercentiles({ began, step_s, steps }: RunSteps): OverTime {
  return {
    began: began.toISOString(),
    step_s,
    steps: steps.map(({ at_s, length_s, requests, failed, users, histogram }) => ({
      at_s,
      throughput_rps: requests / length_s,
      failed_rps: failed / length_s,
      users,
      p50_ms: percentile(histogram, METRICS.p50_ms.percentile),
      p95_ms: percentile(histogram, METRICS.p95_ms.percentile),
      p99_ms: percentile(histogram, METRICS.p99_ms.percentile),
    })),
  };
}

/** The same project, scenario, profile and target, oldest first, and nothing that came after the run. */
function historyOf(run: RunSummary, overviews: readonly RunOverview[]): RunOverview[] {
  const same = overviews.filter(
    ({ scenario, profile, target, started, values, testid, ab_side }) =>
      scenario === run.scenario &&
      profile === run.profile &&
      target === run.target.name &&
      ab_side === null &&
      Date.parse(started) <= Date.parse(run.started) &&
      // A run that is on, or died, has no figures yet.
      (values.p95_ms !== null || testid === run.testid),
  );
  return same.reverse();
}
