import { SCRIPT_ENV } from '../../contract/env.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { DEFAULT_PROFILE, PROFILES, type Profile } from '../../contract/profiles.ts';
import type { Slo } from '../../contract/slo.ts';
import type { SideBlocks } from '../../profiles/blocks.ts';
import type { LoadShape } from '../../profiles/options.ts';

/** What the runner hands to a script, typed. */
export interface ScriptEnv extends LoadShape {
  /** Without a trailing slash. */
  readonly base_url: string;
  readonly allow_hosts: readonly string[];
  /** For the target's host alone. */
  readonly headers: Readonly<Record<string, string>>;
  /** null: those of the scenario itself. */
  readonly slos: readonly Slo[] | null;
  /** null: no users were configured. */
  readonly users_file: string | null;
  /** null: no `loadstar ab`. */
  readonly blocks: SideBlocks | null;
  /** It runs in a browser. */
  readonly in_browser: boolean;
  /** null: k6 was called by hand, and prints its own summary. */
  readonly summary_file: string | null;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws Error in k6's init phase where a variable is missing or malformed. */
export function readScriptEnv(env: Variables): ScriptEnv {
  const base_url = env[SCRIPT_ENV.base_url];
  if (!base_url) throw new Error(`${SCRIPT_ENV.base_url} is not set: run this test with \`${COMMAND} run\``);
  return {
    base_url: base_url.replace(/\/+$/, ''),
    ...readShape(env),
    allow_hosts: (env[SCRIPT_ENV.allow_hosts] ?? '').split(',').filter(Boolean),
    headers: JSON.parse(env[SCRIPT_ENV.headers] ?? '{}') as Record<string, string>,
    slos: env[SCRIPT_ENV.slos] ? (JSON.parse(env[SCRIPT_ENV.slos] ?? '') as Slo[]) : null,
    users_file: env[SCRIPT_ENV.users_file] ?? null,
    blocks: env[SCRIPT_ENV.blocks] ? (JSON.parse(env[SCRIPT_ENV.blocks] ?? '') as SideBlocks) : null,
    in_browser: env[SCRIPT_ENV.in_browser] !== undefined,
    summary_file: env[SCRIPT_ENV.summary_file] ?? null,
  };
}

/** The load that the runner asks for. @throws Error in k6's init phase for a profile that does not exist */
export function readShape(env: Variables): LoadShape {
  const profile = env[SCRIPT_ENV.profile] ?? DEFAULT_PROFILE;
  const own = env[SCRIPT_ENV.own_profile];
  if (!own && !(profile in PROFILES)) throw new Error(`${SCRIPT_ENV.profile}: no profile \`${profile}\``);
  return {
    profile,
    ...(own ? { own_profile: JSON.parse(own) as Profile } : {}),
    scale: Number(env[SCRIPT_ENV.scale] ?? 1),
    duration_s: env[SCRIPT_ENV.duration_s] ? Number(env[SCRIPT_ENV.duration_s]) : null,
    max_vus: env[SCRIPT_ENV.max_vus] ? Number(env[SCRIPT_ENV.max_vus]) : null,
    max_rate_rps: env[SCRIPT_ENV.max_rate_rps] ? Number(env[SCRIPT_ENV.max_rate_rps]) : null,
    is_level: env[SCRIPT_ENV.blocks] !== undefined,
  };
}
