import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { Config } from '../../project/load-config.ts';
import type { Project } from '../../project/project.ts';
import { type RunFlags, type RunOptions, resolveRunOptions } from './options.ts';
import { withScenarioSecrets } from './scenario-secrets.ts';
import { scriptEnv, secretValues } from './script-env.ts';

const CONFIG: Config = {
  targets: {
    local: { base_url: 'http://localhost:1' },
    staging: {
      base_url: 'https://staging.example.com',
      allowed_hosts: ['staging.example.com'],
      profile: 'load',
      production: true,
      max_rate_rps: 50,
      max_duration_s: 1_000,
      token_from_env: 'STAGING_TOKEN',
      headers_from_env: { 'X-Env': 'STAGING_ENV' },
      environment: { API_KEY: 'STAGING_KEY' },
      ca_file: 'ca.pem',
    },
  },
  secrets: ['API_KEY', 'OTHER_KEY'],
};
const ENV = {
  STAGING_TOKEN: 'hunter2-token',
  STAGING_ENV: 'blue-env',
  STAGING_KEY: 'key-of-staging',
  OTHER_KEY: 'other-key',
};

function project(own: string[], more: Partial<Project> = {}): Project {
  return {
    name: 'shop',
    config: CONFIG,
    file: '/team/loadstar.config.ts',
    directory: '/team',
    scenarios_dir: '/team/loadtests',
    is_clone: true,
    own_files: new Map(own.map((name) => [name, `/team/loadtests/${name}.ts`])),
    skipped_files: [],
    env: ENV,
    ...more,
  };
}

const resolve = (names: string[], flags: RunFlags, env: Record<string, string> = {}, own = ['browse', 'buy']) =>
  resolveRunOptions(names, flags, readEnvironment(env), project(own, { env: { ...ENV, ...env } }));

describe('a target of the configuration', () => {
  it('gives URL, hosts, headers, CA and profile, and can be named by option or variable', () => {
    for (const options of [resolve([], { target: 'staging' }), resolve([], {}, { TARGET: 'staging' })]) {
      expect(options.base_url?.href).toBe('https://staging.example.com/');
      expect(options).toMatchObject({ allow_hosts: ['staging.example.com'], profile: 'load' });
      expect(options.target).toMatchObject({
        headers: { Authorization: 'Bearer hunter2-token', 'X-Env': 'blue-env' },
        ca_file: '/team/ca.pem',
      });
      expect(options.named_target).toMatchObject({ name: 'staging', production: true });
    }
  });

  it('yields to options and variables of the call', () => {
    const options = resolve([], { target: 'staging', profile: 'smoke' }, { TARGET_HEADERS: '{"X-Env":"green"}' });
    expect(options.profile).toBe('smoke');
    expect(options.target.headers['X-Env']).toBe('green');
    expect(resolve([], { baseUrl: 'http://localhost:1' }, { TARGET: 'staging', API_KEY: 'k' }).named_target).toBeNull();
    expect(resolve([], { target: 'staging' }, { BASE_URL: 'http://localhost:1' }).named_target?.name).toBe('staging');
  });

  it.each([
    [() => resolve([], { target: 'prod' }), 'prod', 'staging'],
    [() => resolve([], { target: 'toString' }), 'toString', 'staging'],
    [() => resolve([], { target: 'staging', baseUrl: 'http://x' }), 'TARGET=staging together', ''],
    [() => resolve([], { target: 'staging', demoFault: ['GET * status=500'] }), 'DEMO_FAULTS together with TARGET', ''],
    [() => resolve([], { target: 'staging' }, { STAGING_TOKEN: '' }), 'it is not', 'targets.staging.token_from_env'],
  ])('that cannot be is refused (%#)', (call, found, next) => {
    expect(call).toThrow(expect.objectContaining({ exit_code: 2, found: expect.stringContaining(found) }));
    if (next) expect(call).toThrow(expect.objectContaining({ next: expect.stringContaining(next) }));
  });
});

describe("a team's scenarios", () => {
  it('are `all`, and the default, against a target of its own', () => {
    expect(resolve([], { target: 'staging' }).scenarios).toEqual(['browse', 'buy']);
    expect(resolve(['all'], { baseUrl: 'http://localhost:1' }, { API_KEY: 'k' }).scenarios).toEqual(['browse', 'buy']);
  });

  it('are the default in a repository of their own, whatever is loaded', () => {
    const names = (is_clone: boolean) =>
      resolveRunOptions([], {}, readEnvironment({}), project(['browse'], { is_clone, config: {} })).scenarios;
    expect(names(false)).toEqual(['browse']);
    expect(names(true)).not.toContain('browse');
  });

  it('are not, against the demo, which needs no secrets, or where there are none', () => {
    expect(resolve([], {}).scenarios).toEqual(['appointment-availability']);
    expect(resolve(['all'], {}).scenarios).not.toContain('browse');
    expect(resolve(['all'], { target: 'staging' }, {}, []).scenarios).toContain('search');
  });

  it('run by name beside the built-in ones', () => {
    expect(resolve(['buy,search'], { target: 'staging' }).scenarios).toEqual(['buy', 'search']);
    expect(() => resolve(['bye'], {})).toThrow(
      expect.objectContaining({ next: expect.stringContaining('browse, buy, api') }),
    );
  });
});

describe('secrets', () => {
  const withOther = (options: RunOptions) =>
    withScenarioSecrets(
      options,
      [{ name: 'buy', secrets: ['API_KEY', 'OTHER_KEY'] } as unknown as CatalogueScenario],
      ENV,
    );

  it('of a scenario are required, and may come from the target', () => {
    const scenario = (secrets: string[]) => [{ name: 'buy', secrets } as unknown as CatalogueScenario];
    const options = resolve([], { target: 'staging' });
    const env = { BUY_PASSWORD: 'p' };
    expect(withScenarioSecrets(options, scenario(['BUY_PASSWORD', 'API_KEY']), env).script.env).toEqual({
      API_KEY: 'key-of-staging',
      BUY_PASSWORD: 'p',
    });
    for (const unset of [{}, { BUY_PASSWORD: '' }]) {
      expect(() => withScenarioSecrets(options, scenario(['BUY_PASSWORD']), unset)).toThrow(
        expect.objectContaining({ exit_code: 2, next: expect.stringContaining('`buy` reads it') }),
      );
    }
  });

  it('reach the script in its environment, those of the target first', () => {
    const options = withOther(resolve([], { target: 'staging' }));
    const run = { base_url: 'http://x', summary_file: '/s', slos: [], users_file: null };
    expect(scriptEnv(options, run)).toMatchObject({ API_KEY: 'key-of-staging', OTHER_KEY: 'other-key' });
  });

  it('are all known to whoever masks them, encoded ones too', () => {
    const config = { ...CONFIG, users: { env: 'USERS' } };
    const env = {
      ...ENV,
      TARGET_BASIC_AUTH: 'me:hunter2',
      USERS: '[{"email":"a@example.com","password":"battery-staple"}]',
    };
    const options = withOther(
      resolveRunOptions([], { target: 'staging' }, readEnvironment(env), project([], { config, env })),
    );
    const basic = Buffer.from('me:hunter2').toString('base64');
    expect(secretValues(options)).toEqual(
      expect.arrayContaining(['key-of-staging', 'other-key', basic, 'battery-staple']),
    );
    expect(secretValues(options)).not.toContain('a@example.com');
  });
});
