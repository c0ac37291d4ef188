import { DEFAULT_NOTIFY, NOTIFY_WHEN, type NotifyWhen } from '../../contract/notify.ts';
import { DEFAULT_PROFILE, type Profile } from '../../contract/profiles.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import type { Environment } from '../../lib/environment.ts';
import { usageError } from '../../lib/errors.ts';
import type { Project } from '../../project/project.ts';
import { demoName } from '../../project/target.ts';
import { constantLoad, namedProfile } from '../options/asked-load.ts';
import { parseDuration_s, parseInstances, parsePositive, requireOneOf } from '../options/options.ts';
import { parseBaseUrl } from '../options/target.ts';
import { refuseStaircase } from './check-instances.ts';

/** What the command line gives; each falls back to its environment variable, and then to the record of the run. */
export interface FinishFlags {
  readonly scenario?: string;
  readonly profile?: string;
  readonly instances?: string;
  readonly baseUrl?: string;
  readonly target?: string;
  readonly scale?: string;
  readonly duration?: string;
  readonly wait?: string;
  readonly config?: string;
  readonly appVersion?: string;
  readonly appCommit?: string;
  readonly appBranch?: string;
  readonly notify?: string;
  readonly merger?: string;
  readonly abortOnBreach?: string;
}

/** What is to be judged, validated. */
export interface FinishOptions {
  readonly project: string;
  readonly scenario: string;
  readonly profile: string;
  readonly own_profile?: Profile;
  /** How many generators there should be; null: as many as there were. */
  readonly instances: number | null;
  readonly scale: number;
  readonly duration_s: number | null;
  readonly target: { readonly name: string; readonly base_url: string };
  readonly app: { readonly version: string | null; readonly commit: string | null; readonly branch: string | null };
  readonly notify: NotifyWhen;
  /** How long generators may take to end that have not ended yet. */
  readonly wait_s: number;
  /** Address of the merger where its generators meet; null: nothing can end them from here. */
  readonly merger_url: string | null;
  /** Any SLO that fails after so many seconds ends the run; null: those that say so themselves. */
  readonly abort_after_s: number | null;
}

/** Generators that have ended need a moment until InfluxDB has their last points. */
const DEFAULT_WAIT = '30s';
const MS_PER_S = 1_000;
/** In a cluster there may be as many as it has machines. */
const MOST_GENERATORS = 10_000;

/**
 * @param begun what the record says, where somebody has written its start: the call must not say otherwise
 * @throws LoadstarError (usage)
 */
export function resolveFinishOptions(
  flags: FinishFlags,
  environment: Environment,
  project: Project,
  begun: RunStart | null,
): FinishOptions {
  const scenario = flags.scenario ?? environment.SCENARIO ?? begun?.scenario;
  if (!scenario) {
    throw usageError(
      'the scenario of the run, for its SLOs',
      'neither --scenario nor SCENARIO, and no record of the run',
      'for example --scenario search',
    );
  }
  const known = { ...Object.fromEntries([...project.own_files.keys()].map((name) => [name, true])), ...SCENARIOS };
  const given_profile = flags.profile ?? environment.PROFILE ?? begun?.profile ?? DEFAULT_PROFILE;
  const instances = flags.instances ?? environment.INSTANCES;
  const abort_after = flags.abortOnBreach ?? environment.ABORT_ON_BREACH;
  const duration = flags.duration ?? environment.DURATION;
  const duration_s = duration ? parseDuration_s('DURATION', duration) : null;
  const is_own = Object.hasOwn(project.config.profiles ?? {}, given_profile);
  const constant = is_own ? null : constantLoad(given_profile, duration_s ?? (begun && plannedSeconds(begun)));
  const profile = constant ?? namedProfile(given_profile, project);
  const options: FinishOptions = {
    project: project.name,
    scenario: requireOneOf('a scenario', scenario, known),
    ...profile,
    instances: instances ? parseInstances(instances, MOST_GENERATORS) : null,
    scale: parsePositive('SCALE', flags.scale ?? environment.SCALE ?? '1'),
    // A constant load has its duration already.
    duration_s: profile === constant ? null : duration_s,
    target: chooseTarget(flags, environment, project, begun),
    app: {
      version: flags.appVersion ?? environment.APP_VERSION ?? begun?.app_version ?? null,
      commit: flags.appCommit ?? environment.APP_COMMIT ?? begun?.app_commit ?? null,
      branch: flags.appBranch ?? environment.APP_BRANCH ?? begun?.branch ?? null,
    },
    notify: requireOneOf(
      'NOTIFY to be one of these',
      flags.notify ?? environment.NOTIFY ?? DEFAULT_NOTIFY,
      NOTIFY_WHEN,
    ),
    wait_s: flags.wait === '0' ? 0 : parseDuration_s('--wait', flags.wait ?? DEFAULT_WAIT),
    merger_url: parseMergerUrl(flags.merger ?? environment.MERGER_URL),
    abort_after_s: abort_after ? parseDuration_s('ABORT_ON_BREACH', abort_after) : null,
  };
  refuseStaircase(options);
  if (begun) requireSame(options, begun);
  return options;
}

function parseMergerUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/\/+$/, '');
  throw usageError(
    '--merger (MERGER_URL) to be an http or https address',
    `\`${text}\``,
    'for example http://10.0.0.5:8087',
  );
}

function plannedSeconds({ started, planned_end }: RunStart): number {
  return (planned_end.getTime() - started.getTime()) / MS_PER_S;
}

/** As a run names it: by the configuration, by its host, or the demo clinic. */
function chooseTarget(
  flags: FinishFlags,
  environment: Environment,
  { config }: Project,
  begun: RunStart | null,
): FinishOptions['target'] {
  const name = flags.target ?? (flags.baseUrl ? undefined : environment.TARGET);
  const base_url = flags.baseUrl ?? environment.BASE_URL ?? (name && config.targets?.[name]?.base_url);
  if (name) return { name, base_url: base_url ?? '' };
  // The record knows its name; the address alone is not kept.
  if (!base_url) return { name: begun?.target ?? demoName(config), base_url: '' };
  const url = parseBaseUrl(base_url);
  return { name: begun?.target ?? url.host, base_url: url.href.replace(/\/+$/, '') };
}

/** The record of a run is found by these: with others there would be two. */
function requireSame({ project, scenario, profile, target, app }: FinishOptions, begun: RunStart): void {
  if (begun.project !== '' && begun.project !== project) {
    throw usageError(
      `a run of the project ${project}`,
      `${begun.testid}, which is of the project ${begun.project}`,
      `call it in that project, or with LOADSTAR_PROJECT=${begun.project}`,
    );
  }
  const asked = { scenario, profile, target: target.name, branch: app.branch };
  for (const key of Object.keys(asked) as (keyof typeof asked)[]) {
    if (asked[key] === begun[key]) continue;
    throw usageError(
      `the ${key} that the record of ${begun.testid} has, ${begun[key] ?? 'none'}`,
      String(asked[key] ?? 'none'),
      `leave the ${key} out: the record knows it`,
    );
  }
}
