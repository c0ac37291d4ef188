import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import type { Project } from '../../project/project.ts';
import { askedLoad, listProfiles } from './asked-load.ts';
import type { RunFlags } from './options.ts';

const project = { config: { profiles: { evening: { users: 4, duration: '8s' } } } } as unknown as Project;
const asked = (flags: RunFlags, env: Record<string, string> = {}) =>
  askedLoad(flags, readEnvironment(env), project, null);

describe('the load of a call', () => {
  it('is that of a profile of the configuration', () => {
    expect(asked({ profile: 'evening', duration: '1m' })).toMatchObject({
      profile: 'evening',
      own_profile: { model: 'closed' },
      is_profile_given: true,
      duration_s: 60,
    });
    expect(asked({})).toEqual({ profile: 'smoke', is_profile_given: false, duration_s: null });
  });

  it('is constant with --vus or --rate, for the duration of the call', () => {
    expect(asked({ vus: '10', duration: '2m' })).toMatchObject({
      profile: 'vus10',
      own_profile: { model: 'closed', stages: [{ duration_s: 0 }, { duration_s: 120, target_vus: 10 }] },
      is_profile_given: true,
      duration_s: null,
    });
    expect(asked({ rate: '20' })).toMatchObject({
      profile: 'rate20s',
      own_profile: { model: 'open', stages: [{ target_per_s: 20 }, { duration_s: 30, target_per_s: 20 }] },
    });
  });

  it('takes an option before the variables of the others, and refuses two of a kind', () => {
    expect(asked({ vus: '3' }, { PROFILE: 'load', RATE: '5/s' }).profile).toBe('vus3');
    expect(asked({}, { RATE: '5/m' }).profile).toBe('rate5m');
    expect(asked({ rate: '0.5/s' }).profile).toBe('rate0p5s');
    expect(() => asked({ vus: '3', rate: '5/s' })).toThrow('one of PROFILE, VUS and RATE');
    expect(() => asked({}, { PROFILE: 'load', VUS: '3' })).toThrow('one of PROFILE, VUS and RATE');
  });

  it.each([
    [{ vus: '0' }, 'VUS to be a whole number'],
    [{ vus: '1.5' }, 'VUS to be a whole number'],
    [{ rate: 'fast' }, 'RATE to be a rate'],
    [{ profile: 'night' }, 'a profile'],
  ])('refuses %o', (flags, message) => expect(() => asked(flags)).toThrow(message));

  it('is listed with what it is', () => {
    expect(listProfiles(project.config)).toContainEqual({ name: 'evening', summary: '4 VUs for 8s' });
  });
});
