import type { NotifyWhen } from '../../contract/notify.ts';
import type { RunSummary } from '../../contract/results.ts';

type End = Pick<RunSummary, 'status' | 'comparison' | 'stopped' | 'slos'>;

/**
 * Whether the end of a run is told. A run that a threshold aborted has failed; one that was interrupted at its own terminal
 * is never told; one that was stopped from elsewhere is told as if it had ended there; a suspicion is no alarm.
 */
export function isTold(when: NotifyWhen, { status, comparison, stopped, slos }: End): boolean {
  if (when === 'never' || status === 'running') return false;
  if (status === 'interrupted') return stopped !== undefined && (when === 'always' || slos.some(({ ok }) => !ok));
  return when === 'always' || status !== 'passed' || comparison?.verdict === 'regressed';
}
