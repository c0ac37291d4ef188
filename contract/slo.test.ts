import { expect, it } from 'vitest';
import { passes, type SloIndicator, sloOperator, sloSign } from './slo.ts';

it.each<[SloIndicator, number, number, number]>([
  ['checks_rate', 1, 1, 0.999],
  ['error_rate', 0, 0, 0.001],
  ['p95_ms', 500, 500, 500.1],
  ['throughput_rps', 50, 50, 49.9],
])('a limit includes its bound: %s with limit %d passes at %d, and fails at %d', (indicator, limit, good, bad) => {
  expect(passes({ indicator, limit }, good)).toBe(true);
  expect(passes({ indicator, limit }, bad)).toBe(false);
});

it('is written as k6, Flux and people write it', () => {
  expect([sloOperator('p95_ms'), sloSign('p95_ms')]).toEqual(['<=', '≤']);
  expect([sloOperator('checks_rate'), sloSign('checks_rate')]).toEqual(['>=', '≥']);
});
