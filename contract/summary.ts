/** Reading a run's summary by the table of metrics. */
import { METRICS, type MetricKey } from './metrics.ts';
import type { RunSummary } from './results.ts';
import { outcomeOf, type RunOutcome } from './verdicts.ts';

/** null where the run has no such figure: without a request there is no latency, and no share of failed requests. */
export function summaryValue(summary: RunSummary, metric: MetricKey): number | null {
  const values: Readonly<Partial<Record<MetricKey, number | null>>> = { ...summary, ...summary.latency };
  const of_requests = METRICS[metric].k6.metric.startsWith('http_req') && metric !== 'requests';
  return of_requests && summary.requests === 0 ? null : (values[metric] ?? null);
}

/** What the run has come to, in one word. */
export function summaryOutcome({ status, comparison, ab }: RunSummary): RunOutcome {
  return outcomeOf(status, ab?.verdict === 'regressed' ? 'regressed' : (comparison?.verdict ?? null));
}
