import { expect, it } from 'vitest';
import { AB, AB_RUN } from '../../report/example-ab.ts';
import { FAILED_RUN, PASSED_RUN, REGRESSED } from '../../report/example-run.ts';
import { isNotified } from './policy.ts';

const regressed = { ...PASSED_RUN, comparison: REGRESSED };
const suspected = { ...PASSED_RUN, comparison: { ...REGRESSED, verdict: 'suspected' as const } };
const UNCLEAR_AB = { ...AB_RUN, ab: { ...AB, verdict: 'unclear' as const } };

it.each([
  ['a failed run', FAILED_RUN, { never: false, 'on-failure': true, always: true }],
  [
    'a run that a threshold aborted',
    { ...FAILED_RUN, duration_s: 3 },
    { never: false, 'on-failure': true, always: true },
  ],
  ['a broken run', { ...FAILED_RUN, status: 'broken' }, { never: false, 'on-failure': true, always: true }],
  ['a run that lost data', { ...FAILED_RUN, status: 'incomplete' }, { never: false, 'on-failure': true, always: true }],
  ['a regression', regressed, { never: false, 'on-failure': true, always: true }],
  ['a regression between two builds', AB_RUN, { never: false, 'on-failure': true, always: true }],
  ['an unclear comparison of two builds', UNCLEAR_AB, { never: false, 'on-failure': false, always: true }],
  ['a suspicion', suspected, { never: false, 'on-failure': false, always: true }],
  ['a run that passed', PASSED_RUN, { never: false, 'on-failure': false, always: true }],
  [
    'an interrupted run',
    { ...FAILED_RUN, status: 'interrupted' },
    { never: false, 'on-failure': false, always: false },
  ],
  [
    'a run that was stopped from elsewhere, and was in order',
    { ...PASSED_RUN, status: 'interrupted', stopped: { by: 'ann', at: '' } },
    { never: false, 'on-failure': false, always: true },
  ],
  [
    'one that was not',
    { ...FAILED_RUN, status: 'interrupted', stopped: { by: 'ann', at: '' } },
    { never: false, 'on-failure': true, always: true },
  ],
] as const)('%s', (_, run, told) => {
  for (const [when, expected] of Object.entries(told))
    expect(isNotified(when as keyof typeof told, run), when).toBe(expected);
});
