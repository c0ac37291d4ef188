import { percentile, sampleCount } from '../../analysis/histogram.ts';
import { changePoints, isComparable } from '../../analysis/index.ts';
import { figure } from '../../analysis/run-to-judge.ts';
import { number } from '../../contract/format.ts';
import { PROTOCOL_NAMES, requestMetrics } from '../../contract/k6-metrics.ts';
import type { K6Summary, K6Trend } from '../../contract/k6-summary.ts';
import { METRICS, metricValues, TREND_METRICS } from '../../contract/metrics.ts';
import { judgedOutput, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { GeneratorDelay, RunSummary } from '../../contract/results.ts';
import { k6SubmetricOf } from '../../contract/slo.ts';
import { summaryValue } from '../../contract/summary.ts';
import { isSameMachine } from '../../history/machine.ts';
import { toJudge } from '../../history/to-judge.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { type RunDetail, readRunDetail } from '../../influxdb/run-detail.ts';
import { type RequestFigures, type RunStart, requestFigures } from '../../influxdb/run-points.ts';
import { type PlannedStage, type RunRecord, RunStore } from '../../influxdb/runs.ts';
import { writeSummary } from '../../influxdb/stored-summary.ts';
import { type LoadShape, stagesOf, stepsOf } from '../../profiles/options.ts';
import { withGeneratorEffects } from './generator-result.ts';

const MS_PER_S = 1_000;

/** Changes of load that the profile plans, as dashboards mark them. */
export function planStages(shape: LoadShape, started: Date): PlannedStage[] {
  // A staircase ends where it breaks: its steps are marked as they are judged (find-limit.ts).
  if (stepsOf(shape).length > 0) return [];
  let at_ms = started.getTime();
  return stagesOf(shape).map(({ duration_s, target, unit }) => {
    const at = new Date(at_ms);
    at_ms += duration_s * MS_PER_S;
    return { at, text: `${number(target)} ${unit} in ${Math.round(duration_s)} s` };
  });
}

/** A run that has ended, with what InfluxDB and its history say of it. */
export interface EndedRun {
  readonly run: RunStart;
  readonly summary: RunSummary;
  /** null where the live data could not be read. */
  readonly detail: RunDetail | null;
}

/** @throws whatever the client throws when InfluxDB does not answer */
export async function readDetail(connection: InfluxConnection, run: RunStart): Promise<RunDetail> {
  const { schema } = OUTPUTS[judgedOutput(run.outputs as OutputName[])];
  return await readRunDetail(connection, schema, run.testid, run.started);
}

/**
 * Completes the record of a run. A second time, after its repeats, the later judgement takes the place of the first.
 * @param notified whether the end is told in Slack; null leaves what the record says
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function writeRecordEnd(
  connection: InfluxConnection,
  { run, summary, detail }: EndedRun,
  notified: boolean | null,
): Promise<void> {
  await writeSummary(connection, run, summary);
  await new RunStore(connection).end(run, {
    summary,
    histograms: detail?.histograms ?? {},
    judged: new Date(),
    notified,
  });
}

/**
 * The figures of each request, as everything shows them. Percentiles are k6's own where it has them, so that a request has one
 * p95 beside its SLO; else they are from its histogram, merged over generators. Max and errors are exact.
 * @param k6 null where it did not come to its end; @param delay of the generator, undefined where it is unknown
 */
export function toRequestFigures(
  { histograms, failed, judged }: RunDetail,
  k6: K6Summary | null,
  delay?: GeneratorDelay | undefined,
): RequestFigures[] {
  const named = Object.entries(histograms).filter(([name]) => name !== '');
  const figures = named.map(([name, histogram]) => {
    const exact = k6 && exactLatencies(k6, name, sampleCount(histogram));
    return requestFigures(name, (metric) => {
      if (metric === 'requests') return sampleCount(histogram);
      if (metric === 'max_ms') return histogram.max;
      if (metric === 'error_rate') return judged[name] ? (failed[name] ?? 0) / judged[name] : 0;
      const { percentile: share, k6: source } = METRICS[metric];
      return exact?.[source.statistic] ?? percentile(histogram, share) ?? 0;
    });
  });
  return withGeneratorEffects(figures, histograms, delay);
}

/** k6 keeps a request apart where an SLO is on it; and one that made all requests has the latencies of the run. */
function exactLatencies({ metrics }: K6Summary, name: string, samples: number): K6Trend['values'] | null {
  const candidates = PROTOCOL_NAMES.flatMap((protocol) => {
    const metric = requestMetrics(protocol).duration;
    return [metrics[k6SubmetricOf({ indicator: 'p95_ms', metric, request: name })], metrics[metric]];
  });
  for (const metric of candidates) {
    if (metric?.type === 'trend' && metric.values.count === samples) return metric.values;
  }
  return null;
}

/** The record of a run that has just ended, as its history will see it. */
export function toRecord(run: RunStart, summary: RunSummary): RunRecord {
  return {
    testid: run.testid,
    project: run.project,
    scenario: run.scenario,
    profile: run.profile,
    target: run.target,
    branch: run.branch,
    started: run.started.toISOString(),
    planned_end: run.planned_end.toISOString(),
    status: summary.status,
    duration_s: summary.duration_s,
    ...metricValues((metric) => summaryValue(summary, metric)),
    verdict: summary.verdict,
    capacity_rps: summary.limit?.capacity_rps ?? null,
    capacity_users: summary.limit?.capacity_users ?? null,
    completeness: summary.completeness.state,
    generator_saturated: summary.generator?.saturated ?? false,
    generator_effects: summary.generator?.effects ?? null,
    plateaus: summary.plateaus ?? [],
    comparison: summary.comparison?.verdict ?? null,
    configuration: run.configuration ?? null,
    machine: run.machine ?? null,
    confirms: run.confirms ?? null,
    ab_run: run.ab_run ?? null,
    ab_verdict: summary.ab?.verdict ?? null,
    shifts: {},
  };
}

/**
 * Marks where the level of a branch's history has shifted. A shift shows only once a few runs are on the new level: so
 * marks are set, and taken back, on earlier runs.
 * @param newest_first the run and all those of its branch before it
 */
export async function markShifts(connection: InfluxConnection, newest_first: readonly RunRecord[]): Promise<void> {
  const store = new RunStore(connection);
  const [newest] = newest_first;
  const alike = newest_first.filter(
    (run) =>
      isComparable(toJudge(run)) &&
      run.configuration === newest?.configuration &&
      isSameMachine(run.machine, newest?.machine) &&
      run.confirms === null &&
      run.ab_run === null,
  );
  for (const metric of TREND_METRICS) {
    const runs = alike.filter((run) => figure(toJudge(run), metric, null) !== null).reverse();
    const values = runs.flatMap((run) => run[metric] ?? []);
    const shift_of = new Map(
      changePoints(values, METRICS[metric].compared).map(({ index, change }) => [index, change]),
    );
    const marks = runs.flatMap((run, index) => {
      const shift = shift_of.get(index) ?? 0;
      return shift === (run.shifts[metric] ?? 0) ? [] : [{ run: { ...run, started: new Date(run.started) }, shift }];
    });
    await store.markShifts(metric, marks);
  }
}
