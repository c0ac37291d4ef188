/** What the load generator's own delay means for a run, in words. */
import { isAffected, RUN_METRICS } from '../../analysis/run-to-judge.ts';
import { listed, ms, percent } from '../../contract/format.ts';
import { HEATMAP_BOUNDS_MS, SATURATED_DELAY_MS } from '../../contract/live-schema.ts';
import { metricLabel, metricValue } from '../../contract/metric-text.ts';
import { COMPARED_METRICS } from '../../contract/metrics.ts';
import type { EachGenerator, GeneratorDelay, GeneratorResult, RunSummary } from '../../contract/results.ts';
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

/** Of a hundred requests so many may wait longer. */
const RARE = 0.01;

/** The least bound that at most one request in a hundred waited longer for, and how many did. */
export function rareDelay(delayed: GeneratorDelay): { readonly bound_ms: number; readonly share: number } {
  const share = (bound: number) => delayed[String(bound)] ?? 0;
  const bound_ms = HEATMAP_BOUNDS_MS.find((it) => share(it) <= RARE) ?? HEATMAP_BOUNDS_MS.at(-1) ?? 0;
  return { bound_ms, share: share(bound_ms) };
}

/** How late the generator was, whatever that means for the run. */
export function delayLine({ delayed }: Pick<GeneratorResult, 'delayed'>): string {
  if (!delayed) return 'own delay unknown';
  const { bound_ms, share } = rareDelay(delayed);
  return `${percent(share)} of requests waited longer than ${bound_ms} ms`;
}

/** Within how long the load of all generators began, and ended where all came to their end; null for fewer than two. */
export function loadSkew_ms(
  each: readonly EachGenerator[],
): { readonly begin: number; readonly end: number | null } | null {
  const spread = (times: readonly string[]) => {
    const all = times.map((time) => Date.parse(time));
    return Math.max(...all) - Math.min(...all);
  };
  const loads = each.flatMap(({ load }) => load ?? []);
  if (loads.length < 2) return null;
  const all_ended = each.every(({ state }) => state === 'ended');
  return { begin: spread(loads.map(({ from }) => from)), end: all_ended ? spread(loads.map(({ to }) => to)) : null };
}

/** So many times as late as the usual one of them. */
const MUCH_LATER = 3;

/** Which of several generators was much slower than the others by its own doing; null without one. */
export function slowGenerators({ generators }: RunSummary): string | null {
  const delays = (generators?.each ?? []).flatMap((one) =>
    one.delayed ? [{ ...one, ...rareDelay(one.delayed) }] : [],
  );
  const bounds = delays.map(({ bound_ms }) => bound_ms).sort((a, b) => a - b);
  // The lower one of two: with two generators, one of them may be the slow one.
  const usual_ms = bounds[Math.floor((bounds.length - 1) / 2)] ?? 0;
  const slow = delays.filter(({ bound_ms }) => bound_ms >= Math.max(SATURATED_DELAY_MS, MUCH_LATER * usual_ms));
  if (slow.length === 0 || slow.length === delays.length) return null;
  const named = slow.map(({ instance, bound_ms, peak_machine_cpu: cpu }) => {
    const busy = cpu === null ? '' : `, CPU of its machine up to ${percent(cpu)}`;
    return `${instance} (up to ${ms(bound_ms)}${busy})`;
  });
  const [who, was] = slow.length === 1 ? ['Load generator', 'was'] : ['Load generators', 'were'];
  return `${who} ${listed(named)} ${was} much later than the others (up to ${ms(usual_ms)}): that delay is part of their latencies`;
}
