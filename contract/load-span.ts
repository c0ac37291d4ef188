/**
 * When a run made load. Its duration, its rates and its SLOs on throughput count this time, in every engine and for any
 * number of generators.
 */
import type { K6Summary } from './k6-summary.ts';

/**
 * From the start of the first iteration to the end of the last one, of all generators together. No load: the time in which
 * pods start and generators wait for each other, setup() before it and teardown() after it. The few requests that setup()
 * makes count among those of the run, as in k6.
 */
export interface LoadSpan {
  readonly from: Date;
  readonly to: Date;
}

/** A span as the output reports it: ISO 8601. */
interface ReportedLoad {
  readonly load?: { readonly from: string; readonly to: string } | null | undefined;
}

/** @returns null without a report, and where no iteration began or an older output wrote it */
export function reportedLoad(report: ReportedLoad | null): LoadSpan | null {
  return report?.load ? { from: new Date(report.load.from), to: new Date(report.load.to) } : null;
}

/** The load of several generators; null without one. */
export function joinLoads(loads: readonly LoadSpan[]): LoadSpan | null {
  if (loads.length === 0) return null;
  return {
    from: new Date(Math.min(...loads.map(({ from }) => from.getTime()))),
    to: new Date(Math.max(...loads.map(({ to }) => to.getTime()))),
  };
}

export function loadLength_ms(load: LoadSpan | null): number {
  return load ? load.to.getTime() - load.from.getTime() : 0;
}

const MS_PER_S = 1_000;

/** Per second of the load; 0 where it took no time. By seconds, so that it is the quotient of the two figures that people see. */
export function ratePerSecond(count: number, load_ms: number): number {
  return load_ms > 0 ? count / (load_ms / MS_PER_S) : 0;
}

/**
 * k6's end-of-test data with duration and rates over the load. k6 itself divides by the time since it started the test, with
 * setup() and teardown().
 * @param load null: unknown, so k6's own time stays
 */
export function overLoad(k6: K6Summary, load: LoadSpan | null): K6Summary {
  const load_ms = loadLength_ms(load);
  if (load_ms <= 0) return k6;
  const metrics = Object.entries(k6.metrics).map(([name, metric]) => {
    if (metric.type !== 'counter') return [name, metric] as const;
    const { count } = metric.values;
    return [name, { ...metric, values: { count, rate: ratePerSecond(count, load_ms) } }] as const;
  });
  return { ...k6, metrics: Object.fromEntries(metrics), state: { ...k6.state, testRunDurationMs: load_ms } };
}
