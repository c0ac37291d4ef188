/** The environment of a run in a CI job that holds more secrets than the run may have. */
import type { EnvName } from '../../contract/env.ts';
import type { Environment } from '../../lib/environment.ts';
import { usageError } from '../../lib/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Inputs of a workflow: what was not given arrives as an empty variable. */
const INPUTS = ['SCENARIO', 'PROFILE', 'TARGET', 'BASE_URL'] as const satisfies EnvName[];
/** They hold what the run must not see. */
const BUNDLES: readonly string[] = ['CI_SECRETS', 'CI_VARIABLES', 'CI_SECRET_NAMES'] satisfies EnvName[];
/** BASE_URL=demo: the built-in demo clinic, said aloud, because a forgotten target must not pass by loading it. */
const DEMO = 'demo';

/**
 * The variables of the process without the bundles of secrets and without inputs that were not given, and with the chosen
 * secrets.
 * @throws LoadstarError (usage) for a secret that does not exist, and without a target
 */
export function ciEnvironment(env: Env, environment: Environment): Record<string, string> {
  const chosen = chosenSecrets(environment);
  const kept = Object.entries({ ...env, ...chosen }).flatMap(([name, value]) =>
    value === undefined || BUNDLES.includes(name) || isMissingInput(name, value) ? [] : [[name, value] as const],
  );
  const result = Object.fromEntries(kept);
  if (!result.TARGET && !result.BASE_URL) {
    throw usageError(
      'a target',
      'neither `target` nor `base_url`',
      'name a target of loadstar.config.ts in `target`, or set `base_url` to an address, or to demo for the demo clinic',
    );
  }
  if (result.BASE_URL !== DEMO) return result;
  const { BASE_URL: _, ...demo } = result;
  return demo;
}

function isMissingInput(name: string, value: string): boolean {
  return (INPUTS as readonly string[]).includes(name) && value.trim() === '';
}

function chosenSecrets({ CI_SECRETS, CI_VARIABLES, CI_SECRET_NAMES = '' }: Environment): Record<string, string> {
  const names = CI_SECRET_NAMES.split(/[\s,]+/).filter(Boolean);
  const available = { ...parseBundle('CI_VARIABLES', CI_VARIABLES), ...parseBundle('CI_SECRETS', CI_SECRETS) };
  return Object.fromEntries(
    names.map((name) => {
      const value = Object.hasOwn(available, name) ? available[name] : undefined;
      if (value) return [name, value];
      throw usageError(
        `a secret or variable \`${name}\`, which \`secrets\` names`,
        value === '' ? 'an empty one' : 'none of that name',
        'add it to the repository or organisation, and pass it on: `secrets: inherit` (docs/ci.md)',
      );
    }),
  );
}

/** The value is a secret: no message repeats it. @throws LoadstarError (usage) */
function parseBundle(variable: EnvName, text: string | undefined): Record<string, string> {
  if (!text) return {};
  if (!text.trimStart().startsWith('{')) return parseLines(variable, text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${variable} to be a JSON object, or lines NAME=value`, 'text that is neither', 'toJSON(secrets)');
  }
  return value as Record<string, string>;
}

function parseLines(variable: EnvName, text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line, index) => {
      const at = line.indexOf('=');
      if (at > 0) return [line.slice(0, at).trim(), line.slice(at + 1).replace(/\r$/, '')];
      const next = 'write each variable as NAME=value, on a line of its own';
      throw usageError(`${variable} to be a JSON object, or lines NAME=value`, `line ${index + 1} without =`, next);
    }),
  );
}
