import { isComparable } from '../../analysis/index.ts';
import type { Evidence } from '../../history/comparison.ts';
import { readHistory } from '../../history/history.ts';
import { toJudge } from '../../history/to-judge.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunRecord } from '../../influxdb/runs.ts';
import { type EndedRun, toRecord } from './run-record.ts';

/** What a run is compared with. */
export interface History {
  /** null if the run cannot be compared: it did not end as planned, whole, on a generator with room. */
  readonly evidence: Evidence | null;
  /** The runs of the evidence, oldest first. */
  readonly history: readonly RunRecord[];
  /** Earlier runs of its branch, newest first. */
  readonly branch_history: readonly RunRecord[];
}

export const NO_HISTORY: History = { evidence: null, history: [], branch_history: [] };

/**
 * @returns the run with its history as evidence
 * @throws whatever the client throws if InfluxDB does not answer
 */
export async function readEvidence(
  connection: InfluxConnection,
  { run, summary, detail }: EndedRun & { readonly detail: RunDetail },
  main_branch: string,
): Promise<History> {
  const { histograms } = detail;
  const figures = toJudge(toRecord(run, summary), { requests: summary.by_request, histograms });
  if (!isComparable(figures)) return NO_HISTORY;
  const history = await readHistory(connection, run, main_branch);
  return { evidence: { run: figures, history }, history: history.runs, branch_history: history.own };
}
