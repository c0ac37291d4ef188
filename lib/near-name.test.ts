import { expect, it } from 'vitest';
import { countMistakes, nearestName } from './near-name.ts';

it.each([
  ['SCENARIO', 'SCENARIO', 0],
  ['SCENARO', 'SCENARIO', 1],
  ['SCENARIOS', 'SCENARIO', 1],
  ['PROFLIE', 'PROFILE', 1],
  ['TRAGTE', 'TARGET', 2],
  ['URL', 'BASE_URL', 5],
  ['', 'ABC', 3],
])('counts the mistakes of %s for %s: %i', (a, b, mistakes) => {
  expect([countMistakes(a, b), countMistakes(b, a)]).toEqual([mistakes, mistakes]);
});

it('names the nearest, in any case, and none that is far', () => {
  const known = ['HTTP_PROXY', 'HTTPS_PROXY', 'SCALE'];
  expect(nearestName('HTTPS_PROXI', known, 2)).toBe('HTTPS_PROXY');
  expect(nearestName('scale', known, 1)).toBe('SCALE');
  expect(nearestName('ALL_PROXY', known, 2)).toBeNull();
});
