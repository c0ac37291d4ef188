import { usageError } from '../lib/errors.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Fields that name variables. */
interface Credentials {
  readonly headers_from_env?: Readonly<Record<string, string>> | undefined;
  readonly basic_auth_from_env?: string | undefined;
  readonly token_from_env?: string | undefined;
}

/** @returns headers, which are secret. @throws LoadstarError (usage) for an unset variable */
export function resolveCredentials(
  { headers_from_env, basic_auth_from_env, token_from_env }: Credentials,
  field: (path: string) => string,
  env: Variables,
): Record<string, string> {
  const headers = resolveVariables(headers_from_env ?? {}, field('headers_from_env'), env);
  if (token_from_env) {
    headers.Authorization = `Bearer ${requireVariable(token_from_env, field('token_from_env'), env)}`;
  }
  if (basic_auth_from_env) {
    const basic = requireVariable(basic_auth_from_env, field('basic_auth_from_env'), env);
    if (!basic.includes(':'))
      throw usageError(
        `${basic_auth_from_env} as \`user:password\``,
        'no colon in it',
        `set ${basic_auth_from_env}=user:password`,
      );
    headers.Authorization = `Basic ${Buffer.from(basic).toString('base64')}`;
  }
  return headers;
}

/** @throws LoadstarError (usage) for an unset variable */
export function resolveVariables(
  names: Readonly<Record<string, string>>,
  field: string,
  env: Variables,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).map(([name, variable]) => [name, requireVariable(variable, `${field}.${name}`, env)]),
  );
}

/** @throws LoadstarError (usage), because a run without credentials would only measure rejected requests */
function requireVariable(name: string, field: string, env: Variables): string {
  const value = env[name];
  if (value) return value;
  throw usageError(
    `the environment variable ${name} to be set`,
    'it is not set',
    `set it: \`${field}\` of the configuration names it`,
  );
}
