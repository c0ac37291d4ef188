import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import { LoadstarError } from '../../lib/errors.ts';
import { refuseEmptyVariables } from './empty-settings.ts';

function refuse(env: Record<string, string>, given: Record<string, unknown> = {}): LoadstarError | null {
  try {
    refuseEmptyVariables(readEnvironment(env), given);
    return null;
  } catch (error) {
    if (error instanceof LoadstarError) return error;
    throw error;
  }
}

describe('a variable that is set and empty', () => {
  it.each(['BASE_URL', 'TARGET', 'SCENARIO', 'LOADSTAR_CONFIG', 'LOADSTAR_MACHINE', 'ABORT_ON_BREACH', 'NOTIFY'])(
    'is refused: %s',
    (name) => {
      expect(refuse({ [name]: '' })).toMatchObject({ exit_code: 2, message: expect.stringContaining(name) });
      expect(refuse({ [name]: ' ' })?.exit_code).toBe(2);
    },
  );

  it.each([
    ['its option is given', { ABORT_ON_BREACH: '' }, { abortOnBreach: '10s' }],
    ['scenarios are named', { SCENARIO: '' }, { scenario: 'search' }],
    ['the configuration is named', { LOADSTAR_CONFIG: '' }, { config: 'a.ts' }],
    ['the other variable names the target', { BASE_URL: '', TARGET: 'staging' }, {}],
    ['an option names the target', { TARGET: '' }, { baseUrl: 'http://127.0.0.1' }],
    ['it is optional', { TARGET_BASIC_AUTH: '', SLACK_WEBHOOK_URL: '', APP_BRANCH: '' }, {}],
    ['none is set', {}, {}],
  ])('does no harm where %s', (_, env, given) => {
    expect(refuse(env as Record<string, string>, given)).toBeNull();
  });
});
