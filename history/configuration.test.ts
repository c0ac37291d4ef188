import { expect, it } from 'vitest';
import { type Configured, configurationOf } from './configuration.ts';

const shape: Configured = { profile: 'smoke', scale: 1, duration_s: null, outputs: ['loadstar'] };
const of = (change: Partial<Configured> = {}, k6 = '1.8.1') => configurationOf('search', { ...shape, ...change }, k6);

it('is the same for the same load, in words', () => {
  expect(of()).toBe(of());
  expect(of()).toMatch(/^30 s, scale 1, loadstar, k6 1\.8\.1 \([0-9a-f]{10}\)$/);
  expect(of({ outputs: ['influxdb', 'loadstar'] })).toBe(of({ outputs: ['loadstar', 'influxdb'] }));
});

it.each([
  ['duration', { duration_s: 60 }],
  ['users', { scale: 2 }],
  ['stages', { profile: 'load' }],
  ['outputs', { outputs: ['influxdb'] }],
  ['generators', { instances: 3 }],
] as const)('is another one with other %s', (_, change) => {
  expect(of(change)).not.toBe(of());
});

it('is the same for one generator as before there could be several', () => {
  expect(of({ instances: 1 })).toBe(of());
});

it('is another one with another k6', () => {
  expect(of({}, '1.9.0')).not.toBe(of());
});
