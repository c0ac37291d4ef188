import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import { ciEnvironment } from './ci-environment.ts';

const resolve = (env: Record<string, string>) => ciEnvironment(env, readEnvironment(env));
const SECRETS = JSON.stringify({ STAGING_TOKEN: 'a', DEPLOY_KEY: 'b', github_token: 'c', EMPTY: '' });

describe('the environment of a run in CI', () => {
  it('has the chosen secrets and variables, and no other', () => {
    const env = {
      ...{ TARGET: 'staging', PATH: '/bin', CI_SECRETS: SECRETS, CI_VARIABLES: '{"TENANT":"t","OTHER":"o"}' },
      CI_SECRET_NAMES: 'STAGING_TOKEN, TENANT',
    };
    expect(resolve(env)).toEqual({ TARGET: 'staging', PATH: '/bin', STAGING_TOKEN: 'a', TENANT: 't' });
  });

  it('takes secrets as lines too, such as from another organisation', () => {
    const lines = 'STAGING_TOKEN=a=b\r\n\nDEPLOY_KEY=b\n';
    expect(resolve({ TARGET: 's', CI_SECRETS: lines, CI_SECRET_NAMES: 'STAGING_TOKEN' })).toEqual({
      TARGET: 's',
      STAGING_TOKEN: 'a=b',
    });
    expect(() => resolve({ TARGET: 's', CI_SECRETS: 'STAGING_TOKEN' })).toThrow(/lines NAME=value/);
    expect(() => resolve({ TARGET: 's', CI_SECRETS: '{"a": secret}' })).toThrow(/a JSON object/);
  });

  it.each(['MISSING', 'EMPTY', 'toString'])('refuses a secret that is not there: %s', (name) => {
    expect(() => resolve({ TARGET: 's', CI_SECRETS: SECRETS, CI_SECRET_NAMES: name })).toThrow(
      expect.objectContaining({ exit_code: 2, message: expect.stringContaining(`\`${name}\``) }),
    );
  });

  it('leaves out inputs that were not given, and nothing else that is empty', () => {
    const env = { SCENARIO: '', PROFILE: '', TARGET: '', BASE_URL: 'http://127.0.0.1', NOTIFY: '' };
    expect(resolve(env)).toEqual({ BASE_URL: 'http://127.0.0.1', NOTIFY: '' });
  });

  it('takes the address from a secret', () => {
    const secret = { CI_SECRETS: '{"BASE_URL":"https://a.example.com"}', CI_SECRET_NAMES: 'BASE_URL' };
    expect(resolve({ BASE_URL: '', ...secret })).toEqual({ BASE_URL: 'https://a.example.com' });
  });

  it('needs a target: the demo has to be named', () => {
    expect(() => resolve({ TARGET: '', BASE_URL: ' ' })).toThrow(expect.objectContaining({ message: 'a target' }));
    expect(resolve({ BASE_URL: 'demo' })).toEqual({});
  });
});
