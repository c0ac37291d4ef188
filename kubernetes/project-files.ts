import { catalogueEntries } from '../project/catalogue.ts';
import type { RunPlan } from './plan.ts';

/** Directory in the pod of the judge. */
export const PROJECT_DIR = '/loadstar/project';

/**
 * What judging has to know of a team's project, as files of a project that has nothing else: the target by its name, the
 * profile, and the scenario with its SLOs. The code of the team stays with the generators, and its variables stay unnamed.
 * @returns file → text; empty where the run needs none
 */
export function projectFiles({ scenario, options, base_url, project }: RunPlan): Record<string, string> {
  const target = options.named_target;
  const has_slos = project.config.slos?.[scenario.name] !== undefined;
  const profile = project.config.profiles?.[options.profile];
  if (!scenario.is_own && target === null && !has_slos && !profile) return {};
  const config = {
    scenarios_dir: '.',
    ...(profile ? { profiles: { [options.profile]: profile } } : {}),
    ...(target ? { targets: { [target.name]: { base_url, allowed_hosts: target.allowed_hosts } } } : {}),
    // The file of an own scenario holds its effective SLOs.
    ...(!scenario.is_own ? { slos: { [scenario.name]: scenario.slos.filter(isOverridable).map(toOverride) } } : {}),
  };
  const { name, is_own } = scenario;
  const entry = JSON.stringify(catalogueEntries([scenario])[name], null, 2);
  return {
    'loadstar.config.ts': `export default ${JSON.stringify(config, null, 2)};\n`,
    ...(is_own ? { [`${name}.ts`]: `export default { ...${entry}, run() {} };\n` } : {}),
  };
}

type HeldSlo = RunPlan['scenario']['slos'][number];

/** The configuration knows SLOs on latency, errors, checks and throughput; those on a metric of its own come from the contract. */
function isOverridable({ metric }: HeldSlo): boolean {
  return metric === undefined;
}

/** Fields without a value are not written. */
function toOverride({ indicator, limit, abort, request, during, over, reason }: HeldSlo) {
  return { indicator, limit, abort, request, during, over, reason };
}
