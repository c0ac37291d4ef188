import { expect, it } from 'vitest';
import type { Slo } from '../../contract/slo.ts';
import { checkJudgeable, isJudgedByStore, LONG_RUN_S } from './judged-data.ts';

const asked = { profile: 'soak', duration_s: null, outputs: ['loadstar'] } as const;

const named = (request: string): Slo => ({ indicator: 'p95_ms', limit: 500, request, reason: 'r' });

it.each([
  ['a soak', {}, {}, true],
  ['a soak that is cut short', { duration_s: 60 }, {}, false],
  ['any profile for so long', { profile: 'smoke', duration_s: LONG_RUN_S }, {}, true],
  ['the reference, of 16 minutes', { profile: 'load' }, {}, false],
  ['without our output, whose data it takes', { outputs: ['influxdb'] }, {}, false],
  ['in a browser', {}, { needs_browser: true }, false],
  ['a request that k6 cannot select', { profile: 'smoke' }, { slos: [named('GET /a,b')] }, true],
  ['one that it can', { profile: 'smoke' }, { slos: [named('GET /{a}:b')] }, false],
  ['a staircase, however long', { profile: 'breakpoint', duration_s: 2 * LONG_RUN_S }, {}, false],
] as const)('%s', (_, options, scenario, by_store) => {
  expect(isJudgedByStore({ ...asked, ...options }, { slos: [], ...scenario })).toBe(by_store);
});

it('without our output, a request that k6 cannot select is refused by name', () => {
  const scenarios = [{ name: 'buy', slos: [named('GET /a'), named('GET /b,c')] }];
  expect(() => checkJudgeable({ outputs: ['influxdb'] }, scenarios)).toThrow(
    expect.objectContaining({ exit_code: 2, found: '`GET /b,c`' }),
  );
  expect(() => checkJudgeable({ outputs: ['influxdb'] }, [{ name: 'buy', slos: [named('GET /a')] }])).not.toThrow();
  expect(() => checkJudgeable({ outputs: ['influxdb', 'loadstar'] }, scenarios)).not.toThrow();
});

it.each([{ during: 'steady' }, { over: '30s' }])('without our output, an SLO of a part is refused: %o', (part) => {
  const slo: Slo = { indicator: 'p95_ms', limit: 500, reason: 'r', ...part };
  const found = expect.stringContaining('p95 ≤ 500 ms (');
  const scenarios = [{ name: 'buy', slos: [slo] }];
  expect(() => checkJudgeable({ outputs: ['influxdb'] }, scenarios)).toThrow(
    expect.objectContaining({ exit_code: 2, found }),
  );
  expect(() => checkJudgeable({ outputs: ['influxdb', 'loadstar'] }, scenarios)).not.toThrow();
});
