/** Verdicts in words. */
import type { ComparisonVerdict } from '../contract/runs.ts';
import type { Judgement } from './judge-series.ts';
import { RUN_METRICS, type RunMetric } from './run-to-judge.ts';

const LABEL: Readonly<Record<RunMetric, string>> = {
  p50_ms: 'p50',
  p95_ms: 'p95',
  p99_ms: 'p99',
  error_rate: 'error rate',
  throughput_rps: 'throughput',
  checks_rate: 'checks passed',
};

const three = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const WHOLE_FROM = 100;

function plain(value: number): string {
  return Math.abs(value) >= WHOLE_FROM
    ? new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }).format(value)
    : three.format(value);
}

function percent(fraction: number): string {
  return `${three.format(Math.abs(fraction) * 100)} %`;
}

function quantity(metric: RunMetric | null, value: number): string {
  if (metric === null) return plain(value);
  if (RUN_METRICS[metric].percentile !== null) return `${plain(value)} ms`;
  return metric === 'throughput_rps' ? `${plain(value)}/s` : `${three.format(value * 100)} %`;
}

/** @param metric null for a plain number; @param request null over all requests */
export function sentenceOf(metric: RunMetric | null, request: string | null, judgement: Judgement): string {
  const { verdict, baseline, value, change, low, high, baseline_runs } = judgement;
  const subject = [metric ? LABEL[metric] : 'The value', request ? `of ${request}` : ''].filter(Boolean).join(' ');
  const now = quantity(metric, value);
  if (verdict === 'not enough runs' || baseline === null || low === null || high === null) {
    return `${subject} is ${now}; ${baseline_runs} earlier ${baseline_runs === 1 ? 'run is' : 'runs are'} too few to say whether that is usual.`;
  }
  const side = value > baseline ? 'above' : 'below';
  const moved = change === null ? `${side}` : `${percent(change)} ${side}`;
  const base = `the baseline of ${quantity(metric, baseline)} (${baseline_runs} runs, usually ${quantity(metric, low)} to ${quantity(metric, high)})`;
  return `${subject} is ${now}, ${moved} ${base}: ${MEANING[verdict]}.`;
}

const MEANING: Readonly<Record<Exclude<ComparisonVerdict, 'not enough runs'>, string>> = {
  improved: 'better than noise explains',
  same: 'nothing unusual',
  suspected: 'worse than noise explains, and not confirmed yet',
  regressed: 'worse, and confirmed by more than one run',
  unstable: 'these runs differ so much that a change could not be seen',
};

/** @param sentence of the metric that the verdict is about */
export function sentenceOfRun(verdict: ComparisonVerdict, sentence: string | undefined, runs: number): string {
  if (verdict === 'same') return `Nothing has changed against the ${runs} earlier runs.`;
  return sentence ?? 'The run has no figures to judge.';
}
