import type { LoadShape } from '../../profiles/options.ts';
import { shapeFor, usesOwnLoad } from '../../profiles/shape.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';
import type { RunSession } from './run-session.ts';

/** The target of a script that names its hosts itself. */
export const SCRIPT_TARGET = { base_url: 'as the script says', base_url_for_k6: '', name: 'script' } as const;

/** The options of a call as they are for one scenario: a script makes its own load unless the call names a profile. */
export function optionsFor(options: RunOptions, { k6_script }: Pick<CatalogueScenario, 'k6_script'>): RunOptions {
  if (!k6_script || !usesOwnLoad(options)) return options;
  return { ...options, ...shapeOf(options, k6_script) };
}

function shapeOf(options: RunOptions, k6_script: NonNullable<CatalogueScenario['k6_script']>) {
  const { profile, script_load } = shapeFor<LoadShape & { is_profile_given?: boolean }>({ k6_script }, options);
  return { profile, ...(script_load ? { script_load } : {}) };
}

/** Whether a scenario has the target of the call, or of the demo; a script without one names its hosts itself. */
export function needsTarget({ k6_script }: Pick<CatalogueScenario, 'k6_script'>): boolean {
  return k6_script === undefined;
}

/** What all runs of a call share, as it is for one scenario. */
export function sessionFor<T extends RunSession>(session: T, scenario: CatalogueScenario): T {
  const has_target = session.options.base_url !== null || needsTarget(scenario);
  return {
    ...session,
    options: optionsFor(session.options, scenario),
    target: has_target ? session.target : SCRIPT_TARGET,
    telemetry: has_target ? session.telemetry : null,
  };
}
