import type { NotifyWhen } from '../../contract/notify.ts';
import type { RunSummary } from '../../contract/results.ts';

type End = Pick<RunSummary, 'status' | 'comparison' | 'ab' | 'stopped' | 'slos'>;

/**
 * Whether the end of a run is a notification. A run that a threshold aborted has failed. A run that was interrupted at its own
 * terminal never is one; a run that was stopped from elsewhere is one as if it had ended there. A suspicion is no alarm.
 */
export function isNotified(when: NotifyWhen, { status, comparison, ab, stopped, slos }: End): boolean {
  if (when === 'never' || status === 'running') return false;
  if (status === 'interrupted') return stopped !== undefined && (when === 'always' || slos.some(({ ok }) => !ok));
  const regressed = comparison?.verdict === 'regressed' || ab?.verdict === 'regressed';
  return when === 'always' || status !== 'passed' || regressed;
}
