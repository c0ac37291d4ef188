import { expect, it } from 'vitest';
import { artifactSuffix } from './plan.ts';

it.each([
  ['', ''],
  ['.', ''],
  ['./apps/shop/', '-apps-shop'],
  ['load test: "EU"', '-load-test-EU'],
  ['../a', '-a'],
])('names artifacts after `%s`: loadstar-results%s', (name, suffix) => {
  expect(artifactSuffix(name)).toBe(suffix);
});
