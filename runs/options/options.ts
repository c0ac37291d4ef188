import { BASELINE, CONFIRM } from '../../contract/baselines.ts';
import { DEMO_TELEMETRY } from '../../contract/demo.ts';
import { DEFAULT_NOTIFY, NOTIFY_WHEN, type NotifyWhen } from '../../contract/notify.ts';
import { DEFAULT_OUTPUT, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { Profile } from '../../contract/profiles.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import { DEFAULT_SCENARIO, SCENARIOS } from '../../contract/scenarios.ts';
import type { Environment } from '../../lib/environment.ts';
import { usageError } from '../../lib/errors.ts';
import { chooseText } from '../../lib/near-name.ts';
import { isLoadDuration } from '../../profiles/own-profile.ts';
import { durationOf_s, type ScriptLoad } from '../../profiles/script-load.ts';
import { findGuard, type LoadLimits, NO_LIMITS, strictest, UNGUARDED } from '../../project/guarded.ts';
import type { Project } from '../../project/project.ts';
import { demoName, type NamedTarget, resolveTarget } from '../../project/target.ts';
import { resolveTelemetry, type Telemetry } from '../../project/telemetry.ts';
import { readUsers, type User } from '../../project/users.ts';
import { askedLoad } from './asked-load.ts';
import { scriptEnvironment } from './script-env.ts';
import { parseBaseUrl, type TargetAccess } from './target.ts';

/** What a run was asked to do, validated. */
export interface RunOptions {
  /** Name of the project that the runs are of. */
  readonly project: string;
  /** Of the contract, or of the team. */
  readonly scenarios: readonly string[];
  readonly profile: string;
  /** If it is none of the contract: of the configuration, or of `--vus` and `--rate`. */
  readonly own_profile?: Profile;
  /** The call names it: then it takes the place of a script's own load. */
  readonly is_profile_given: boolean;
  /** Of the script that is run; left out for scenarios of Loadstar, and with a profile instead. */
  readonly script_load?: ScriptLoad;
  /** Name of the demo clinic as a target. */
  readonly demo_name: string;
  /** null: the demo clinic. */
  readonly base_url: URL | null;
  readonly allow_hosts: readonly string[];
  readonly outputs: readonly OutputName[];
  readonly scale: number;
  /** k6 processes that share the load. */
  readonly instances: number;
  /** null: as the profile says. */
  readonly duration_s: number | null;
  /** Constant load at the profile's peak (`loadstar ab`). Left out: as the profile says. */
  readonly is_level?: boolean;
  readonly app: { readonly version: string | null; readonly commit: string | null; readonly branch: string | null };
  readonly target: TargetAccess;
  /** The target of the configuration that was chosen, if one was. */
  readonly named_target: NamedTarget | null;
  /** What is collected of the target; null: nothing. */
  readonly telemetry: Telemetry | null;
  /** The production target that would be loaded, whatever the call names it; null: none. */
  readonly production: string | null;
  /** The production target that this call may load, by its word. */
  readonly confirmed_production: string | null;
  /** Limits of the target and of the call; null: none. */
  readonly max_rate_rps: number | null;
  readonly max_duration_s: number | null;
  readonly max_vus: number | null;
  /** Whose limits they are, for messages. */
  readonly limits_of: string | null;
  /** Hosts of production that this call is not about. */
  readonly blocked_hosts: readonly string[];
  /** An SLO that is broken later than this ends the run; null: as the SLO says. */
  readonly abort_after_s: number | null;
  readonly script: ScriptSecrets;
  readonly demo_faults: readonly string[];
  /** Branch that a branch without a history of its own is compared with. */
  readonly baseline_branch: string;
  /** How often a run that looks worse is repeated at once, and how long that may take together. */
  readonly confirm: { readonly repeats: number; readonly budget_s: number };
  readonly notify: NotifyWhen;
}

/** What scenarios get from the team's environment. Never printed, and never in arguments, bundles or results. */
export interface ScriptSecrets {
  readonly env: Readonly<Record<string, string>>;
  /** Of `--env` and, for k6 scripts alone, the environment of the call: no secrets that the team has named. */
  readonly variables: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly users: readonly User[] | null;
}

/** What the command line gives; each falls back to its environment variable. */
export interface RunFlags {
  readonly profile?: string;
  readonly baseUrl?: string;
  readonly target?: string;
  readonly config?: string;
  readonly allowHost?: readonly string[];
  readonly output?: string;
  readonly scale?: string;
  readonly instances?: string;
  readonly duration?: string;
  readonly vus?: string;
  readonly rate?: string;
  readonly maxRate?: string;
  readonly maxDuration?: string;
  readonly appVersion?: string;
  readonly appCommit?: string;
  readonly appBranch?: string;
  readonly demoFault?: readonly string[];
  readonly confirm?: string;
  readonly confirmBudget?: string;
  readonly notify?: string;
  readonly telemetry?: string;
  readonly confirmProduction?: string;
  readonly abortOnBreach?: string;
  readonly env?: readonly string[];
}

const ALL = 'all';
/** All journeys side by side, in one run of k6: `all` runs them one after another. */
const MIXED = { word: 'mixed', scenario: 'mixed-traffic' } as const;

/**
 * @param project what the team has added, if anything; @param has_one_scenario the command takes no more
 * @throws LoadstarError (usage) naming the option, what was found and what is possible.
 */
export function resolveRunOptions(
  names: readonly string[],
  flags: RunFlags,
  environment: Environment,
  project: Project | null = null,
  { has_one_scenario = false } = {},
): RunOptions {
  const named_target = chosenTarget(flags, environment, project);
  const base_url = named_target?.base_url ?? flags.baseUrl ?? environment.BASE_URL;
  const demo_faults = flags.demoFault ?? environment.DEMO_FAULTS?.split(';') ?? [];
  if (base_url && demo_faults.length > 0) {
    throw usageError(
      'faults to be for the demo alone',
      `DEMO_FAULTS together with ${named_target ? 'TARGET' : 'BASE_URL'}=${named_target?.name ?? base_url}`,
      'unset one of the two',
    );
  }
  const given = names.length > 0 ? names : splitList(environment.SCENARIO ?? '');
  const scenarios = scenarioNames(given, project, { has_target: Boolean(base_url), has_one_scenario });
  // The built-in scenarios against the demo need nothing of the team's.
  const is_own = Boolean(base_url) || scenarios.some((name) => project?.own_files.has(name));
  const url = base_url
    ? parseBaseUrl(base_url, named_target ? `targets.${named_target.name}.base_url` : undefined)
    : null;
  const targets = project?.config.targets;
  const { limits, ...guarded } = targets ? findGuard(url, named_target?.name ?? null, targets) : UNGUARDED;
  const limits_of_call = callLimits(flags);
  const load = askedLoad(flags, environment, project, named_target);
  const abort_after = flags.abortOnBreach ?? environment.ABORT_ON_BREACH;
  return {
    project: project?.name ?? OWN_PROJECT,
    scenarios,
    ...load,
    demo_name: demoName(project?.config ?? {}),
    base_url: url,
    allow_hosts: withoutDuplicates([
      ...(named_target?.allowed_hosts ?? []),
      ...(flags.allowHost ?? splitList(environment.ALLOW_HOSTS ?? '')),
    ]),
    outputs: withoutDuplicates(splitList(flags.output ?? environment.OUTPUT ?? DEFAULT_OUTPUT)).map((name) =>
      requireOneOf('an output', name, OUTPUTS),
    ),
    scale: parsePositive('SCALE', flags.scale ?? environment.SCALE ?? '1'),
    instances: parseInstances(flags.instances ?? environment.INSTANCES ?? '1'),
    app: {
      version: flags.appVersion ?? environment.APP_VERSION ?? null,
      commit: flags.appCommit ?? environment.APP_COMMIT ?? null,
      branch: flags.appBranch ?? environment.APP_BRANCH ?? null,
    },
    target: {
      headers: { ...named_target?.headers, ...targetHeaders(environment) },
      ca_file: environment.TARGET_CA_FILE ?? named_target?.ca_file ?? null,
      insecure: environment.TARGET_INSECURE === 'true',
    },
    named_target,
    telemetry: chosenTelemetry(flags, environment, project, { named_target, is_demo: url === null }),
    ...guarded,
    ...strictest(limits, limits_of_call),
    limits_of: ownersOf([guarded.limits_of, limits], ['this call', limits_of_call]),
    confirmed_production: flags.confirmProduction ?? environment.CONFIRM_PRODUCTION ?? null,
    abort_after_s: abort_after ? parseDuration_s('ABORT_ON_BREACH', abort_after) : null,
    script: {
      ...scriptSecrets(is_own ? project : null, named_target),
      variables: parseVariables(flags.env ?? [], project?.env ?? {}),
      environment: scriptEnvironment(project?.env ?? {}),
    },
    demo_faults: demo_faults.map((fault) => fault.trim()).filter(Boolean),
    baseline_branch: environment.BASELINE_BRANCH ?? BASELINE.main_branch,
    confirm: {
      repeats: parseRepeats(flags.confirm ?? environment.CONFIRM ?? String(CONFIRM.repeats)),
      budget_s: parseDuration_s('CONFIRM_BUDGET', flags.confirmBudget ?? environment.CONFIRM_BUDGET ?? CONFIRM.budget),
    },
    notify: requireOneOf(
      'NOTIFY to be one of these',
      flags.notify ?? environment.NOTIFY ?? DEFAULT_NOTIFY,
      NOTIFY_WHEN,
    ),
  };
}

function chosenTarget(flags: RunFlags, environment: Environment, project: Project | null): NamedTarget | null {
  // An option wins over the other's variable; two of a kind contradict each other.
  const base_url = flags.baseUrl ?? (flags.target ? undefined : environment.BASE_URL);
  const name = flags.target ?? (flags.baseUrl ? undefined : environment.TARGET);
  if (!name || !project) return null;
  if (base_url)
    throw usageError('one target', `TARGET=${name} together with BASE_URL=${base_url}`, 'unset one of the two');
  return resolveTarget(name, project, project.env);
}

const TELEMETRY = { on: true, off: true } as const;

/** That of the demo is on only if the call says so: most runs on it try something else, and should be short. */
function chosenTelemetry(
  flags: RunFlags,
  environment: Environment,
  project: Project | null,
  { named_target, is_demo }: { readonly named_target: NamedTarget | null; readonly is_demo: boolean },
): Telemetry | null {
  const asked = flags.telemetry ?? environment.TELEMETRY;
  const chosen = asked === undefined ? null : requireOneOf('TELEMETRY to be one of these', asked, TELEMETRY);
  if (chosen === 'off') return null;
  if (named_target?.telemetry) return resolveTelemetry(named_target.telemetry, project?.env ?? {});
  if (chosen === null) return null;
  if (is_demo) return resolveTelemetry({ config: DEMO_TELEMETRY, field: 'telemetry', directory: '' }, {});
  throw usageError(
    'a target with `telemetry` for TELEMETRY=on',
    named_target ? `\`targets.${named_target.name}\` has none` : 'BASE_URL, which has none',
    'docs/telemetry.md shows how to name what is collected',
  );
}

/** @throws LoadstarError (usage) */
function callLimits({ maxRate, maxDuration }: RunFlags): LoadLimits {
  return {
    ...NO_LIMITS,
    max_rate_rps: maxRate === undefined ? null : parsePositive('--max-rate', maxRate),
    max_duration_s: maxDuration === undefined ? null : parseDuration_s('--max-duration', maxDuration),
  };
}

/** Those that limit anything. */
function ownersOf(...owners: readonly (readonly [string | null, LoadLimits])[]): string | null {
  const limiting = owners.filter(([, limits]) => Object.values(limits).some((limit) => limit !== null));
  return limiting.length > 0 ? limiting.map(([name]) => name).join(' and ') : null;
}

function scriptSecrets(project: Project | null, target: NamedTarget | null): Pick<ScriptSecrets, 'env' | 'users'> {
  if (!project) return { env: {}, users: null };
  const { config, directory, env } = project;
  // Secrets follow when the scenarios have been read (scenario-secrets.ts). What the target names for itself wins.
  return { env: { ...target?.environment }, users: readUsers(config.users, directory, env) };
}

/** `KEY=VALUE`, or `KEY` for its value in the environment, as k6's `-e` takes them. @throws LoadstarError (usage) */
function parseVariables(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', value] = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(text) ?? [];
      if (/^(K6|LOADSTAR)_/.test(name)) {
        const next = 'use the option of the call or of the script that says the same';
        throw usageError('--env with variables of scripts', `\`${name}\`, which changes k6 itself`, next);
      }
      const found = value ?? env[name];
      if (name && found !== undefined) return [name, found];
      throw usageError(
        '--env as KEY=VALUE, or KEY of a variable that is set',
        `\`${text}\``,
        'for example -e STAGE=test',
      );
    }),
  );
}

