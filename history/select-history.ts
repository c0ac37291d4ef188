import { isComparable, LEAST_RUNS } from '../analysis/index.ts';
import type { PinnedBaseline } from '../contract/baselines.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { isSameMachine } from './machine.ts';
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
  readonly left_out: {
    readonly configuration: number;
    readonly unfit: number;
    /** Their kinds of machines, each as often as there are runs of it. */
    readonly machines: readonly string[];
  };
}

/** What a run must have in common with the runs that it is compared with. */
export interface Conditions {
  readonly configuration: string | null;
  readonly machine: string | null;
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
 * @param conditions of the run that is judged
 */
export function selectHistory(conditions: Conditions, own: BranchHistory, main: BranchHistory): SelectedHistory {
  const chosen = usable(conditions, own);
  if (own.branch === main.branch || own.pinned || isEstablished(chosen.runs)) return chosen;
  const fallback = usable(conditions, main);
  const fork = chosen.runs[0]?.started;
  const before = fork === undefined ? fallback.runs : fallback.runs.filter(({ started }) => started < fork);
  const reference = before.length >= LEAST_RUNS ? before : fallback.runs;
  return reference.length >= LEAST_RUNS ? { ...fallback, runs: [...reference, ...chosen.runs] } : chosen;
}

function usable({ configuration, machine }: Conditions, { branch, runs, pinned }: BranchHistory): SelectedHistory {
  const since = pinned ? runs.filter(({ started }) => started >= pinned.started) : runs;
  const fit = since.filter((run) => isReference(run, since, pinned));
  const configured = fit.filter((run) => run.configuration === configuration);
  const same = configured.filter((run) => isSameMachine(run.machine, machine));
  const own_runs = since.filter(
    ({ status, confirms, ab_run }) => status !== 'running' && confirms === null && ab_run === null,
  );
  return {
    runs: [...same].reverse(),
    branch,
    pinned,
    left_out: {
      configuration: fit.length - configured.length,
      unfit: own_runs.filter((run) => !isComparable(toJudge(run))).length,
      machines: configured.flatMap((run) => (isSameMachine(run.machine, machine) ? [] : (run.machine ?? []))),
    },
  };
}

/**
 * Repeats of a run say the same as the run, and would count it double: they are part of the history only where they are
 * what made its regression certain, or what the pinned baseline was made of.
 */
function isReference(run: RunRecord, all: readonly RunRecord[], pinned: PinnedBaseline | null): boolean {
  if (run.ab_run !== null || !isComparable(toJudge(run))) return false;
  if (run.confirms === null || run.confirms === pinned?.testid) return true;
  return all.find(({ testid }) => testid === run.confirms)?.comparison === 'regressed';
}

function isEstablished(runs: readonly RunRecord[]): boolean {
  const calm = runs.filter(
    ({ comparison, confirms }) => confirms === null && comparison !== 'regressed' && comparison !== 'suspected',
  );
  return calm.length >= LEAST_RUNS;
}
