import { isAffected, RUN_METRICS } from '../../analysis/run-to-judge.ts';
import type { RunSummary } from '../../contract/results.ts';

/** Whether p95 is compared with nothing, because this machine was so busy that the load generator itself can have moved it. */
export function isP95Uncertain({ latency, generator }: RunSummary): boolean {
  return isAffected(latency?.p95_ms ?? 0, generator?.effects?.p95_ms ?? 0, RUN_METRICS.p95_ms);
}
