import { isComparable } from '../analysis/index.ts';
import { compareWithHistory } from '../history/comparison.ts';
import { decide } from '../history/confirm.ts';
import type { CatalogueScenario } from '../project/catalogue.ts';
import { withCauses } from './judge/causes.ts';
import { type FinishedRun, withComparison } from './judge/judge-run.ts';
import { runScenario } from './one-run.ts';
import { repeatBudget_s } from './options/limits.ts';
import type { RunSession } from './options/run-session.ts';

const MS_PER_S = 1_000;

/**
 * Runs a scenario, and again at once while it looks worse than its history, as far as repeats and time allow.
 * @param write is called whenever something new is known of a run
 * @returns the run, judged with its repeats, and the repeats
 */
export async function runConfirmed(
  session: RunSession,
  scenario: CatalogueScenario,
  bundle: string,
  write: (run: FinishedRun) => Promise<void>,
): Promise<readonly [FinishedRun, ...FinishedRun[]]> {
  const { ui, stop, options } = session;
  let first = await runScenario(session, scenario, bundle);
  await write(first);
  const repeats: FinishedRun[] = [];
  const confirm_since = performance.now();
  while (!stop.aborted) {
    const last = repeats.at(-1) ?? first;
    const { again, sentence } = decide({
      verdict: first.summary.comparison?.verdict ?? 'not enough runs',
      made: repeats.length,
      repeats: options.confirm.repeats,
      spent_s: repeats.length === 0 ? 0 : (performance.now() - confirm_since) / MS_PER_S,
      budget_s: Math.min(options.confirm.budget_s, repeatBudget_s(options, session.planned_s)),
      run_s: (Date.parse(first.summary.ended) - Date.parse(first.summary.started)) / MS_PER_S,
      broken: last.summary.status === 'broken',
    });
    if (sentence) ui.line(`${scenario.name}: ${sentence}`);
    if (!again) break;
    const repeat = await runScenario(session, scenario, bundle, first.run.testid);
    repeats.push(repeat);
    await write(repeat);
    if (stop.aborted)
      ui.line(`${scenario.name}: interrupted during its repeats: the suspected regression is not confirmed`);
    else {
      first = await withCauses(session.results, withRepeats(session, first, repeats));
      await write(first);
    }
  }
  return [first, ...repeats];
}

function withRepeats(session: RunSession, first: FinishedRun, repeats: readonly FinishedRun[]): FinishedRun {
  if (!first.evidence) return first;
  const evidence = repeats.flatMap(({ evidence: it }) => (it && isComparable(it.run) ? [it.run] : []));
  return withComparison(session.results, first, compareWithHistory(first.evidence, evidence));
}
