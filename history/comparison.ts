import { isComparable, judge, LEAST_RUNS, type RunJudgement, type RunToJudge } from '../analysis/index.ts';
import type { Comparison, MetricComparison } from '../contract/results.ts';
import type { JudgedHistory } from './history.ts';

/** A run and what it is compared with; it can be judged again when its repeats are there. */
export interface Evidence {
  readonly run: RunToJudge;
  readonly history: Pick<JudgedHistory, 'to_judge' | 'branch' | 'pinned' | 'left_out'>;
}

/** @param repeats runs of the same build, made at once after it; those that are no evidence themselves are left out */
export function compareWithHistory({ run, history }: Evidence, repeats: readonly RunToJudge[] = []): Comparison {
  const { to_judge, pinned, branch } = history;
  const judged = judge(to_judge, run, {
    repeats: repeats.filter(isComparable),
    ...(pinned ? { accepted_from: pinned.testid } : {}),
  });
  return {
    verdict: judged.verdict,
    sentence: judged.verdict === 'not enough runs' ? tooFew(history) : judged.sentence,
    baseline: {
      kind: pinned ? 'pinned' : 'rolling',
      runs: to_judge.length,
      testid: pinned?.testid ?? lastAtBaseline(to_judge, judged),
      branch,
    },
    metrics: judged.metrics.map(toMetricComparison),
  };
}

function toMetricComparison({ metric, request, plateau, ...it }: RunJudgement['metrics'][number]): MetricComparison {
  const { baseline, value, change, difference, low, high, verdict, sentence } = it;
  return {
    metric,
    request,
    ...(plateau === undefined ? {} : { plateau }),
    baseline,
    value,
    change,
    difference,
    low,
    high,
    verdict,
    sentence,
  };
}

/** A link needs one run: the last before the level became worse, else the last. */
function lastAtBaseline(history: readonly RunToJudge[], { metrics }: RunJudgement): string | null {
  const since = metrics[0]?.since_run;
  const first_worse = since ? history.findIndex(({ testid }) => testid === since) : -1;
  return history.at(first_worse > 0 ? first_worse - 1 : -1)?.testid ?? null;
}

const SHOWN_KINDS = 2;

function tooFew({ to_judge, pinned, left_out }: Evidence['history']): string {
  const lack = pinned ? `Too few runs since the baseline ${pinned.testid}` : 'No baseline yet';
  const others = [
    left_out.configuration > 0 ? `${left_out.configuration} with another configuration` : '',
    left_out.machines.length > 0
      ? `${left_out.machines.length} on another kind of machine (${kinds(left_out.machines)})`
      : '',
    left_out.unfit > 0 ? `${left_out.unfit} incomplete or saturated` : '',
  ].filter(Boolean);
  const why = others.length > 0 ? ` Left out: ${others.join(', ')}.` : '';
  const way_out = left_out.machines.length > 0 ? ' LOADSTAR_MACHINE=any compares runs of all kinds.' : '';
  return `${lack}: ${to_judge.length} of ${LEAST_RUNS} comparable runs.${why}${way_out}`;
}

/** The most frequent first. */
function kinds(machines: readonly string[]): string {
  const count = (kind: string) => machines.filter((it) => it === kind).length;
  const sorted = [...new Set(machines)].sort((a, b) => count(b) - count(a));
  const more = sorted.length - SHOWN_KINDS;
  return [...sorted.slice(0, SHOWN_KINDS), ...(more > 0 ? [`${more} more`] : [])].join('; ');
}
