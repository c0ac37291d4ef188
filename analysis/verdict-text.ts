/** Verdicts in words. */
import { number, percent } from '../contract/format.ts';
import { metricLabel, metricValue } from '../contract/metric-text.ts';
import type { ComparisonVerdict } from '../contract/runs.ts';
import type { Explanation } from './carriers.ts';
import type { Judgement } from './judge-series.ts';
import type { RunMetric } from './run-to-judge.ts';

/** @param metric null for a plain number, whose unit nobody knows */
function quantity(metric: RunMetric | null, value: number): string {
  return metric === null ? number(value) : metricValue(metric, value);
}

/** @param metric null for a plain number; @param request null over all requests; @param plateau where it is of one alone */
export function sentenceOf(
  metric: RunMetric | null,
  request: string | null,
  judgement: Judgement,
  plateau?: string,
): string {
  const { verdict, baseline, value, change, low, high, baseline_runs } = judgement;
  const part = plateau === undefined ? '' : `in ${plateau}`;
  const subject = [metric ? metricLabel(metric) : 'The value', request ? `of ${request}` : part]
    .filter(Boolean)
    .join(' ');
  const now = quantity(metric, value);
  if (verdict === 'not enough runs' || baseline === null || low === null || high === null) {
    return `${subject} is ${now}; ${baseline_runs} earlier ${baseline_runs === 1 ? 'run is' : 'runs are'} too few to say whether that is usual.`;
  }
  const side = value > baseline ? 'above' : 'below';
  const moved = change === null ? `${side}` : `${percent(Math.abs(change))} ${side}`;
  const base = `the baseline of ${quantity(metric, baseline)} (${baseline_runs} runs, usually ${quantity(metric, low)} to ${quantity(metric, high)})`;
  return `${subject} is ${now}, ${moved} ${base}: ${verdict === 'regressed' ? confirmation(judgement) : MEANING[verdict]}.`;
}

/** What has confirmed a regression: runs that followed it in the history, or further runs of the same build. */
function confirmation({ worse_runs, repeats }: Judgement): string {
  if (worse_runs > 1) return `worse in ${worse_runs} runs in a row`;
  return `worse, and confirmed by ${repeats} further ${repeats === 1 ? 'run' : 'runs'}`;
}

/**
 * Which requests carry the change of the whole: a sentence that follows the one on the whole.
 * @param parts the figure of each request that changed over all of them
 */
export function sentenceOfExplanation(
  { carriers, mix, more }: Explanation,
  parts: readonly (Judgement & { readonly metric: RunMetric; readonly request: string | null })[],
  begin = 'By request',
): string {
  const named = carriers.map(({ request, share }, place) => {
    const part = parts.find((it) => it.request === request);
    const values = part && part.baseline !== null ? ` (${moved(part.metric, part.baseline, part.value)})` : '';
    return `${request} carries ${wholePercent(share)}${place === 0 ? ' of it' : ''}${values}`;
  });
  const shifted = more.map(
    ({ request, before, after }) =>
      `${request} is ${wholePercent(after)} of the requests, and was ${wholePercent(before)}`,
  );
  const mixed = `a shift of the mix carries ${wholePercent(mix)}${named.length === 0 ? ' of it' : ''}: ${shifted.join(', ')}`;
  const none = named.length === 0 ? '; no request is slower' : '';
  const said = [...named, ...(mix >= LEAST_MIX && shifted.length > 0 ? [`${mixed}${none}`] : [])];
  return said.length === 0 ? `${begin}: many carry it, each a little.` : `${begin}: ${said.join('; ')}.`;
}

function wholePercent(share: number): string {
  return percent(Math.round(100 * share) / 100);
}

/** A smaller part goes unsaid. */
const LEAST_MIX = 0.1;

/** `412 ms → 577 ms` */
function moved(metric: RunMetric, from: number, to: number): string {
  return `${quantity(metric, from)} → ${quantity(metric, to)}`;
}

/** `plateau 1 (50 users)` */
export function plateauLabel(name: string, users: number | null | undefined): string {
  return users ? `${name} (${users} ${users === 1 ? 'user' : 'users'})` : name;
}

/** What is said of a request that carries a change of the whole. @param share of that change, 0 to 1 */
export function sentenceOfCarrier(
  {
    metric,
    request,
    baseline,
    value,
    change,
  }: Judgement & { readonly metric: RunMetric; readonly request: string | null },
  share: number,
): string {
  const by = change === null ? '' : `${percent(Math.abs(change))} `;
  const base = `${by}above the baseline of ${quantity(metric, baseline ?? 0)}`;
  return `${metricLabel(metric)} of ${request} is ${quantity(metric, value)}, ${base}: it carries ${wholePercent(share)} of the change over all requests.`;
}

const MEANING: Readonly<Record<Exclude<ComparisonVerdict, 'not enough runs' | 'regressed'>, string>> = {
  improved: 'better than noise explains',
  same: 'within the usual variation',
  suspected: 'worse than noise explains, and not confirmed yet',
  unstable: 'these runs vary so much that a change would not show',
};

/** @param sentence of the metric that the verdict is about */
export function sentenceOfRun(verdict: ComparisonVerdict, sentence: string | undefined, runs: number): string {
  if (verdict === 'same') return `No change from the ${runs} earlier runs.`;
  return sentence ?? 'The run has no figures to judge.';
}
