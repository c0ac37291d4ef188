import { baselineOf, MOST_RUNS } from '../../analysis/baseline.ts';
import { changePoints } from '../../analysis/change-points.ts';
import { percentile, sampleCount } from '../../analysis/histogram.ts';
import { OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { RunSummary } from '../../contract/results.ts';
import { JUDGED_METRICS, type JudgedMetric } from '../../contract/runs.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { type RunDetail, readRunDetail } from '../../influxdb/run-detail.ts';
import type { Expectation, RequestFigures, RunComparison, RunStart } from '../../influxdb/run-points.ts';
import { type PlannedStage, type RunRecord, RunStore } from '../../influxdb/runs.ts';
import { type LoadShape, stagesOf } from '../../k6/lib/options.ts';
import { judgedOutput } from './check-completeness.ts';

const MS_PER_S = 1_000;
/** What the change points of a history are looked for in. */
const LONGEST_HISTORY = 200;

/** From which size on a shift of the level is worth a mark: a tenth, and of latencies 20 ms. */
const SHIFT_OPTIONS: Readonly<Record<JudgedMetric, { least_change: number; least_difference: number }>> = {
  p95_ms: { least_change: 0.1, least_difference: 20 },
  rps: { least_change: 0.1, least_difference: 0 },
  error_rate: { least_change: 0.1, least_difference: 0.005 },
};

/** Changes of load that the profile plans, as dashboards mark them. */
export function plannedStages(shape: LoadShape, started: Date): PlannedStage[] {
  let at_ms = started.getTime();
  return stagesOf(shape).map(({ duration_s, target_vus }) => {
    const at = new Date(at_ms);
    at_ms += duration_s * MS_PER_S;
    return { at, text: `${target_vus} users in ${Math.round(duration_s)} s` };
  });
}

/**
 * Completes the record of a run with all that InfluxDB and its history say of it, and marks shifts of the history.
 * @param notified whether the end is told in Slack; null leaves what the record says
 * @returns what each request took
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function recordEnd(
  connection: InfluxConnection,
  run: RunStart,
  summary: RunSummary,
  notified: boolean | null,
): Promise<RequestFigures[]> {
  const store = new RunStore(connection);
  const { schema } = OUTPUTS[judgedOutput(summary.outputs as OutputName[])];
  const detail = await readRunDetail(connection, schema, run.testid, run.started);
  const history = (await store.history(run, LONGEST_HISTORY)).filter(isComparable);
  const requests = requestFigures(detail);
  await store.end(run, {
    summary,
    histograms: detail.histograms,
    requests,
    comparison: history.length > 0 ? compare(history) : null,
    notified,
  });
  await markShifts(store, [toRecord(run, summary), ...history].filter(isComparable));
  return requests;
}

/** Percentiles of each request from its histogram, merged over generators; max and errors are exact. */
function requestFigures({ histograms, max, failed, judged }: RunDetail): RequestFigures[] {
  const named = Object.entries(histograms).filter(([name]) => name !== '');
  return named.map(([name, histogram]) => ({
    name,
    requests: sampleCount(histogram),
    p50_ms: percentile(histogram, 0.5) ?? 0,
    p95_ms: percentile(histogram, 0.95) ?? 0,
    p99_ms: percentile(histogram, 0.99) ?? 0,
    max_ms: max[name] ?? 0,
    error_rate: judged[name] ? (failed[name] ?? 0) / judged[name] : 0,
  }));
}

/** Runs that ended as planned, whole, on a generator with room: others would teach the baseline their own trouble. */
function isComparable(run: RunRecord): boolean {
  const ended = run.status === 'passed' || run.status === 'failed';
  const whole = run.completeness === 'complete' || run.completeness === 'tolerated';
  return ended && whole && !run.generator_saturated;
}

function compare(history: readonly RunRecord[]): RunComparison {
  const expected: Partial<Record<JudgedMetric, Expectation>> = {};
  for (const metric of judgedMetrics()) {
    const baseline = baselineOf(valuesOf(history.slice(0, MOST_RUNS), metric));
    if (baseline) expected[metric] = baseline;
  }
  return { expected, verdict: null };
}

function judgedMetrics(): JudgedMetric[] {
  return Object.keys(JUDGED_METRICS) as JudgedMetric[];
}

function valuesOf(runs: readonly RunRecord[], metric: JudgedMetric): number[] {
  return runs.flatMap((run) => (run[metric] === null ? [] : [run[metric]]));
}

function toRecord(run: RunStart, summary: RunSummary): RunRecord {
  return {
    testid: run.testid,
    scenario: run.scenario,
    profile: run.profile,
    target: run.target,
    branch: run.branch,
    started: run.started.toISOString(),
    status: summary.status,
    requests: summary.requests,
    rps: summary.throughput_rps,
    error_rate: summary.error_rate,
    p95_ms: summary.latency?.p95_ms ?? null,
    verdict: summary.verdict,
    completeness: summary.completeness.state,
    generator_saturated: summary.generator?.saturated ?? false,
    shifts: {},
  };
}

/** A shift shows only once a few runs are on the new level: so marks are set, and taken back, on earlier runs. */
async function markShifts(store: RunStore, newest_first: readonly RunRecord[]): Promise<void> {
  for (const metric of judgedMetrics()) {
    const runs = newest_first.filter((run) => run[metric] !== null).reverse();
    const found = changePoints(valuesOf(runs, metric), SHIFT_OPTIONS[metric]);
    const shift_of = new Map(found.map(({ index, change }) => [index, change]));
    const marks = runs.flatMap((run, index) => {
      const shift = shift_of.get(index) ?? 0;
      return shift === (run.shifts[metric] ?? 0) ? [] : [{ run: { ...run, started: new Date(run.started) }, shift }];
    });
    await store.markShifts(metric, marks);
  }
}
