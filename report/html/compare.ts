/** Any two runs side by side. What a difference means, only a history can say: see the verdict of a run for that. */

import type { ListedRun } from './data.ts';
import type { RequestRow } from './input.ts';
import { moreIsWorse, relativeChange } from './metrics.ts';

/** A metric of two runs, null where a run has none. */
export interface Delta {
  readonly metric: string;
  readonly request: string | null;
  readonly before: number | null;
  readonly after: number | null;
  /** after / before − 1; null where either is missing, or the first is 0. */
  readonly change: number | null;
  readonly difference: number | null;
}

/** What two runs are held against each other by, overall. */
export function headlineDeltas(before: ListedRun, after: ListedRun): Delta[] {
  return Object.entries(headline(after)).map(([metric, value]) =>
    delta(metric, null, headline(before)[metric] ?? null, value),
  );
}

function headline(run: ListedRun): Readonly<Record<string, number | null>> {
  return {
    p50_ms: run.p50_ms,
    p95_ms: run.values.p95_ms,
    p99_ms: run.p99_ms,
    throughput_rps: run.values.throughput_rps,
    error_rate: run.values.error_rate,
    checks_rate: run.checks_rate,
    requests: run.requests,
  };
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

function delta(metric: string, request: string | null, before: number | null, after: number | null): Delta {
  if (before === null || after === null) return { metric, request, before, after, change: null, difference: null };
  return { metric, request, before, after, change: relativeChange(before, after), difference: after - before };
}

/** Smaller differences than these count as none: two runs alone cannot tell them from noise. */
export const EQUAL_WITHIN = { change: 0.02, rate: 0.001 } as const;

/** Which way it went; null for what has no better and worse, or is unknown. */
export function direction({ metric, change, difference }: Delta): 'better' | 'worse' | 'equal' | null {
  if (difference === null || metric === 'requests') return null;
  const small = metric.endsWith('_rate')
    ? Math.abs(difference) < EQUAL_WITHIN.rate
    : Math.abs(change ?? difference) < EQUAL_WITHIN.change;
  if (small) return 'equal';
  return difference > 0 === moreIsWorse(metric) ? 'worse' : 'better';
}
