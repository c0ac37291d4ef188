/** How a run and its comparison can end, from the worst to the best: one order and one colour for every output. */
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { AbVerdict } from './results.ts';
import type { ComparisonVerdict, RunStatus } from './runs.ts';
import type { SloState } from './slo-text.ts';

/** How something is coloured; the words carry it without. */
export type Tone = 'good' | 'bad' | 'warn' | 'neutral';

/** From the worst to the best. */
export const COMPARISON_VERDICTS = {
  regressed: { tone: 'bad' },
  suspected: { tone: 'warn' },
  unstable: { tone: 'warn' },
  improved: { tone: 'good' },
  same: { tone: 'neutral' },
  'not enough runs': { tone: 'neutral' },
} as const satisfies Record<ComparisonVerdict, { readonly tone: Tone }>;

export const AB_TONES = {
  regressed: 'bad',
  unclear: 'warn',
  same: 'neutral',
  improved: 'good',
} as const satisfies Record<AbVerdict, Tone>;

export const SLO_TONES = {
  passed: 'good',
  failed: 'bad',
  no_data: 'warn',
} as const satisfies Record<SloState, Tone>;

const VERDICT_ORDER = Object.keys(COMPARISON_VERDICTS) as ComparisonVerdict[];

/** For sorting: the worst verdict is 0. */
export function verdictRank(verdict: ComparisonVerdict | null): number {
  return verdict === null ? VERDICT_ORDER.length : VERDICT_ORDER.indexOf(verdict);
}

/** null without any. */
export function worstVerdict(verdicts: readonly ComparisonVerdict[]): ComparisonVerdict | null {
  return VERDICT_ORDER.find((verdict) => verdicts.includes(verdict)) ?? null;
}

/** What a run has come to: its status, or that it passed and has regressed. */
export type RunOutcome = RunStatus | 'regressed';

/** From the worst to the best, each with the exit code of a run that ends so. */
export const RUN_OUTCOMES = {
  broken: { tone: 'bad', exit: EXIT.unusable },
  interrupted: { tone: 'warn', exit: EXIT.interrupted },
  failed: { tone: 'bad', exit: EXIT.thresholds },
  incomplete: { tone: 'warn', exit: EXIT.incomplete },
  regressed: { tone: 'bad', exit: EXIT.regression },
  running: { tone: 'neutral', exit: null },
  passed: { tone: 'good', exit: EXIT.passed },
} as const satisfies Record<RunOutcome, { readonly tone: Tone; readonly exit: ExitCode | null }>;

/** Where several exit codes apply, the first in this order wins. */
export const EXIT_PRECEDENCE: readonly ExitCode[] = [
  EXIT.usage,
  ...Object.values(RUN_OUTCOMES).flatMap(({ exit }) => (exit === null ? [] : [exit])),
];

/** Of a run as its record has it. @param ab_verdict of the head of `loadstar ab`; null for all other runs */
export function recordOutcome(run: {
  readonly status: RunStatus;
  readonly comparison: ComparisonVerdict | null;
  readonly ab_verdict: AbVerdict | null;
}): RunOutcome {
  return outcomeOf(run.status, run.ab_verdict === 'regressed' ? 'regressed' : run.comparison);
}

/** @param comparison verdict of the comparison with the history; null without one */
export function outcomeOf(status: RunStatus, comparison: ComparisonVerdict | null): RunOutcome {
  return status === 'passed' && comparison === 'regressed' ? 'regressed' : status;
}
