import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import { LoadstarError } from '../../lib/errors.ts';
import { parseDuration_s, type RunFlags, resolveRunOptions } from './options.ts';
import { checkStaircase } from './staircase-options.ts';

const resolve = (names: string[], flags: RunFlags = {}, env: Record<string, string> = {}) =>
  resolveRunOptions(names, flags, readEnvironment(env));

function refusal(call: () => unknown): LoadstarError {
  try {
    call();
  } catch (error) {
    if (error instanceof LoadstarError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('run options', () => {
  it('without anything: the reference test, smoke, against the demo', () => {
    expect(resolve([])).toMatchObject({
      scenarios: ['appointment-availability'],
      profile: 'smoke',
      base_url: null,
      scale: 1,
      duration_s: null,
    });
  });

  it('repeats a run that looks worse twice, within ten minutes, unless told otherwise', () => {
    expect(resolve([])).toMatchObject({ confirm: { repeats: 2, budget_s: 600 }, baseline_branch: 'main' });
    const env = { CONFIRM: '1', CONFIRM_BUDGET: '30m', BASELINE_BRANCH: 'develop' };
    expect(resolve([], { confirm: '0' }, env)).toMatchObject({
      confirm: { repeats: 0, budget_s: 1_800 },
      baseline_branch: 'develop',
    });
    expect(refusal(() => resolve([], { confirm: '-1' })).found).toBe('`-1`');
    expect(refusal(() => resolve([], {}, { CONFIRM: 'yes' })).exit_code).toBe(2);
  });

  it('takes limits from the call, and whichever is stricter of the target', () => {
    const flags = { maxRate: '20', maxDuration: '90s' };
    expect(resolve([], flags)).toMatchObject({
      max_rate_rps: 20,
      max_duration_s: 90,
      max_vus: null,
      limits_of: 'this call',
    });
    expect(resolve([])).toMatchObject({ max_rate_rps: null, max_duration_s: null, limits_of: null });
    expect(refusal(() => resolve([], { maxRate: '0' })).found).toBe('`0`');
  });

  it('an option wins over its variable, and an empty variable is none', () => {
    expect(resolve([], { profile: 'load' }, { PROFILE: 'smoke', SCALE: '' })).toMatchObject({
      profile: 'load',
      scale: 1,
    });
  });

  it('takes lists, once each, and all', () => {
    expect(resolve([], {}, { SCENARIO: 'search, search,appointment-booking' }).scenarios).toEqual([
      'search',
      'appointment-booking',
    ]);
    expect(resolve(['all']).scenarios).toContain('appointment-availability');
    expect(resolve(['mixed', 'mixed-traffic']).scenarios).toEqual(['mixed-traffic']);
  });

  it('offers `all` only where a call takes several scenarios', () => {
    const offered = (has_one_scenario: boolean) =>
      refusal(() => resolveRunOptions(['zzzzzz'], {}, readEnvironment({}), null, { has_one_scenario })).next;
    expect(offered(false)).toMatch(/search.*\ball\b.*\bmixed\b/);
    expect(offered(true)).toMatch(/search.*\bmixed\b/);
    expect(offered(true)).not.toMatch(/\ball\b/);
  });

  it.each([
    [() => resolve(['serach']), 'serach', 'search'],
    [() => resolve([], { profile: 'heavy' }), 'heavy', 'smoke'],
    [() => resolve([], { output: 'prometheus' }), 'prometheus', 'influxdb'],
    [() => resolve([], {}, { SCALE: 'many' }), 'many', undefined],
    [() => resolve([], {}, { SCALE: '-1' }), '-1', undefined],
    [() => resolve([], { duration: '5 minutes' }), '5 minutes', undefined],
    [() => resolve([], { duration: '' + '0s' }), '0s', undefined],
    [() => resolve([], { baseUrl: 'staging' }), 'staging', 'BASE_URL='],
    [() => resolve([], { baseUrl: 'ftp://staging' }), 'ftp:', 'BASE_URL='],
    [() => resolve([], { baseUrl: 'http://x', demoFault: ['GET * status=500'] }), 'DEMO_FAULTS', undefined],
    [() => resolve([], {}, { TARGET_HEADERS: '[1]' }), 'something else', 'TARGET_HEADERS='],
    [() => resolve([], {}, { TARGET_HEADERS: '{' }), 'no JSON', 'TARGET_HEADERS='],
  ])('refuses nonsense with exit code 2, naming it and what is possible (%#)', (call, found, next) => {
    const error = refusal(call);
    expect(error.exit_code).toBe(2);
    expect(error.found).toContain(found);
    if (next) expect(error.next).toContain(next);
  });

  it('refuses stairs in a browser', () => {
    const in_browser = { name: 'page-load', needs_browser: true } as const;
    expect(refusal(() => checkStaircase(resolve([], { profile: 'breakpoint' }), [in_browser])).found).toContain(
      'page-load',
    );
  });

  it.each([
    [{ profile: 'breakpoint', output: 'influxdb' }, 'OUTPUT=loadstar,influxdb'],
    [{ profile: 'breakpoint', duration: '60s' }, 'DURATION=300s'],
  ])('refuses stairs whose steps could not be judged (%#)', (flags, next) => {
    expect(refusal(() => checkStaircase(resolve([], flags), [])).next).toContain(next);
    expect(() => checkStaircase(resolve([], { ...flags, profile: 'ci' }), [])).not.toThrow();
  });

  it('never repeats a secret in a message', () => {
    const basic = refusal(() => resolve([], {}, { TARGET_BASIC_AUTH: 'hunter2' }));
    const url = refusal(() => resolve([], { baseUrl: 'http://me:hunter2@x' }));
    for (const error of [basic, url]) {
      expect(`${error.message} ${error.found} ${error.next}`).not.toContain('hunter2');
    }
  });

  it('basic authentication becomes a header', () => {
    const { target } = resolve([], {}, { TARGET_BASIC_AUTH: 'me:secret', TARGET_HEADERS: '{"X-A":"1"}' });
    expect(target.headers).toEqual({
      'X-A': '1',
      Authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
    });
  });

  it.each([
    ['90s', 90],
    ['5m', 300],
    ['1h30m', 5400],
    ['1m5s', 65],
  ])('%s is %i seconds', (text, expected) => {
    expect(parseDuration_s('DURATION', text)).toBe(expected);
  });

  it('refuses a value that is no duration, with its variable and what to write', () => {
    expect(refusal(() => resolve([], {}, { DURATION: '5parsecs' }))).toMatchObject({
      message: expect.stringContaining('DURATION'),
      found: '`5parsecs`',
      next: expect.stringContaining('unit'),
    });
  });

  it('refuses a port that is none', () => {
    expect(refusal(() => readEnvironment({ INFLUX_PORT: '99999' }).port('INFLUX_PORT')).exit_code).toBe(2);
  });
});
