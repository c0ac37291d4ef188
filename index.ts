import type { LoadstarConfig } from './project/schema.ts';

/** What other programs may import: the shapes of the files that a run leaves behind. */
export type { Comparison, LoadTestResult, MetricComparison, RunSummary } from './contract/results.ts';
export type { LoadstarConfig };

/** Types `loadstar.config.ts`; it changes nothing. */
export function defineConfig(config: LoadstarConfig): LoadstarConfig {
  return config;
}
