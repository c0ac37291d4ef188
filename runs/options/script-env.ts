import { SCRIPT_ENV } from '../../contract/env.ts';
import type { Slo } from '../../contract/slo.ts';
import { secretForms } from '../../lib/redact.ts';
import type { RunOptions } from './options.ts';

/** The run as k6 sees it, which in a container is not as we see it. */
interface ScriptTarget {
  readonly base_url: string;
  readonly own_hosts: readonly string[];
  readonly summary_file: string;
  readonly slos: readonly Slo[];
  readonly users_file: string | null;
}

/** What the k6 script finds in `__ENV`. Secrets are among it, so it goes through the environment, never as arguments. */
export function scriptEnv(options: RunOptions, target: ScriptTarget): Record<string, string> {
  const env: Record<string, string> = {
    ...options.script.env,
    [SCRIPT_ENV.base_url]: target.base_url,
    [SCRIPT_ENV.profile]: options.profile,
    [SCRIPT_ENV.scale]: String(options.scale),
    [SCRIPT_ENV.allow_hosts]: [...options.allow_hosts, ...target.own_hosts].join(','),
    [SCRIPT_ENV.headers]: JSON.stringify(options.target.headers),
    [SCRIPT_ENV.slos]: JSON.stringify(target.slos),
    [SCRIPT_ENV.summary_file]: target.summary_file,
  };
  if (target.users_file) env[SCRIPT_ENV.users_file] = target.users_file;
  if (options.duration_s !== null) env[SCRIPT_ENV.duration_s] = String(options.duration_s);
  if (options.max_vus !== null) env[SCRIPT_ENV.max_vus] = String(options.max_vus);
  if (options.max_rate_rps !== null) env[SCRIPT_ENV.max_rate_rps] = String(options.max_rate_rps);
  if (options.target.insecure) env.K6_INSECURE_SKIP_TLS_VERIFY = 'true';
  return env;
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
