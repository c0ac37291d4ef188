import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import { readScriptLoad } from '../../profiles/script-load.ts';
import type { Project } from '../../project/project.ts';
import { resolveRunOptions } from '../options/options.ts';
import { checkInstances } from './check-instances.ts';
import { type FinishFlags, resolveFinishOptions } from './finish-options.ts';

const asked = (env: Record<string, string>) => resolveRunOptions(['search'], {}, readEnvironment(env));

describe('several generators', () => {
  it.each([
    [{ INSTANCES: '9' }, 'a user at least for each of 9 generators', 'INSTANCES=5'],
    [{ INSTANCES: '2', PROFILE: 'breakpoint' }, 'a profile whose load several generators can share', 'INSTANCES=1'],
    [{ INSTANCES: '2', OUTPUT: 'influxdb' }, 'the output loadstar', 'OUTPUT=loadstar,influxdb'],
    [{ INSTANCES: '2', SCENARIO: '' }, null, null],
    [{ INSTANCES: '5' }, null, null],
    [{ INSTANCES: '1', OUTPUT: 'influxdb', PROFILE: 'breakpoint' }, null, null],
  ] as const)('%o', (env, expected, next) => {
    const check = () => checkInstances(asked(env), [{ name: 'search' }]);
    if (expected === null) expect(check).not.toThrow();
    else {
      expect(check).toThrow(
        expect.objectContaining({
          exit_code: 2,
          message: expect.stringContaining(expected),
          next: expect.stringContaining(next),
        }),
      );
    }
  });

  it('share the load of a k6 script, if it has users for all of them', () => {
    const options = { ...asked({ INSTANCES: '3' }), profile: 'script' };
    const check = (vus: number) => () =>
      checkInstances({ ...options, script_load: readScriptLoad({ vus, duration: '1s' }) }, [{ name: 'shop' }]);
    expect(check(3)).not.toThrow();
    expect(check(2)).toThrow('a user at least for each of 3 generators');
  });

  it('are not made of browsers', () => {
    const in_browser = { name: 'page-load', needs_browser: true } as const;
    expect(() => checkInstances(asked({ INSTANCES: '2', SCALE: '100' }), [in_browser])).toThrow(
      'scenarios without a browser',
    );
  });

  it.each(['0', '1.5', 'two', '65'])('are no %s', (INSTANCES) => {
    expect(() => asked({ INSTANCES })).toThrow('INSTANCES to be a whole number from 1 to 64');
  });
});

const project: Project = {
  name: 'shop',
  config: { targets: { staging: { base_url: 'https://staging.example.com' } } },
  file: null,
  directory: '/team',
  scenarios_dir: '/team/loadtests',
  is_clone: true,
  own_files: new Map(),
  skipped_files: [],
  env: {},
};
const begun = {
  testid: 'a',
  project: 'shop',
  scenario: 'search',
  profile: 'load',
  target: 'demo',
  branch: 'main',
  started: new Date(0),
  planned_end: new Date(1),
  app_version: '1',
  app_commit: null,
  engine: 'native',
  outputs: ['loadstar'],
};
const finishing = (flags: FinishFlags, env: Record<string, string> = {}, record: typeof begun | null = null) =>
  resolveFinishOptions(flags, readEnvironment(env), project, record);

describe('loadstar finish', () => {
  it('takes options, then variables, then what the record says', () => {
    const env = { SCENARIO: 'user-login', PROFILE: 'smoke', INSTANCES: '3', BASE_URL: 'http://app:80/' };
    expect(finishing({ scenario: 'search' }, env)).toMatchObject({
      scenario: 'search',
      profile: 'smoke',
      instances: 3,
      target: { name: 'app', base_url: 'http://app' },
      wait_s: 30,
    });
    expect(finishing({}, {}, begun)).toMatchObject({
      scenario: 'search',
      profile: 'load',
      instances: null,
      target: { name: 'demo' },
      app: { version: '1', branch: 'main' },
    });
  });

  it.each([
    ['vus12', { model: 'closed', stages: [{ duration_s: 0 }, { duration_s: 90, target_vus: 12 }] }],
    ['rate0p5s', { model: 'open', stages: [{ duration_s: 0 }, { duration_s: 90, target_per_s: 0.5 }] }],
    ['rate600m', { model: 'open', stages: [{ duration_s: 0 }, { duration_s: 90, target_per_s: 10 }] }],
  ])('knows the load of --vus and --rate by the name %s', (profile, own_profile) => {
    const started_so = { ...begun, profile, started: new Date(0), planned_end: new Date(90_000) };
    expect(finishing({}, {}, started_so)).toMatchObject({ profile, own_profile, duration_s: null });
    expect(finishing({ scenario: 'search', profile, duration: '90s' })).toMatchObject({
      own_profile,
      duration_s: null,
    });
  });

  it('needs no secret of a target that it names', () => {
    expect(finishing({ scenario: 'search', target: 'staging', wait: '20m' })).toMatchObject({
      target: { name: 'staging', base_url: 'https://staging.example.com' },
      wait_s: 1_200,
    });
  });

  it.each([
    [{}, null, 'the scenario of the run'],
    [{ scenario: 'none' }, null, 'a scenario'],
    [{ scenario: 'search', profile: 'breakpoint' }, null, 'a profile whose load several generators can share'],
    [{ scenario: 'user-login' }, begun, 'the scenario that the record of a has, search'],
    [{ appBranch: 'other' }, begun, 'the branch that the record of a has, main'],
  ] as const)('refuses %o', (flags, record, says) => {
    expect(() => finishing(flags, {}, record)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(says) }),
    );
  });
});
