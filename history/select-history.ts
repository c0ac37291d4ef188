import { isComparable, LEAST_RUNS } from '../analysis/index.ts';
import type { PinnedBaseline } from '../contract/baselines.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { toJudge } from './to-judge.ts';

/** What a run is compared with. */
export interface SelectedHistory {
  /** Oldest first; all of them comparable. */
  readonly runs: readonly RunRecord[];
  /** The branch that they are of; where it is the main one, the youngest may be of the run's own. */
  readonly branch: string | null;
  /** null: the baseline rolls. */
  readonly pinned: PinnedBaseline | null;
  /** Earlier runs of that branch that are no reference: of another configuration, and for other reasons. */
  readonly left_out: { readonly configuration: number; readonly unfit: number };
}

/** Earlier runs of a branch, newest first, and the run of it that is pinned. */
export interface BranchHistory {
  readonly branch: string | null;
  readonly runs: readonly RunRecord[];
  readonly pinned: PinnedBaseline | null;
}

/**
 * Chooses the runs that a run is compared with: those of its branch where these have a level of their own, else those of
 * the main branch, followed by what its branch has. A branch that was worse from its first run on has no level of its own:
 * else a regression would pass for the baseline as soon as the branch has enough runs.
 *
 * @param configuration of the run that is judged
 */
export function selectHistory(configuration: string | null, own: BranchHistory, main: BranchHistory): SelectedHistory {
  const chosen = usable(configuration, own);
  if (own.branch === main.branch || own.pinned || isEstablished(chosen.runs)) return chosen;
  const fallback = usable(configuration, main);
  const fork = chosen.runs[0]?.started;
  const before = fork === undefined ? fallback.runs : fallback.runs.filter(({ started }) => started < fork);
  const reference = before.length >= LEAST_RUNS ? before : fallback.runs;
  return reference.length >= LEAST_RUNS ? { ...fallback, runs: [...reference, ...chosen.runs] } : chosen;
}

function usable(configuration: string | null, { branch, runs, pinned }: BranchHistory): SelectedHistory {
  const since = pinned ? runs.filter(({ started }) => started >= pinned.started) : runs;
  const fit = since.filter((run) => isReference(run, since, pinned));
  const same = fit.filter((run) => run.configuration === configuration);
  const own_runs = since.filter(({ status, confirms }) => status !== 'running' && confirms === null);
  return {
    runs: [...same].reverse(),
    branch,
    pinned,
    left_out: {
      configuration: fit.length - same.length,
      unfit: own_runs.filter((run) => !isComparable(toJudge(run))).length,
    },
  };
}

/**
 * Repeats of a run say the same as the run, and would count it double: they are part of the history only where they are
 * what made its regression certain, or what the pinned baseline was made of.
 */
function isReference(run: RunRecord, all: readonly RunRecord[], pinned: PinnedBaseline | null): boolean {
  if (!isComparable(toJudge(run))) return false;
  if (run.confirms === null || run.confirms === pinned?.testid) return true;
  return all.find(({ testid }) => testid === run.confirms)?.comparison === 'regressed';
}

function isEstablished(runs: readonly RunRecord[]): boolean {
  const calm = runs.filter(
    ({ comparison, confirms }) => confirms === null && comparison !== 'regressed' && comparison !== 'suspected',
  );
  return calm.length >= LEAST_RUNS;
}
