/** What the load generator's own delay means for a run, in words. */
import { isAffected, RUN_METRICS } from '../../analysis/run-to-judge.ts';
import { percent } from '../../contract/format.ts';
import { HEATMAP_BOUNDS_MS } from '../../contract/live-schema.ts';
import { metricLabel, metricValue } from '../../contract/metric-text.ts';
import { COMPARED_METRICS } from '../../contract/metrics.ts';
import type { GeneratorResult, RunSummary } from '../../contract/results.ts';
import { summaryValue } from '../../contract/summary.ts';

/** Which figures of the whole run say nothing of the target, and by how much they are uncertain; null if all of them do. */
export function affectedFigures(summary: RunSummary): string | null {
  const { generator, status, limit, ab_run } = summary;
  // Others are compared with nothing anyway.
  if (limit || ab_run || (status !== 'passed' && status !== 'failed')) return null;
  if (generator?.saturated && !generator.effects) {
    return 'The load generator was saturated: its own delays are part of the latencies.';
  }
  const affected = COMPARED_METRICS.flatMap((metric) => {
    const value = summaryValue(summary, metric);
    const effect = generator?.effects?.[metric] ?? 0;
    if (value === null || !isAffected(value, effect, RUN_METRICS[metric])) return [];
    return [`${metricValue(metric, effect)} of ${metricLabel(metric)}`];
  });
  if (affected.length === 0) return null;
  return `The load generator's own delay can explain up to ${listed(affected)}: not compared with earlier runs.`;
}

function listed(items: readonly string[]): string {
  return items.length > 1 ? `${items.slice(0, -1).join(', ')} and ${items.at(-1)}` : items.join('');
}

/** Of a hundred requests so many may wait longer. */
const RARE = 0.01;

/** How late the generator was, whatever that means for the run. */
export function delayLine({ delayed }: Pick<GeneratorResult, 'delayed'>): string {
  if (!delayed) return 'own delay unknown';
  const share = (bound: number) => delayed[String(bound)] ?? 0;
  const bound = HEATMAP_BOUNDS_MS.find((it) => share(it) <= RARE) ?? HEATMAP_BOUNDS_MS.at(-1) ?? 0;
  return `${percent(share(bound))} of requests waited longer than ${bound} ms`;
}
