import type { PortableRun } from '../../contract/portable-runs.ts';

/**
 * Two histories as one, oldest first: every run of either; of a run that is in both, the later history's, which knows
 * more of it (its end, shifts, an accepted level).
 */
export function mergeRuns(earlier: Iterable<PortableRun>, later: Iterable<PortableRun>): PortableRun[] {
  const runs = new Map<string, PortableRun>();
  for (const run of [...earlier, ...later]) runs.set(run.testid, run);
  return [...runs.values()].sort((a, b) => order(a.started, b.started) || order(a.testid, b.testid));
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
