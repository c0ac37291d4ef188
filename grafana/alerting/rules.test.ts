import { expect, it } from 'vitest';
import type { Slo } from '../../contract/slo.ts';
import { ruleGroup } from './rules.ts';

const slo = (part: Partial<Slo>): Slo => ({ indicator: 'p95_ms', limit: 500, reason: 'r', ...part });
const rulesOf = (slos: readonly Slo[]) =>
  ruleGroup({ buy: { title: 'T', journey: 'J', requests: [], slos } }).rules.filter(({ uid }) => uid.includes('buy'));

it('an SLO over its last seconds has a rule of its own, for that window', () => {
  const [whole, sliding] = rulesOf([slo({}), slo({ over: '30s' })]);
  expect(sliding?.uid).not.toBe(whole?.uid);
  expect(sliding?.title).toBe('p95 too high: buy, any 30 s');
  expect(JSON.stringify(sliding)).toContain('range(start: -30s)');
  expect(JSON.stringify(whole)).toContain('range(start: -60s)');
});

it('an SLO of a stage has no rule: its warm-up is known at the end of the run alone', () => {
  expect(rulesOf([slo({ during: 'steady' }), slo({ during: 'plateau 2', over: '30s' })])).toEqual([]);
});
