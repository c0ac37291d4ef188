import type { NotifyWhen } from '../../contract/notify.ts';
import type { RunSummary } from '../../contract/results.ts';

/**
 * Whether the end of a run is told. A run that a threshold aborted has failed; one that somebody stopped is never told;
 * a suspicion is no alarm.
 */
export function isTold(when: NotifyWhen, { status, comparison }: Pick<RunSummary, 'status' | 'comparison'>): boolean {
  if (when === 'never' || status === 'interrupted' || status === 'running') return false;
  return when === 'always' || status !== 'passed' || comparison?.verdict === 'regressed';
}
