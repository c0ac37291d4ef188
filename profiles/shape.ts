import type { Scenario } from '../contract/scenarios.ts';
import type { LoadShape } from './options.ts';

/** The shape of a run for a scenario: one whose users are costlier than others has fewer of them. */
export function shapeFor<T extends LoadShape>({ users_factor = 1 }: Pick<Scenario, 'users_factor'>, shape: T): T {
  return { ...shape, scale: shape.scale * users_factor };
}
