import { isComparable } from '../../analysis/index.ts';
import type { RunSummary } from '../../contract/results.ts';
import type { Evidence } from '../../history/comparison.ts';
import { readHistory } from '../../history/history.ts';
import { toJudge } from '../../history/to-judge.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import type { RunRecord } from '../../influxdb/runs.ts';
import { toRecord } from './run-record.ts';

/** A run that has ended, as evidence, and the earlier runs of its branch, newest first. */
export interface Held {
  /** null where the run is none: it did not end as planned, whole, on a generator with room. */
  readonly evidence: Evidence | null;
  readonly own: readonly RunRecord[];
}

/** @throws whatever the client throws when InfluxDB does not answer */
export async function evidenceOf(
  connection: InfluxConnection,
  run: RunStart,
  summary: RunSummary,
  detail: RunDetail,
  main_branch: string,
): Promise<Held> {
  const { histograms } = detail;
  const figures = toJudge(toRecord(run, summary), { requests: summary.by_request, histograms });
  if (!isComparable(figures)) return { evidence: null, own: [] };
  const history = await readHistory(connection, run, main_branch);
  return { evidence: { run: figures, history }, own: history.own };
}
