import type { PlateauFigures, RunFigures, RunToJudge } from '../analysis/index.ts';
import { BASELINE } from '../contract/baselines.ts';
import { metricValues } from '../contract/metrics.ts';
import type { PlateauResult } from '../contract/results.ts';
import type { RunStatus } from '../contract/runs.ts';
import type { RunFiguresOf } from '../influxdb/run-figures.ts';
import type { RequestFigures } from '../influxdb/run-points.ts';
import type { RunRecord } from '../influxdb/runs.ts';

const MS_PER_S = 1_000;

/** A record as the verdict takes it. @param figures of its requests; without them it is judged over all requests alone */
export function toJudge(run: RunRecord, figures?: RunFiguresOf): RunToJudge {
  return {
    testid: run.testid,
    status: wasCutOff(run) ? ('interrupted' satisfies RunStatus) : run.status,
    completeness: run.completeness,
    generator_saturated: run.generator_saturated,
    generator_effects: run.generator_effects,
    configuration: run.configuration,
    ...metricValues((metric) => run[metric]),
    by_request: Object.fromEntries((figures?.requests ?? []).map((it) => [it.name, requestFigures(it, run)])),
    plateaus: Object.fromEntries(run.plateaus.map((it) => [it.name, plateauFigures(it, run)])),
    histograms: figures?.histograms ?? {},
  };
}

/** A threshold may end a run early: it has failed, and what it measured is another load. */
function wasCutOff({ duration_s, started, planned_end }: RunRecord): boolean {
  if (duration_s === null || planned_end === null) return false;
  const planned_s = (Date.parse(planned_end) - Date.parse(started)) / MS_PER_S;
  return duration_s < BASELINE.least_share_of_plan * planned_s;
}

/** The generator's delay is known of the whole run: at a plateau it is taken to have had the same effect. */
function plateauFigures(plateau: PlateauResult, { generator_effects }: RunRecord): PlateauFigures {
  const { requests, error_rate, p50_ms, p95_ms, p99_ms, users = null, sampling_errors = {} } = plateau;
  return { requests, error_rate, p50_ms, p95_ms, p99_ms, users, sampling_errors, generator_effects };
}

function requestFigures({ name, ...figures }: RequestFigures, run: RunRecord): RunFigures {
  const { duration_s } = run;
  const { requests } = figures;
  const counts = duration_s !== null && duration_s > 0 && requests >= BASELINE.least_requests_for_throughput;
  const throughput_rps = counts ? requests / duration_s : null;
  // A generator that sends less sends less of each request.
  const of_run = run.generator_effects?.throughput_rps ?? 0;
  const throughput_effect = run.throughput_rps ? ((throughput_rps ?? 0) * of_run) / run.throughput_rps : 0;
  const effects = { ...figures.generator_effects, throughput_rps: throughput_effect };
  return { ...figures, throughput_rps, generator_effects: effects };
}
