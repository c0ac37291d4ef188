import { DEFAULT_OUTPUT } from '../contract/outputs.ts';
import type { Scenarios } from '../contract/scenarios.ts';
import { readCa } from '../lib/ca-files.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { hostAllowed } from '../profiles/hosts.ts';
import { executorOf, plannedDuration_s, profileOf } from '../profiles/options.ts';
import { shapeFor } from '../profiles/shape.ts';
import { type CatalogueScenario, loadScenarios } from '../project/catalogue.ts';
import { refuseProtoFiles } from '../project/data-files.ts';
import { loadProject, type Project } from '../project/project.ts';
import { withScripts } from '../project/script-paths.ts';
import { catalogueSetting, loadTeamScenarios, mergeTeam } from '../project/team-catalogue.ts';
import { confirmProduction } from '../runs/options/confirm-production.ts';
import { refuseEmptyVariables } from '../runs/options/empty-settings.ts';
import { checkLimits } from '../runs/options/limits.ts';
import { type RunFlags, type RunOptions, resolveRunOptions } from '../runs/options/options.ts';
import { ownSettings } from '../runs/options/output-env.ts';
import { withScenarioSecrets } from '../runs/options/scenario-secrets.ts';
import { baseUrlText, guardTarget } from '../runs/options/target.ts';
import { commandK6Reader } from '../stack/k6-reader.ts';

/** A run in Kubernetes. It holds no secrets, only the names of those that pods need. */
export interface RunPlan {
  readonly scenario: CatalogueScenario;
  readonly options: RunOptions;
  readonly base_url: string;
  readonly parallelism: number;
  readonly planned_s: number;
  /** Maximum virtual users of each generator. */
  readonly users_each: number;
  /** Variables that pods take from the Secret `loadstar-target`. */
  readonly secret_names: readonly string[];
  /** Headers that come from that Secret too. */
  readonly header_names: readonly string[];
  readonly has_users: boolean;
  /** PEM of the target's private CA; null: none. */
  readonly ca: string | null;
  /** The user's own settings for our output. */
  readonly output_settings: Readonly<Record<string, string>>;
  readonly project: Project;
  /** Built-in ones and all of the team: Grafana has alert rules for their SLOs. */
  readonly scenarios: Scenarios;
}

/** A single generator has nobody to meet, and nothing to add. */
export function hasMerger({ parallelism }: RunPlan): boolean {
  return parallelism > 1;
}

/**
 * @param names of the scenarios that were asked for: one
 * @throws LoadstarError (usage) for a run that Kubernetes cannot execute, before anything is written
 */
export async function planRun(
  context: CommandContext,
  names: readonly string[],
  flags: RunFlags & { readonly parallelism?: string },
): Promise<RunPlan> {
  refuseEmptyVariables(context.environment, { ...flags, scenario: names[0] });
  const { project, named } = withScripts(context, names, await loadProject(context, flags.config));
  const asked = resolveRunOptions(named, flags, context.environment, hideSecrets(project), {
    has_one_scenario: true,
  });
  const parallelism = parseParallelism(flags.parallelism);
  // The generators share a limit on the rate.
  const shared = { ...asked, instances: parallelism };
  const scenario = await loadOnlyScenario(context, shared, project);
  const options = withScenarioSecrets(shared, [scenario], hideSecrets(project).env);
  const base_url = requireTarget(options);
  requirePodSupport(options, scenario);
  checkLimits(options, [scenario], { generators: '--parallelism' });
  await confirmProduction(context, options);
  const { users, each } = shareUsers(options, scenario, parallelism);
  if (parallelism > users) {
    throw usageError(
      `at most as many generators as virtual users: ${scenario.name} with profile ${options.profile} has ${users} at its peak`,
      `--parallelism ${parallelism}`,
      `--parallelism ${users}, or more users: --scale ${Math.ceil((options.scale * parallelism) / users)}`,
    );
  }
  return {
    scenario,
    options,
    base_url,
    parallelism,
    planned_s: plannedDuration_s(options),
    users_each: each,
    secret_names: Object.keys(options.script.env).sort(),
    header_names: Object.keys(options.target.headers).sort(),
    has_users: scenario.is_own && project.config.users !== undefined,
    ca: options.target.ca_file ? readCa(options.target.ca_file) : null,
    output_settings: ownSettings(context.env),
    project,
    scenarios: mergeTeam(await loadTeamScenarios(catalogueSetting(project, context, commandK6Reader(context)))),
  };
}

