/** Verdicts in words. */
import { number, percent } from '../contract/format.ts';
import { metricLabel, metricValue } from '../contract/metric-text.ts';
import type { ComparisonVerdict } from '../contract/runs.ts';
import type { Judgement } from './judge-series.ts';
import type { RunMetric } from './run-to-judge.ts';

/** @param metric null for a plain number, whose unit nobody knows */
function quantity(metric: RunMetric | null, value: number): string {
  return metric === null ? number(value) : metricValue(metric, value);
}

/** @param metric null for a plain number; @param request null over all requests */
export function sentenceOf(metric: RunMetric | null, request: string | null, judgement: Judgement): string {
  const { verdict, baseline, value, change, low, high, baseline_runs } = judgement;
  const subject = [metric ? metricLabel(metric) : 'The value', request ? `of ${request}` : '']
    .filter(Boolean)
    .join(' ');
  const now = quantity(metric, value);
  if (verdict === 'not enough runs' || baseline === null || low === null || high === null) {
    return `${subject} is ${now}; ${baseline_runs} earlier ${baseline_runs === 1 ? 'run is' : 'runs are'} too few to say whether that is usual.`;
  }
  const side = value > baseline ? 'above' : 'below';
  const moved = change === null ? `${side}` : `${percent(Math.abs(change))} ${side}`;
  const base = `the baseline of ${quantity(metric, baseline)} (${baseline_runs} runs, usually ${quantity(metric, low)} to ${quantity(metric, high)})`;
  return `${subject} is ${now}, ${moved} ${base}: ${MEANING[verdict]}.`;
}

const MEANING: Readonly<Record<Exclude<ComparisonVerdict, 'not enough runs'>, string>> = {
  improved: 'better than noise explains',
  same: 'within the usual variation',
  suspected: 'worse than noise explains, and not confirmed yet',
  regressed: 'worse, and confirmed by more than one run',
  unstable: 'these runs vary so much that a change would not show',
};

/** @param sentence of the metric that the verdict is about */
export function sentenceOfRun(verdict: ComparisonVerdict, sentence: string | undefined, runs: number): string {
  if (verdict === 'same') return `No change from the ${runs} earlier runs.`;
  return sentence ?? 'The run has no figures to judge.';
}
