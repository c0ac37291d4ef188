import { BASELINE, CONFIRM } from '../../contract/baselines.ts';
import { DEFAULT_NOTIFY, NOTIFY_WHEN, type NotifyWhen } from '../../contract/notify.ts';
import { DEFAULT_OUTPUT, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import { DEFAULT_PROFILE, PROFILES, type ProfileName } from '../../contract/profiles.ts';
import { DEFAULT_SCENARIO, SCENARIOS, type ScenarioName } from '../../contract/scenarios.ts';
import type { Environment } from '../lib/environment.ts';
import { usageError } from '../lib/errors.ts';
import { parseBaseUrl, type TargetAccess } from './target.ts';

/** What a run was asked to do, validated. */
export interface RunOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly profile: ProfileName;
  /** null: the demo clinic. */
  readonly base_url: URL | null;
  readonly allow_hosts: readonly string[];
  readonly outputs: readonly OutputName[];
  readonly scale: number;
  /** null: as the profile says. */
  readonly duration_s: number | null;
  readonly app: { readonly version: string | null; readonly commit: string | null; readonly branch: string | null };
  readonly target: TargetAccess;
  readonly demo_faults: readonly string[];
  /** Branch that a branch without a history of its own is held against. */
  readonly baseline_branch: string;
  /** How often a run that looks worse is repeated at once, and how long that may take together. */
  readonly confirm: { readonly repeats: number; readonly budget_s: number };
  readonly notify: NotifyWhen;
}

/** What the command line gives; each falls back to its environment variable. */
export interface RunFlags {
  readonly profile?: string;
  readonly baseUrl?: string;
  readonly allowHost?: readonly string[];
  readonly output?: string;
  readonly scale?: string;
  readonly duration?: string;
  readonly appVersion?: string;
  readonly appCommit?: string;
  readonly appBranch?: string;
  readonly demoFault?: readonly string[];
  readonly confirm?: string;
  readonly confirmBudget?: string;
  readonly notify?: string;
}

const ALL = 'all';
const DURATION = /^(?:(?<hours>\d+)h)?(?:(?<minutes>\d+)m)?(?:(?<seconds>\d+)s)?$/;
const HOUR_S = 3_600;
const MINUTE_S = 60;

/** @throws LoadstarError (usage) naming the option, what was found and what is possible. */
export function resolveRunOptions(names: readonly string[], flags: RunFlags, environment: Environment): RunOptions {
  const base_url = flags.baseUrl ?? environment.BASE_URL;
  const duration = flags.duration ?? environment.DURATION;
  const demo_faults = flags.demoFault ?? environment.DEMO_FAULTS?.split(';') ?? [];
  if (base_url && demo_faults.length > 0) {
    throw usageError(
      'faults to be for the demo alone',
      `DEMO_FAULTS together with BASE_URL=${base_url}`,
      'unset one of the two',
    );
  }
  return {
    scenarios: scenarioNames(names.length > 0 ? names : list(environment.SCENARIO ?? DEFAULT_SCENARIO)),
    profile: oneOf('a profile', flags.profile ?? environment.PROFILE ?? DEFAULT_PROFILE, PROFILES),
    base_url: base_url ? parseBaseUrl(base_url) : null,
    allow_hosts: flags.allowHost ?? list(environment.ALLOW_HOSTS ?? ''),
    outputs: unique(list(flags.output ?? environment.OUTPUT ?? DEFAULT_OUTPUT)).map((name) =>
      oneOf('an output', name, OUTPUTS),
    ),
    scale: positive('SCALE', flags.scale ?? environment.SCALE ?? '1'),
    duration_s: duration ? seconds(duration) : null,
    app: {
      version: flags.appVersion ?? environment.APP_VERSION ?? null,
      commit: flags.appCommit ?? environment.APP_COMMIT ?? null,
      branch: flags.appBranch ?? environment.APP_BRANCH ?? null,
    },
    target: {
      headers: targetHeaders(environment),
      ca_file: environment.TARGET_CA_FILE ?? null,
      insecure: environment.TARGET_INSECURE === 'true',
    },
    demo_faults: demo_faults.map((fault) => fault.trim()).filter(Boolean),
    baseline_branch: environment.BASELINE_BRANCH ?? BASELINE.main_branch,
    confirm: {
      repeats: repeats(flags.confirm ?? environment.CONFIRM ?? String(CONFIRM.repeats)),
      budget_s: seconds(flags.confirmBudget ?? environment.CONFIRM_BUDGET ?? CONFIRM.budget),
    },
    notify: oneOf('NOTIFY to be one of these', flags.notify ?? environment.NOTIFY ?? DEFAULT_NOTIFY, NOTIFY_WHEN),
  };
}

function scenarioNames(names: readonly string[]): ScenarioName[] {
  const all = Object.keys(SCENARIOS) as ScenarioName[];
  const given = unique(names.flatMap(list));
  return given.includes(ALL) ? all : given.map((name) => oneOf('a scenario', name, SCENARIOS, [ALL]));
}

function oneOf<T extends object>(
  what: string,
  name: string,
  known: T,
  more: readonly string[] = [],
): Extract<keyof T, string> {
  if (Object.hasOwn(known, name)) return name as Extract<keyof T, string>;
  throw usageError(what, `\`${name}\``, `use one of: ${[...Object.keys(known), ...more].join(', ')}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw usageError(`${name} to be a number above 0`, `\`${text}\``);
}

function repeats(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= CONFIRM.most_repeats) return value;
  throw usageError(
    `CONFIRM to be a whole number from 0 to ${CONFIRM.most_repeats}`,
    `\`${text}\``,
    'for example CONFIRM=2',
  );
}

/** `90s`, `5m`, `1h30m`. @returns seconds */
export function seconds(text: string): number {
  const groups = DURATION.exec(text)?.groups;
  const part = (name: string) => Number(groups?.[name] ?? 0);
  const total_s = part('hours') * HOUR_S + part('minutes') * MINUTE_S + part('seconds');
  if (total_s > 0) return total_s;
  throw usageError('a duration such as 90s, 5m or 1h30m', `\`${text}\``);
}

function targetHeaders(environment: Environment): Record<string, string> {
  const headers = environment.TARGET_HEADERS ? parseHeaders(environment.TARGET_HEADERS) : {};
  const basic = environment.TARGET_BASIC_AUTH;
  if (!basic) return headers;
  // The value is a secret: the message must not repeat it.
  if (!basic.includes(':')) throw usageError('TARGET_BASIC_AUTH as `user:password`', 'no colon in it');
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

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
