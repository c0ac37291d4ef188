import type { RunSummary } from '../../contract/results.ts';
import type { Comparison } from '../html/input.ts';

/** What the history says of a run, as its page shows it; left out where it says nothing: then the record may. */
export function comparisonOf({ comparison }: RunSummary): Comparison | undefined {
  if (!comparison) return undefined;
  const { baseline, verdict, sentence, metrics } = comparison;
  const rows = metrics.flatMap((metric) => (metric.value === null ? [] : [{ ...metric, value: metric.value }]));
  return { verdict, sentence, baseline: baselineText(baseline), rows };
}

function baselineText({ kind, runs, testid, branch }: NonNullable<RunSummary['comparison']>['baseline']): string {
  if (kind === 'pinned') return `pinned to ${testid}`;
  if (kind === 'run') return `run ${testid}`;
  return `${runs} earlier run${runs === 1 ? '' : 's'}${branch ? ` of ${branch}` : ''}`;
}
