import { usageError } from '../../lib/errors.ts';
import { profileOf, stepsOf } from '../../profiles/options.ts';
import type { PlannedScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

/** Two whole seconds at least lie within a step of three, wherever it begins. */
const LEAST_STEP_S = 3;

/** The window in which a staircase is read: a step has to hold several. */
export const STAIRCASE_WINDOW = '1s';

/** @throws LoadstarError (usage) where the steps of a staircase could not be judged. */
export function checkStaircase(
  options: Pick<RunOptions, 'profile' | 'own_profile' | 'scale' | 'duration_s' | 'outputs'>,
  scenarios: readonly PlannedScenario[],
): void {
  const profile = profileOf(options);
  if (profile.model !== 'staircase') return;
  if (!options.outputs.includes('loadstar')) {
    throw usageError(
      `the output loadstar for the profile ${options.profile}, which reads each step while it goes on`,
      `OUTPUT=${options.outputs.join(',')}`,
      `OUTPUT=${['loadstar', ...options.outputs].join(',')}`,
    );
  }
  const in_browser = scenarios.filter(({ needs_browser }) => needs_browser).map(({ name }) => name);
  if (in_browser.length > 0) {
    throw usageError(
      `scenarios without a browser for the profile ${options.profile}, which counts requests of k6's own`,
      in_browser.join(', '),
      'leave it out: one browser takes the CPU of many users, and would find the limit of the generator',
    );
  }
  const [first] = stepsOf(options);
  if (!first || first.to_s - first.from_s >= LEAST_STEP_S) return;
  throw usageError(
    `${LEAST_STEP_S} s or more for each of the ${profile.steps} steps of the profile ${options.profile}`,
    `DURATION=${options.duration_s}s`,
    `DURATION=${LEAST_STEP_S * profile.steps}s: the run ends as soon as the limit is found`,
  );
}
