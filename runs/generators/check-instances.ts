import { SCRIPT_PROFILE } from '../../contract/profiles.ts';
import { usageError } from '../../lib/errors.ts';
import { executorOf, type LoadShape, profileOf, stagesOf } from '../../profiles/options.ts';
import { shapeFor } from '../../profiles/shape.ts';
import type { PlannedScenario } from '../../project/catalogue.ts';
import type { RunOptions } from '../options/options.ts';

type Asked = Pick<
  RunOptions,
  'profile' | 'own_profile' | 'script_load' | 'scale' | 'duration_s' | 'outputs' | 'instances'
>;

/** @throws LoadstarError (usage) where several generators could not make the load, or nobody could judge what they made. */
export function checkInstances(options: Asked, scenarios: readonly PlannedScenario[]): void {
  if (options.instances === 1) return;
  if (!options.outputs.includes('loadstar')) {
    throw usageError(
      'the output loadstar for several generators, whose data it merges',
      `OUTPUT=${options.outputs.join(',')}`,
      `OUTPUT=${['loadstar', ...options.outputs].join(',')}, or INSTANCES=1`,
    );
  }
  refuseStaircase(options);
  const in_browser = scenarios.find(({ needs_browser }) => needs_browser)?.name;
  if (in_browser) {
    throw usageError(
      'scenarios without a browser for several generators',
      in_browser,
      'INSTANCES=1: one browser takes the CPU of many users, and several would measure each other',
    );
  }
  for (const scenario of scenarios) requireUsers(scenario, options);
}

/** @throws LoadstarError (usage): each step is read while it goes on, by the process that stops k6 */
export function refuseStaircase(options: Pick<RunOptions, 'profile' | 'own_profile'>): void {
  if (profileOf(options).model !== 'staircase') return;
  throw usageError(
    'a profile whose load several generators can share',
    `PROFILE=${options.profile}`,
    'INSTANCES=1, or another profile: the search for the limit has one generator',
  );
}

/** Users at once, at most. k6 shares the executors of a script as it shares ours. */
function usersOf(shape: LoadShape): number {
  if (shape.profile === SCRIPT_PROFILE) return shape.script_load?.vus ?? 0;
  const executor = executorOf(shape);
  return executor.executor === 'ramping-arrival-rate'
    ? (executor.preAllocatedVUs ?? 0)
    : Math.max(...stagesOf(shape).map(({ target }) => target));
}

/** A generator without a user would end at once, and k6 says nothing. */
function requireUsers(scenario: PlannedScenario, options: Asked): void {
  const users = usersOf(shapeFor(scenario, options));
  if (users >= options.instances) return;
  throw usageError(
    `a user at least for each of ${options.instances} generators`,
    `${users} in ${scenario.name} with PROFILE=${options.profile}`,
    `INSTANCES=${Math.max(1, users)}, or a larger SCALE`,
  );
}
