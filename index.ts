/** What other programs may import: the shapes of the files that a run leaves behind. */
export type { Comparison, LoadTestResult, MetricComparison, RunSummary } from './contract/results.ts';
