import { count, number } from '../../contract/format.ts';
import { metricLabel, metricValue, UNKNOWN } from '../../contract/metric-text.ts';
import { type MetricKey, TREND_METRICS } from '../../contract/metrics.ts';
import type { AbRun, AbVerdict } from '../../contract/results.ts';
import { recordOutcome } from '../../contract/verdicts.ts';
import type { RunRecord } from '../../influxdb/runs.ts';
import { plainTable } from './table.ts';

const FIGURES: readonly MetricKey[] = ['requests', ...TREND_METRICS];

/**
 * `loadstar runs` for people: a line a run, with a capacity where one of them found it.
 * @param with_project whether runs may be of several projects
 */
export function runsTable(records: readonly RunRecord[], { with_project = false } = {}): string {
  const with_capacity = records.some((run) => run.capacity_rps !== null);
  const head = [
    'run',
    ...(with_project ? ['project'] : []),
    'target',
    'verdict',
    'comparison',
    ...FIGURES.map(metricLabel),
  ];
  const rows = records.map((run) => [
    run.testid,
    ...(with_project ? [run.project || UNKNOWN] : []),
    run.target,
    recordOutcome(run).toUpperCase(),
    run.ab_run ? abText(run.ab_run, run.ab_verdict) : run.confirms ? 'repeat' : (run.comparison ?? UNKNOWN),
    ...FIGURES.map((metric) => metricValue(metric, run[metric])),
    ...(with_capacity ? [capacityText(run)] : []),
  ]);
  return plainTable(with_capacity ? [...head, 'capacity'] : head, rows, TEXT_COLUMNS + Number(with_project));
}

function abText({ side }: AbRun, verdict: AbVerdict | null): string {
  return verdict === null ? `ab ${side}` : `ab ${side}: ${verdict}`;
}

const TEXT_COLUMNS = 4;

function capacityText({ capacity_rps, capacity_users }: RunRecord): string {
  return capacity_rps === null ? UNKNOWN : `${number(capacity_rps)}/s, ${count(capacity_users ?? 0)} users`;
}