/** `all`, and the default, are the team's own scenarios where there are any; in a clone, not if the demo is loaded. */
function scenarioNames(
  names: readonly string[],
  project: Project | null,
  { has_target, has_one_scenario }: { readonly has_target: boolean; readonly has_one_scenario: boolean },
): string[] {
  const own = [...(project?.own_files.keys() ?? [])];
  const all = own.length > 0 && (has_target || !project?.is_clone) ? own : Object.keys(SCENARIOS);
  const given = withoutDuplicates(
    names.flatMap(splitList).map((name) => (name === MIXED.word ? MIXED.scenario : name)),
  );
  if (given.length === 0) return all === own ? own : [DEFAULT_SCENARIO];
  for (const { file, name, reason } of project?.skipped_files ?? []) {
    if (given.includes(name) && !own.includes(name))
      throw usageError(
        `a scenario \`${name}\``,
        `${file} is none: ${reason}`,
        'correct the file, or leave it out of the call',
      );
  }
  const known = Object.fromEntries([...own, ...Object.keys(SCENARIOS)].map((name) => [name, true]));
  const words = has_one_scenario ? [MIXED.word] : [ALL, MIXED.word];
  return given.includes(ALL) ? all : given.map((name) => requireOneOf('a scenario', name, known, words));
}

