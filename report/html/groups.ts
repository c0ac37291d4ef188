import type { ListedRun } from './data.ts';

/** Runs that can be compared at all: the same test against the same target. */
export function groupOf({ scenario, profile, target }: Pick<ListedRun, 'scenario' | 'profile' | 'target'>): string {
  return [scenario, profile, target].join(' · ');
}

/** Oldest first. */
export function historyOf(group: string, newest_first: readonly ListedRun[]): ListedRun[] {
  return newest_first.filter((run) => groupOf(run) === group).reverse();
}
