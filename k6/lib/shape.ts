import { SCENARIOS, type Scenario, type ScenarioName } from '../../contract/scenarios.ts';
import type { LoadShape } from './options.ts';

/** The shape of a run for a scenario: one whose users are costlier than others has fewer of them. */
export function shapeFor<T extends LoadShape>(name: ScenarioName, shape: T): T {
  const { users_factor = 1 }: Scenario = SCENARIOS[name];
  return { ...shape, scale: shape.scale * users_factor };
}
