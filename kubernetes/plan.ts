import { DEFAULT_OUTPUT } from '../contract/outputs.ts';
import { PROFILES, type Profile } from '../contract/profiles.ts';
import { readCa } from '../lib/ca-files.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { hostAllowed } from '../profiles/hosts.ts';
import { executorOf, plannedDuration_s } from '../profiles/options.ts';
import { shapeFor } from '../profiles/shape.ts';
import { type CatalogueScenario, loadScenarios } from '../project/catalogue.ts';
import { loadProject, type Project } from '../project/project.ts';
import { catalogueSetting } from '../project/team-catalogue.ts';
import { confirmProduction } from '../runs/options/confirm-production.ts';
import { checkLimits } from '../runs/options/limits.ts';
import { type RunFlags, type RunOptions, resolveRunOptions } from '../runs/options/options.ts';
import { ownSettings } from '../runs/options/output-env.ts';
import { baseUrlText, guardTarget } from '../runs/options/target.ts';

/** A run in Kubernetes, as it was asked for. No secret is in it: only the names of those that pods will need. */
export interface RunPlan {
  readonly scenario: CatalogueScenario;
  readonly options: RunOptions;
  readonly base_url: string;
  readonly parallelism: number;
  readonly planned_s: number;
  /** Of each generator, at most. */
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
}

/**
 * @param names of the scenarios that were asked for: one
 * @throws LoadstarError (usage) for what cannot run in Kubernetes, before anything is written
 */
export async function planRun(
  context: CommandContext,
  names: readonly string[],
  flags: RunFlags & { readonly parallelism?: string },
): Promise<RunPlan> {
  const project = await loadProject(context, flags.config);
  const asked = resolveRunOptions(names, flags, context.environment, hideSecrets(project));
  const parallelism = parseParallelism(flags.parallelism);
  // As many as share a cap on the rate.
  const options = { ...asked, instances: parallelism };
  const scenario = await loadOnlyScenario(context, options, project);
  const base_url = requireTarget(options);
  requirePodSupport(options, scenario);
  checkLimits(options, [scenario]);
  await confirmProduction(context, options);
  const { users, each } = shareUsers(options, scenario, parallelism);
  if (parallelism > users) {
    throw usageError(
      `no more generators than users: ${scenario.name} with the profile ${options.profile} has ${users} at its peak`,
      `--parallelism ${parallelism}`,
      `--parallelism ${users}, or more users: --scale ${Math.ceil((options.scale * parallelism) / users)}`,
    );
  }
  return {
    scenario,
    options,
    base_url,
    parallelism,
    planned_s: plannedDuration_s(options.profile, options.duration_s),
    users_each: each,
    secret_names: Object.keys(options.script.env).sort(),
    header_names: Object.keys(options.target.headers).sort(),
    has_users: scenario.is_own && project.config.users !== undefined,
    ca: options.target.ca_file ? readCa(options.target.ca_file) : null,
    output_settings: ownSettings(context.env),
    project,
  };
}

/** In place of every value that the configuration takes from the environment; a colon, as `user:password` has. */
const PLACEHOLDER = 'from:secret';

/** The configuration with its variables named, not read: manifests are written where nobody has the secrets. */
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
      'call it once for each; `mixed` is all journeys in one run',
    );
  }
  const scenarios = await loadScenarios([name], catalogueSetting(project, context));
  return scenarios.get(name) as CatalogueScenario;
}

function requireTarget(options: RunOptions): string {
  if (!options.base_url) {
    throw usageError(
      'a target: in Kubernetes there is no demo',
      'neither --base-url nor --target',
      'for example --base-url http://shop.staging.svc:8080 --allow-host shop.staging.svc',
    );
  }
  guardTarget(options.base_url, options.allow_hosts, options.named_target?.name);
  // Allowed without being named: loopback, which in a pod is the pod.
  if (hostAllowed(options.base_url.hostname, [])) {
    throw usageError(
      'a target that pods reach',
      `${baseUrlText(options.base_url)}, which in a pod is the pod itself`,
      'name the Service, as http://shop.staging.svc:8080',
    );
  }
  return baseUrlText(options.base_url);
}

/** What needs something that pods do not have. */
function requirePodSupport(options: RunOptions, { name, needs_browser }: CatalogueScenario): void {
  if (needs_browser) {
    throw usageError(
      'a scenario without a browser',
      `\`${name}\``,
      'the k6 image has none: run it with `loadstar run`',
    );
  }
  const profile: Profile = PROFILES[options.profile];
  if (profile.model === 'staircase') {
    throw usageError(
      'a profile whose load is fixed beforehand',
      `\`${options.profile}\`, which judges each step before it goes on`,
      'run it with `loadstar run`, or find the limit by --scale',
    );
  }
  if (options.outputs.length !== 1 || options.outputs[0] !== DEFAULT_OUTPUT) {
    throw usageError(
      `the output ${DEFAULT_OUTPUT}: generators are judged together by what it keeps`,
      `OUTPUT=${options.outputs.join(',')}`,
      'unset OUTPUT',
    );
  }
}

/** As many as the operator's own samples go, and far beyond what one InfluxDB takes (docs/scale.md). */
const MOST_GENERATORS = 1_000;

function parseParallelism(text: string | undefined): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= MOST_GENERATORS) return value;
  throw usageError(
    `--parallelism, the number of generators, as a whole number from 1 to ${MOST_GENERATORS}`,
    text === undefined ? 'none' : `\`${text}\``,
    'for example --parallelism 4; docs/scale.md says what a generator makes',
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