export function requireOneOf<T extends object>(
  what: string,
  name: string,
  known: T,
  more: readonly string[] = [],
): Extract<keyof T, string> {
  if (Object.hasOwn(known, name)) return name as Extract<keyof T, string>;
  throw usageError(what, `\`${name}\``, chooseText(name, [...Object.keys(known), ...more]));
}

export function parsePositive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw usageError(`${name} to be a number above 0`, `\`${text}\``, 'write a number such as 2 or 0.5');
}

/** More processes than this on one machine take its CPU from each other, and the runner's files too. */
const MOST_INSTANCES = 64;

/** @throws LoadstarError (usage) */
export function parseInstances(text: string, most = MOST_INSTANCES): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw usageError(`INSTANCES to be a whole number from 1 to ${most}`, `\`${text}\``, 'for example INSTANCES=3');
}

function parseRepeats(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= CONFIRM.most_repeats) return value;
  throw usageError(
    `CONFIRM to be a whole number from 0 to ${CONFIRM.most_repeats}`,
    `\`${text}\``,
    'for example CONFIRM=2',
  );
}

/** `90s`, `5m`, `1h30m`, as k6 takes them. @param name of the setting, for messages @returns seconds @throws LoadstarError (usage) */
export function parseDuration_s(name: string, text: string): number {
  const total_s = isLoadDuration(text) ? durationOf_s(text) : 0;
  if (total_s > 0) return total_s;
  throw usageError(
    `${name} to be a duration such as 90s, 5m or 1h30m`,
    `\`${text}\``,
    'write a number and its unit: s, m or h',
  );
}

function targetHeaders(environment: Environment): Record<string, string> {
  const headers = environment.TARGET_HEADERS ? parseHeaders(environment.TARGET_HEADERS) : {};
  const basic = environment.TARGET_BASIC_AUTH;
  if (!basic) return headers;
  // The value is a secret: the message must not repeat it.
  if (!basic.includes(':')) {
    throw usageError(
      'TARGET_BASIC_AUTH as `user:password`',
      'no colon in it',
      'put the user name and a colon before it',
    );
  }
  return { ...headers, Authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
}

function parseHeaders(text: string): Record<string, string> {
  const hint = 'for example TARGET_HEADERS=\'{"X-Env":"staging"}\'';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError('TARGET_HEADERS to be a JSON object', 'text that is no JSON', hint);
  }
  const is_object = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!is_object || Object.values(value as object).some((header) => typeof header !== 'string')) {
    throw usageError('TARGET_HEADERS to be a JSON object of strings', 'something else', hint);
  }
  return value as Record<string, string>;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function withoutDuplicates<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
