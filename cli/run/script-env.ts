import { SCRIPT_ENV } from '../../contract/env.ts';
import type { RunOptions } from './options.ts';

/** The run as k6 sees it, which in a container is not as we see it. */
interface ScriptTarget {
  readonly base_url: string;
  readonly own_hosts: readonly string[];
  readonly summary_file: string;
}

/** What the k6 script finds in `__ENV`. Secrets are among it, so it goes through the environment, never as arguments. */
export function scriptEnv(options: RunOptions, target: ScriptTarget): Record<string, string> {
  const env: Record<string, string> = {
    [SCRIPT_ENV.base_url]: target.base_url,
    [SCRIPT_ENV.profile]: options.profile,
    [SCRIPT_ENV.scale]: String(options.scale),
    [SCRIPT_ENV.allow_hosts]: [...options.allow_hosts, ...target.own_hosts].join(','),
    [SCRIPT_ENV.headers]: JSON.stringify(options.target.headers),
    [SCRIPT_ENV.summary_file]: target.summary_file,
  };
  if (options.duration_s !== null) env[SCRIPT_ENV.duration_s] = String(options.duration_s);
  if (options.target.insecure) env.K6_INSECURE_SKIP_TLS_VERIFY = 'true';
  return env;
}
