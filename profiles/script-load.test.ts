import type { Options } from 'k6/options';
import { describe, expect, it } from 'vitest';
import { durationOf_s, readScriptLoad } from './script-load.ts';

describe('the load of a k6 script', () => {
  it.each<[Options, number, number, number, boolean]>([
    [{}, 600, 1, 0, true],
    [{ vus: 10, duration: '1m30s' }, 90, 10, 0, false],
    [{ vus: 3, iterations: 9 }, 600, 3, 0, true],
    [{ vus: 3, iterations: 9, duration: '20s' }, 20, 3, 0, true],
    [
      {
        vus: 5,
        stages: [
          { duration: '10s', target: 2 },
          { duration: '0.5m', target: 20 },
        ],
      },
      40,
      20,
      0,
      false,
    ],
    [
      {
        scenarios: {
          rate: {
            executor: 'constant-arrival-rate',
            rate: 120,
            timeUnit: '1m',
            duration: '30s',
            preAllocatedVUs: 4,
            maxVUs: 9,
          },
          later: { executor: 'per-vu-iterations', vus: 7, iterations: 1, maxDuration: '10s', startTime: '1m' },
        },
      },
      30,
      9,
      2,
      false,
    ],
    [
      {
        scenarios: {
          ramp: {
            executor: 'ramping-arrival-rate',
            startRate: 5,
            stages: [{ duration: '10s', target: 50 }],
            preAllocatedVUs: 8,
          },
          users: { executor: 'ramping-vus', stages: [{ duration: '20s', target: 4 }] },
        },
      },
      20,
      12,
      50,
      false,
    ],
  ])('%j', (options, duration_s, vus, per_s, ends_by_iterations) => {
    expect(readScriptLoad(options)).toMatchObject({ duration_s, vus, per_s, ends_by_iterations });
  });

  it('has stages where one scenario runs', () => {
    expect(readScriptLoad({ stages: [{ duration: '5s', target: 3 }] }).stages).toEqual([
      { duration_s: 5, target: 3, unit: 'users' },
    ]);
  });

  it.each([
    ['1h30m', 5_400],
    ['500ms', 0.5],
    ['1d', 86_400],
    [1_500, 1.5],
    ['2500', 2.5],
    [undefined, 0],
  ])('lasts %s', (text, seconds) => expect(durationOf_s(text)).toBeCloseTo(seconds));
});
