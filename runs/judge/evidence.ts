import { isComparable } from '../../analysis/index.ts';
import type { Evidence } from '../../history/comparison.ts';
import { readHistory } from '../../history/history.ts';
import { toJudge } from '../../history/to-judge.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunRecord } from '../../influxdb/runs.ts';
import { type EndedRun, toRecord } from './run-record.ts';

/**
 * @returns the run with its history as evidence, and the earlier runs of its branch, newest first
 * @throws whatever the client throws if InfluxDB does not answer
 */
export async function readEvidence(
  connection: InfluxConnection,
  { run, summary, detail }: EndedRun & { readonly detail: RunDetail },
  main_branch: string,
): Promise<{ readonly evidence: Evidence | null; readonly branch_history: readonly RunRecord[] }> {
  const { histograms } = detail;
  const figures = toJudge(toRecord(run, summary), { requests: summary.by_request, histograms });
  if (!isComparable(figures)) return { evidence: null, branch_history: [] };
  const history = await readHistory(connection, run, main_branch);
  return { evidence: { run: figures, history }, branch_history: history.own };
}
