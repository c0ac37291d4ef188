/** What a run leaves behind in results/<run-id>/, for people and for other programs. summary-schema.ts says what each field is. */
import type { z } from 'zod';
import type { generatorDelay } from './output-report.ts';
import type { runSummary } from './summary-schema.ts';

/** One element of results.json: exactly these, for a team's own performance page. */
export interface LoadTestResult {
  /** ISO 8601, UTC: when the run started. */
  timestamp: string;
  scenario: string;
  /** ms */
  p50: number;
  /** ms */
  p95: number;
  /** ms */
  p99: number;
  /** requests/s */
  throughput: number;
  /** % of requests, 0 to 100 */
  errorRate: number;
}

export type RunSummary = z.infer<typeof runSummary>;
export type Completeness = RunSummary['completeness'];
export type CompletenessRow = Completeness['rows'][number];
export type SloResult = RunSummary['slos'][number];
export type LimitResult = NonNullable<RunSummary['limit']>;
export type LimitEnd = LimitResult['end'];
export type StepResult = LimitResult['steps'][number];
export type StepState = StepResult['state'];
export type RequestResult = RunSummary['by_request'][number];
export type PlateauResult = NonNullable<RunSummary['plateaus']>[number];
export type Latency = NonNullable<RunSummary['latency']>;
export type Comparison = NonNullable<RunSummary['comparison']>;
export type MetricComparison = Comparison['metrics'][number];
export type GeneratorsResult = NonNullable<RunSummary['generators']>;
export type EachGenerator = NonNullable<GeneratorsResult['each']>[number];
export type GeneratorDelay = z.infer<typeof generatorDelay>;
export type GeneratorResult = NonNullable<RunSummary['generator']>;
export type GeneratorEffects = NonNullable<GeneratorResult['effects']>;
export type Failures = NonNullable<RunSummary['failures']>;
export type Stopped = NonNullable<RunSummary['stopped']>;
export type AbResult = NonNullable<RunSummary['ab']>;
export type AbRun = NonNullable<RunSummary['ab_run']>;
export type AbVerdict = AbResult['verdict'];
/** The difference of one request, or of all together. */
export type AbComparison = AbResult['requests'][number];
export type AbPair = AbComparison['pairs'][number];
