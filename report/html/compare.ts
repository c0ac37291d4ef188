/** Any two runs side by side. Differences alone: what they mean, the stored verdict of a run says. */

import { HEADLINE_METRICS, type MetricKey } from '../../contract/metrics.ts';
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

/** Figures of the whole runs. */
export function headlineDeltas(before: ListedRun, after: ListedRun): Delta[] {
  return HEADLINE_METRICS.map((metric) => delta(metric, null, before.values[metric], after.values[metric]));
}

/** The p95 of each request name, largest increase first; names that one run alone has come last. */
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
