import { SCRIPT_PROFILE } from '../../contract/profiles.ts';
import { usageError } from '../../lib/errors.ts';
import { profileOf } from '../../profiles/options.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

type Asked = Pick<RunOptions, 'profile' | 'own_profile' | 'scale' | 'duration_s' | 'instances'>;
type Checked = Pick<CatalogueScenario, 'name' | 'k6_script' | 'slos'>;

/** @param options as they are for the scenario. @throws LoadstarError (usage) for a load that a k6 script cannot have */
export function checkScript(options: Asked, { name, k6_script, slos }: Checked): void {
  const { profile, scale, duration_s } = options;
  checkThresholds(options, { name, slos });
  if (!k6_script) {
    if (profile !== SCRIPT_PROFILE) return;
    throw usageError(
      'a k6 script for the profile script',
      `\`${name}\`, a scenario`,
      'leave the profile out, or use smoke',
    );
  }
  const { model } = profileOf(options);
  if (model === 'staircase') {
    throw usageError(
      `a scenario of Loadstar for the profile ${profile}, which judges each step by its SLOs`,
      `\`${name}\`, a k6 script`,
      'use another profile, or write the script as a scenario (docs/own-app.md)',
    );
  }
  if (profile === SCRIPT_PROFILE && (scale !== 1 || duration_s !== null)) {
    throw usageError(
      `the load that the options of ${name} state`,
      scale !== 1 ? `SCALE=${scale}` : `DURATION=${duration_s}s`,
      'change the options of the script, or name a profile that takes their place: PROFILE=load',
    );
  }
}

/** A generator sees its own share alone. @throws LoadstarError (usage) */
function checkThresholds(
  { instances }: Pick<Asked, 'instances'>,
  { name, slos }: Pick<Checked, 'name' | 'slos'>,
): void {
  if (instances === 1 || !slos.some(({ threshold }) => threshold)) return;
  throw usageError(
    `one generator for the thresholds of ${name}, which k6 judges`,
    `INSTANCES=${instances}`,
    'INSTANCES=1',
  );
}
