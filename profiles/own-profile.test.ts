import { describe, expect, it } from 'vitest';
import { executorOf, plannedDuration_s, plateausOf } from './options.ts';
import { isLoadDuration, parseRate_per_s, type StatedProfile, toProfile } from './own-profile.ts';

const shape = (stated: StatedProfile, scale = 1) => ({
  profile: 'evening',
  own_profile: toProfile(stated),
  scale,
  duration_s: null,
});

describe('a profile of a team', () => {
  it('of users has them from its start to its end', () => {
    const evening = shape({ users: 10, duration: '1m30s' }, 2);
    expect(executorOf(evening)).toMatchObject({
      executor: 'ramping-vus',
      stages: [
        { duration: '0ms', target: 20 },
        { duration: '90000ms', target: 20 },
      ],
    });
    expect(plannedDuration_s(evening)).toBe(90);
    expect(plateausOf(evening)).toEqual([{ name: 'plateau 1', target: 20, unit: 'users' }]);
  });

  it('of a rate begins so many journeys from its start', () => {
    expect(executorOf(shape({ rate: '600/m', duration: '1m' }))).toMatchObject({
      executor: 'ramping-arrival-rate',
      stages: [
        { duration: '0ms', target: 10_000 },
        { duration: '60000ms', target: 10_000 },
      ],
    });
  });

  it('of stages has them', () => {
    const stages = [
      { users: 5, duration: '10s' },
      { users: 5, duration: '1m' },
    ];
    expect(executorOf(shape({ stages }))).toMatchObject({
      stages: [
        { duration: '10000ms', target: 5 },
        { duration: '60000ms', target: 5 },
      ],
    });
    expect(toProfile({ stages }).summary).toBe('10s to 5 VUs, 1m to 5 VUs');
  });

  it('says what it is', () => {
    expect(toProfile({ users: 10 }).summary).toBe('10 VUs for 30s');
    expect(toProfile({ rate: '20/s', duration: '5m' }).summary).toBe('20 journeys/s for 5m');
  });
});

describe('rates and durations', () => {
  it.each([
    ['20/s', 20],
    ['600/m', 10],
    ['0.5/s', 0.5],
    ['0/s', null],
    ['20', null],
    ['-1/s', null],
  ])('%s', (text, per_s) => expect(parseRate_per_s(text)).toBe(per_s));

  it.each([
    ['1m30s', true],
    ['0s', true],
    ['90', false],
    ['', false],
    ['5 minutes', false],
  ])('`%s`', (text, is_valid) => expect(isLoadDuration(text)).toBe(is_valid));
});
