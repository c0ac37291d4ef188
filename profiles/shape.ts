import { SCENARIOS, type Scenario } from '../contract/scenarios.ts';
import type { LoadShape } from './options.ts';

/** The shape of a run for a scenario: one whose users are costlier than others has fewer of them. */
export function shapeFor<T extends LoadShape>(name: string, shape: T): T {
  const users_factor = (SCENARIOS as Readonly<Record<string, Scenario>>)[name]?.users_factor ?? 1;
  return { ...shape, scale: shape.scale * users_factor };
}
