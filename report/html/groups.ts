import type { ListedRun } from './data.ts';

/** Runs that can be compared at all: the same test against the same target, or two sides of `loadstar ab`. */
export function groupOf({
  scenario,
  profile,
  target,
  ab_side,
}: Pick<ListedRun, 'scenario' | 'profile' | 'target' | 'ab_side'>): string {
  return [scenario, profile, ab_side === null ? target : 'loadstar ab'].join(' · ');
}

/** Oldest first. */
export function historyOf(group: string, newest_first: readonly ListedRun[]): ListedRun[] {
  return newest_first.filter((run) => groupOf(run) === group).reverse();
}
