import { isOfPart, isSelectable, type Slo } from '../../contract/slo.ts';
import { sloName } from '../../contract/slo-text.ts';
import { usageError } from '../../lib/errors.ts';
import { profileOf } from '../../profiles/options.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

/**
 * Whether k6 cannot judge the run, because it cannot select a request that has an SLO. Then the run is judged by what InfluxDB
 * has, as one of several generators is.
 */
export function isJudgedByStore(
  options: Pick<RunOptions, 'profile' | 'own_profile' | 'script_load' | 'outputs'>,
  { slos, is_script }: Pick<CatalogueScenario, 'slos' | 'is_script'>,
): boolean {
  const profile = profileOf(options);
  // Each step of a staircase is read while it goes on. Thresholds of a script are what k6 alone can judge.
  if (
    profile.model === 'staircase' ||
    is_script ||
    slos.some(({ threshold }) => threshold) ||
    !options.outputs.includes('loadstar')
  )
    return false;
  return unselectable(slos) !== undefined;
}

/** @throws LoadstarError (usage) where neither k6 nor the data of our output can say whether an SLO passed */
export function checkJudgeable(
  { outputs }: Pick<RunOptions, 'outputs'>,
  scenarios: readonly Pick<CatalogueScenario, 'name' | 'slos'>[],
): void {
  if (outputs.includes('loadstar')) return;
  for (const { name, slos } of scenarios) {
    const of_part = slos.find(isOfPart);
    if (of_part) {
      throw usageError(
        `without the output loadstar, SLOs of ${name} on the whole run alone, because other outputs store no stages and windows`,
        sloName(of_part),
        'leave out `during` and `over`, or use OUTPUT=loadstar',
      );
    }
    const request = unselectable(slos);
    if (request === undefined) continue;
    throw usageError(
      `without the output loadstar, SLOs of ${name} on requests whose names k6 can select in a threshold`,
      `\`${request}\``,
      'leave out commas, and spaces and quotes at either end, or use OUTPUT=loadstar',
    );
  }
}

function unselectable(slos: readonly Slo[]): string | undefined {
  return slos.find(({ request }) => request !== undefined && !isSelectable(request))?.request;
}
