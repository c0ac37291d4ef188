import { ENV, SCRIPT_ENV } from '../../contract/env.ts';
import type { Slo } from '../../contract/slo.ts';
import { secretForms } from '../../lib/redact.ts';
import type { RunOptions } from './options.ts';

/** The run as k6 sees it, which in a container is not as we see it. */
interface ScriptTarget {
  readonly base_url: string;
  readonly summary_file: string;
  readonly slos: readonly Slo[];
  readonly users_file: string | null;
}

/** What the k6 script finds in `__ENV`. Secrets are among it, so it goes through the environment, never as arguments. */
export function scriptEnv(options: RunOptions, target: ScriptTarget): Record<string, string> {
  const env: Record<string, string> = {
    ...options.script.variables,
    ...options.script.env,
    [SCRIPT_ENV.base_url]: target.base_url,
    ...shapeEnv(options),
    [SCRIPT_ENV.headers]: JSON.stringify(options.target.headers),
    [SCRIPT_ENV.slos]: JSON.stringify(target.slos),
    [SCRIPT_ENV.summary_file]: target.summary_file,
  };
  if (target.users_file) env[SCRIPT_ENV.users_file] = target.users_file;
  return env;
}

/** The load, and how k6 is to trust the target. */
function shapeEnv(options: RunOptions): Record<string, string> {
  const env: Record<string, string> = {
    [SCRIPT_ENV.profile]: options.profile,
    [SCRIPT_ENV.scale]: String(options.scale),
  };
  if (options.own_profile) env[SCRIPT_ENV.own_profile] = JSON.stringify(options.own_profile);
  if (options.duration_s !== null) env[SCRIPT_ENV.duration_s] = String(options.duration_s);
  if (options.max_vus !== null) env[SCRIPT_ENV.max_vus] = String(options.max_vus);
  if (options.max_rate_rps !== null) env[SCRIPT_ENV.max_rate_rps] = String(options.max_rate_rps);
  if (options.target.insecure) env.K6_INSECURE_SKIP_TLS_VERIFY = 'true';
  return env;
}

/** Where scripts find the files that they open. @param data_files paths as k6 sees them, by those that the scripts name */
export function dataFilesEnv(data_files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.keys(data_files).length > 0 ? { [SCRIPT_ENV.files]: JSON.stringify(data_files) } : {};
}

/**
 * Hosts that any script may load, as k6/output/hostguard and the client of the scenarios read them: `!` begins a host that
 * no wildcard allows. A script cannot change it.
 * @param own_hosts that are this machine or ours, as k6 sees them
 */
export function hostEnv(
  { allow_hosts, blocked_hosts }: Pick<RunOptions, 'allow_hosts' | 'blocked_hosts'>,
  own_hosts: readonly string[],
): Record<string, string> {
  const hosts = [...allow_hosts, ...own_hosts, ...blocked_hosts.map((host) => `!${host}`)];
  return { [SCRIPT_ENV.allow_hosts]: hosts.join(',') };
}

/**
 * What must not appear in k6's log, whatever a scenario prints, in every form. Longest first, as one may hold another.
 * @param hides which headers of the target are among it
 */
export function secretValues(
  { script, target }: RunOptions,
  hides: (name: string, value: string) => boolean = () => true,
): string[] {
  const users = (script.users ?? []).flatMap((user) =>
    Object.entries(user).flatMap(([column, value]) => (SECRET_COLUMN.test(column) ? [value] : [])),
  );
  const headers = Object.entries(target.headers).flatMap(([name, value]) => (hides(name, value) ? [value] : []));
  const values = [...Object.values(script.env), ...headers, ...users].flatMap(secretForms);
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

const SECRET_COLUMN = /pass|secret|token|key/i;

/** What k6 is told of a script that exists: its own variables, and what its options and its summary pass through. */
export function k6ScriptRunEnv(
  options: RunOptions,
  target: Pick<ScriptTarget, 'summary_file'> & { readonly base_url: string | null; readonly summary_directory: string },
): Record<string, string> {
  return {
    ...k6ScriptEnv(options, target.base_url),
    ...shapeEnv(options),
    [SCRIPT_ENV.summary_file]: target.summary_file,
    [SCRIPT_ENV.summary_directory]: target.summary_directory,
  };
}

/** What a k6 script finds in `__ENV` before it runs: the environment of the call, as k6 itself gives it. */
export function k6ScriptEnv({ script }: Pick<RunOptions, 'script'>, base_url: string | null): Record<string, string> {
  // Without a target of the call, the script's own default counts.
  const target = base_url === null ? {} : { [SCRIPT_ENV.base_url]: base_url };
  return { ...script.environment, ...script.variables, ...script.env, ...target };
}

/** Of this machine: k6 may run in a container. */
const OF_THE_MACHINE = ['PATH', 'HOME', 'HOSTNAME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'OLDPWD', 'TMPDIR', 'TERM', '_'];

/** What changes k6 unnoticed, belongs to Loadstar or is a secret of its own does not reach a script. */
export function scriptEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const ours = ENV as Readonly<Record<string, { readonly secret?: true }>>;
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      value !== undefined &&
      /^[A-Za-z_]\w*$/.test(name) &&
      !/^(K6|LOADSTAR)_/.test(name) &&
      ![...OF_THE_MACHINE, SCRIPT_ENV.base_url].includes(name) &&
      !ours[name]?.secret,
  );
  return Object.fromEntries(kept) as Record<string, string>;
}
