import type { ComparisonVerdict } from '../contract/runs.ts';

/** What is known when it is decided whether a suspicion is looked into at once. */
export interface ConfirmState {
  readonly verdict: ComparisonVerdict;
  /** Repeats made so far, and at most. */
  readonly made: number;
  readonly repeats: number;
  /** Time that the repeats took so far, and at most. */
  readonly spent_s: number;
  readonly budget_s: number;
  /** What another run takes. */
  readonly run_s: number;
  /** The last repeat broke: what ends this one would end the next. */
  readonly broken: boolean;
}

export interface ConfirmDecision {
  readonly again: boolean;
  /** For a person, in one sentence; null where there is nothing to decide. */
  readonly sentence: string | null;
}

const NEXT_RUN = 'the next run of the history confirms or clears it';

/** One decision after each run: repeat it, or leave it at what is known. */
export function decide(state: ConfirmState): ConfirmDecision {
  const { verdict, made, repeats, spent_s, budget_s, run_s } = state;
  if (verdict !== 'suspected') return { again: false, sentence: made > 0 ? outcome(verdict, made) : null };
  if (repeats === 0) return stop(`not repeated, as repeats are off: ${NEXT_RUN}`);
  if (state.broken) return stop(`not repeated further, as the repeat broke: ${NEXT_RUN}`);
  if (made >= repeats) return stop(`still only suspected after ${times(made)}: ${NEXT_RUN}`);
  if (spent_s + run_s > budget_s) {
    const left_s = Math.max(0, Math.round(budget_s - spent_s));
    return stop(
      `not repeated, as a run of ${Math.round(run_s)} s does not fit into the ${left_s} s that are left to confirm: ${NEXT_RUN}`,
    );
  }
  return {
    again: true,
    sentence: `worse than its history: repeated at once to be sure (${made + 1} of up to ${repeats})`,
  };
}

function stop(sentence: string): ConfirmDecision {
  return { again: false, sentence };
}

function outcome(verdict: ComparisonVerdict, made: number): string {
  if (verdict === 'regressed') return `confirmed by ${times(made)}: regressed`;
  return `not confirmed by ${times(made)}: ${verdict}`;
}

function times(made: number): string {
  return made === 1 ? 'one repeat' : `${made} repeats`;
}