/** Replaces every value from the environment. The colon is for `user:password`. */
const PLACEHOLDER = 'from:secret';

/** Replaces secrets by a placeholder, because manifests are written on machines without the secrets. */
function hideSecrets(project: Project): Project {
  const { users: _, ...config } = project.config;
  return { ...project, config, env: new Proxy({}, { get: () => PLACEHOLDER }) };
}

async function loadOnlyScenario(
  context: CommandContext,
  options: RunOptions,
  project: Project,
): Promise<CatalogueScenario> {
  const [name, ...more] = options.scenarios;
  if (name === undefined || more.length > 0) {
    throw usageError(
      'one scenario for each TestRun',
      options.scenarios.join(', '),
      'run this command once per scenario; `mixed` runs all journeys in one run',
    );
  }
  const scenarios = await loadScenarios([name], catalogueSetting(project, context, commandK6Reader(context)));
  return scenarios.get(name) as CatalogueScenario;
}

function requireTarget(options: RunOptions): string {
  if (!options.base_url) {
    throw usageError(
      'a target, because Kubernetes has no demo clinic',
      'neither --base-url nor --target',
      'for example --base-url http://shop.staging.svc:8080 --allow-host shop.staging.svc',
    );
  }
  guardTarget(options.base_url, options.allow_hosts, options.named_target?.name);
  // In a pod, loopback is the pod itself.
  if (hostAllowed(options.base_url.hostname, [])) {
    throw usageError(
      'a target that pods can reach',
      `${baseUrlText(options.base_url)}, which in a pod is the pod itself`,
      'use the name of the Service, such as http://shop.staging.svc:8080',
    );
  }
  return baseUrlText(options.base_url);
}

/** @throws LoadstarError (usage) for a scenario, profile or output that pods do not support */
function requirePodSupport(options: RunOptions, scenario: CatalogueScenario): void {
  const { name, needs_browser, slos, is_script } = scenario;
  if (is_script) {
    throw usageError(
      'a scenario of Loadstar for Kubernetes',
      `\`${name}\`, a k6 script`,
      'use `loadstar run`, or write the script as a scenario (docs/own-app.md)',
    );
  }
  if (needs_browser) {
    throw usageError('a scenario without a browser', `\`${name}\``, 'the k6 image has no browser: use `loadstar run`');
  }
  refuseProtoFiles([scenario], 'use `loadstar run` with ENGINE=native');
  if (slos.some(({ threshold }) => threshold)) {
    throw usageError(
      'a scenario whose SLOs InfluxDB can judge over all pods',
      `\`options.thresholds\` in \`${name}\`, which k6 judges`,
      'state them as `slos`, or use `loadstar run`',
    );
  }
  const profile = profileOf(options);
  if (profile.model === 'staircase') {
    throw usageError(
      'a profile with a fixed load',
      `\`${options.profile}\`, which judges each step before the next`,
      'use `loadstar run`, or try several values of --scale',
    );
  }
  if (options.outputs.length !== 1 || options.outputs[0] !== DEFAULT_OUTPUT) {
    throw usageError(
      `the output ${DEFAULT_OUTPUT}, whose data the verdict on all generators needs`,
      `OUTPUT=${options.outputs.join(',')}`,
      'unset OUTPUT',
    );
  }
}

/** The largest number in the operator's own examples, and far beyond the capacity of one InfluxDB (docs/scale.md). */
const MOST_GENERATORS = 1_000;

function parseParallelism(text: string | undefined): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= MOST_GENERATORS) return value;
  throw usageError(
    `--parallelism (the number of generators) to be a whole number from 1 to ${MOST_GENERATORS}`,
    text === undefined ? 'none' : `\`${text}\``,
    'for example --parallelism 4; docs/scale.md has the load per generator',
  );
}

/** @returns users of the whole run at most, as the operator counts them (`k6 inspect`), and of each generator */
function shareUsers(
  options: RunOptions,
  scenario: CatalogueScenario,
  parallelism: number,
): { users: number; each: number } {
  const executor = executorOf(shapeFor(scenario, options));
  let users = 0;
  if (executor.executor === 'ramping-vus') users = Math.max(...executor.stages.map(({ target }) => target));
  if (executor.executor === 'ramping-arrival-rate') users = executor.maxVUs ?? executor.preAllocatedVUs;
  return { users, each: Math.ceil(users / parallelism) };
}
