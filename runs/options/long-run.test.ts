import { expect, it } from 'vitest';
import { isLongRun, LONG_RUN_S } from './long-run.ts';

const asked = { profile: 'soak', duration_s: null, outputs: ['loadstar'] } as const;

it.each([
  ['a soak', {}, {}, true],
  ['a soak that is cut short', { duration_s: 60 }, {}, false],
  ['any profile for so long', { profile: 'smoke', duration_s: LONG_RUN_S }, {}, true],
  ['the reference, of 16 minutes', { profile: 'load' }, {}, false],
  ['without our output, whose data it takes', { outputs: ['influxdb'] }, {}, false],
  ['in a browser', {}, { needs_browser: true }, false],
  ['a staircase, however long', { profile: 'breakpoint', duration_s: 2 * LONG_RUN_S }, {}, false],
] as const)('%s', (_, options, scenario, is_long) => {
  expect(isLongRun({ ...asked, ...options }, scenario)).toBe(is_long);
});
