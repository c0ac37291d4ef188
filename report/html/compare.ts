/** Any two runs side by side. What a difference means, only a history can say: see the verdict of a run for that. */

import { HEADLINE_METRICS, METRICS, type MetricKey } from '../../contract/metrics.ts';
import type { ListedRun } from './data.ts';
import type { RequestRow } from './input.ts';

/** A metric of two runs, null where a run has none. */
export interface Delta {
  readonly metric: MetricKey;
  readonly request: string | null;
  readonly before: number | null;
  readonly after: number | null;
  /** after / before − 1; null where either is missing, or the first is 0. */
  readonly change: number | null;
  readonly difference: number | null;
}

/** What two runs are held against each other by, overall. */
export function headlineDeltas(before: ListedRun, after: ListedRun): Delta[] {
  return HEADLINE_METRICS.map((metric) => delta(metric, null, before.values[metric], after.values[metric]));
}

/** The p95 of each request name, worst change first; names that one run alone has come last. */
export function requestDeltas(before: ListedRun, after: ListedRun): Delta[] {
  const find = (run: ListedRun, name: string): RequestRow | undefined =>
    run.by_request.find((request) => request.name === name);
  const names = new Set([...before.by_request, ...after.by_request].map(({ name }) => name));
  const deltas = [...names].map((name) =>
    delta('p95_ms', name, find(before, name)?.p95_ms ?? null, find(after, name)?.p95_ms ?? null),
  );
  const order = ({ change }: Delta) => change ?? Number.NEGATIVE_INFINITY;
  return deltas.sort((a, b) => order(b) - order(a) || (a.request ?? '').localeCompare(b.request ?? ''));
}

function delta(metric: MetricKey, request: string | null, before: number | null, after: number | null): Delta {
  if (before === null || after === null) return { metric, request, before, after, change: null, difference: null };
  return {
    metric,
    request,
    before,
    after,
    change: before === 0 ? null : after / before - 1,
    difference: after - before,
  };
}

/** Smaller differences than these count as none: two runs alone cannot tell them from noise. */
export const EQUAL_WITHIN = { change: 0.02, rate: 0.001 } as const;

/** Which way it went; null for what has no better and worse, or is unknown. */
export function direction({ metric, change, difference }: Delta): 'better' | 'worse' | 'equal' | null {
  const { worse, unit } = METRICS[metric];
  if (difference === null || worse === null) return null;
  const small =
    unit === 'share' ? Math.abs(difference) < EQUAL_WITHIN.rate : Math.abs(change ?? difference) < EQUAL_WITHIN.change;
  if (small) return 'equal';
  return difference > 0 === (worse === 'up') ? 'worse' : 'better';
}
