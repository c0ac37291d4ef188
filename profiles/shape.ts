import { SCRIPT_PROFILE } from '../contract/profiles.ts';
import type { Scenario } from '../contract/scenarios.ts';
import type { LoadShape } from './options.ts';
import type { ScriptLoad } from './script-load.ts';

/** What of a scenario changes its load. */
export interface ShapedScenario extends Pick<Scenario, 'users_factor'> {
  /** Of a k6 script: what its own options plan. */
  readonly k6_script?: { readonly load: ScriptLoad };
}

/** The call names a profile, so that a script's own load does not count. */
interface Given {
  readonly is_profile_given?: boolean;
}

/** The shape of a run for a scenario: one whose users are costlier has fewer of them, and a script has its own load. */
export function shapeFor<T extends LoadShape & Given>(scenario: ShapedScenario, shape: T): T {
  const { users_factor = 1, k6_script } = scenario;
  const scaled = { ...shape, scale: shape.scale * users_factor };
  return k6_script && usesOwnLoad(shape) ? { ...scaled, profile: SCRIPT_PROFILE, script_load: k6_script.load } : scaled;
}

/** Whether a script makes the load that its options state. */
export function usesOwnLoad({ profile, is_profile_given }: Pick<LoadShape, 'profile'> & Given): boolean {
  return !is_profile_given || profile === SCRIPT_PROFILE;
}
