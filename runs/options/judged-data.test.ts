import { expect, it } from 'vitest';
import type { Slo } from '../../contract/slo.ts';
import { checkJudgeable, isJudgedByStore } from './judged-data.ts';

const asked = { profile: 'soak', outputs: ['loadstar'] } as const;

const named = (request: string): Slo => ({ indicator: 'p95_ms', limit: 500, request, reason: 'r' });

it.each([
  ['a soak', {}, {}, false],
  ['without our output, whose data it takes', { outputs: ['influxdb'] }, { slos: [named('GET /a,b')] }, false],
  ['a request that k6 cannot select', { profile: 'smoke' }, { slos: [named('GET /a,b')] }, true],
  ['one that it can', { profile: 'smoke' }, { slos: [named('GET /{a}:b')] }, false],
  ['a staircase', { profile: 'breakpoint' }, { slos: [named('GET /a,b')] }, false],
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
