import type { RunToJudge } from '../analysis/index.ts';
import { BASELINE } from '../contract/baselines.ts';
import { BaselineStore, currentOf } from '../influxdb/baselines.ts';
import type { InfluxConnection } from '../influxdb/connection.ts';
import { readRunFigures } from '../influxdb/run-figures.ts';
import type { RunStart } from '../influxdb/run-points.ts';
import { type RunRecord, RunStore } from '../influxdb/runs.ts';
import { type BranchHistory, type SelectedHistory, selectHistory } from './select-history.ts';
import { toJudge } from './to-judge.ts';

export interface JudgedHistory extends SelectedHistory {
  /** {@link SelectedHistory.runs}, with figures by request and, of the newest, histograms. */
  readonly to_judge: readonly RunToJudge[];
  /** All earlier runs of the run's own branch, newest first. */
  readonly own: readonly RunRecord[];
}

/** What a run needs to have to find its history. */
export type HistoryQuestion = Pick<
  RunStart,
  'project' | 'scenario' | 'profile' | 'target' | 'branch' | 'started' | 'configuration' | 'machine'
>;

/**
 * Reads what a run is compared with.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readHistory(
  connection: InfluxConnection,
  run: HistoryQuestion,
  main_branch: string,
): Promise<JudgedHistory> {
  const store = new RunStore(connection);
  const pins = await new BaselineStore(connection).list(run.project);
  const of = async (branch: string | null): Promise<BranchHistory> => ({
    branch,
    runs: await store.history(run, branch, BASELINE.longest_history),
    pinned: currentOf(pins, { ...run, branch }),
  });
  const own = await of(run.branch);
  const main = run.branch === main_branch ? own : await of(main_branch);
  const { configuration = null, machine = null } = run;
  const selected = selectHistory({ configuration, machine }, own, main);
  const figures = await readRunFigures(connection, selected.runs, selected.runs.slice(-BASELINE.histogram_runs));
  return { ...selected, to_judge: selected.runs.map((it) => toJudge(it, figures.get(it.testid))), own: own.runs };
}
