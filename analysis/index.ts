/**
 * Baselines, verdicts and change points, as a library: pure functions over histories, without I/O or clock.
 *
 * - {@link changePoints}: where has the level of a series shifted?
 * - {@link judge}: is the newest run worse than those before it?
 *
 * How they decide, and how often they err: docs/verdicts.md.
 */
import { type JudgeRunOptions, judgeRun, type RunJudgement } from './judge-run.ts';
import { type Judgement, type JudgeOptions, judgeSeries } from './judge-series.ts';
import type { RunToJudge } from './run-to-judge.ts';
import { sentenceOf } from './verdict-text.ts';

export { type ChangePoint, type ChangePointOptions, changePoints, type Direction } from './change-points.ts';
export type { JudgeRunOptions, MetricJudgement, RunJudgement } from './judge-run.ts';
export { type Judgement, type JudgeOptions, LEAST_RUNS, REMEMBERED_RUNS } from './judge-series.ts';
export {
  isComparable,
  type MetricSize,
  type PlateauFigures,
  RUN_METRICS,
  type RunFigures,
  type RunMetric,
  type RunToJudge,
} from './run-to-judge.ts';

/** The judgement of one number, in words too. */
export interface ValueJudgement extends Judgement {
  /** For a person. */
  readonly sentence: string;
}

/**
 * Judges the newest run by all earlier ones, oldest first. Sequential: call it again for each new run with the history
 * that has grown by the one before, whatever was said of it. The first run that looks worse is `suspected`; those that
 * follow make it `regressed`, which it stays until the level is as good as before, or `accepted_from` accepts it.
 *
 * @param history one number a run, or a record a run
 * @param run the newest: a number or a record
 */
export function judge(history: readonly number[], run: number, options?: JudgeOptions): ValueJudgement;
export function judge(history: readonly RunToJudge[], run: RunToJudge, options?: JudgeRunOptions): RunJudgement;
export function judge(
  history: readonly number[] | readonly RunToJudge[],
  run: number | RunToJudge,
  options: JudgeOptions | JudgeRunOptions = {},
): ValueJudgement | RunJudgement {
  if (typeof run === 'number') {
    const judgement = judgeSeries(history as readonly number[], run, options as JudgeOptions);
    return { ...judgement, sentence: sentenceOf(null, null, judgement) };
  }
  return judgeRun(history as readonly RunToJudge[], run, options as JudgeRunOptions);
}
