import { expect, it } from 'vitest';
import { type AbFlags, resolveAbOptions } from './ab-options.ts';

const BOTH = { base: 'http://127.0.0.1:1', head: 'http://127.0.0.1:2' };
const resolve = (flags: AbFlags, names: string[] = ['search'], env: Record<string, string> = {}) =>
  resolveAbOptions(names, flags, env, null);

it('takes two addresses, and holds the load at its peak', () => {
  const { base, head, budget_s, least_change } = resolve(BOTH);
  expect(base).toMatchObject({ command: null, run: { profile: 'ab', is_level: true, notify: 'on-failure' } });
  expect(resolve({ ...BOTH, notify: 'never' }).head.run.notify).toBe('never');
  expect(base.run.base_url?.href).toBe('http://127.0.0.1:1/');
  expect(head.run.base_url?.href).toBe('http://127.0.0.1:2/');
  expect([budget_s, least_change]).toEqual([300, 0.03]);
});

it('takes commands, each with its port, and ignores the target of other commands', () => {
  const { base, head } = resolve({ baseCmd: 'a', headCmd: 'b', headPort: '4999' }, ['search'], {
    BASE_URL: 'https://prod.example.com',
    DEMO_FAULTS: 'x',
    DURATION: '1s',
  });
  expect([base.command, head.command]).toEqual(['a', 'b']);
  expect([base.run.base_url?.port, head.run.base_url?.port]).toEqual(['4801', '4999']);
});

it.each<[string, AbFlags, string[], RegExp]>([
  ['no head', { base: BOTH.base }, ['search'], /a build to compare as head/],
  ['two heads', { ...BOTH, headCmd: 'b' }, ['search'], /one head/],
  ['one port', { baseCmd: 'a', headCmd: 'b', basePort: '5', headPort: '5' }, ['search'], /a port for each build/],
  ['no port', { baseCmd: 'a', headCmd: 'b', basePort: 'x' }, ['search'], /--base-port to be a port/],
  ['many scenarios', BOTH, ['all'], /one scenario/],
  ['a search for the limit', { ...BOTH, profile: 'breakpoint' }, ['search'], /constant load/],
  ['a short budget', { ...BOTH, budget: '90s' }, ['search'], /a budget for 48 blocks/],
  ['short blocks', { ...BOTH, block: '1s' }, ['search'], /blocks of 2 s/],
  ['no change', { ...BOTH, leastChange: '0' }, ['search'], /--least-change/],
  ['an unknown target', { ...BOTH, head: 'staging' }, ['search'], /--head as a URL/],
])('refuses %s', (_, flags, names, message) => {
  expect(() => resolve(flags, names)).toThrow(message);
});

it('refuses what is set and empty, unless other commands alone read it', () => {
  expect(() => resolve(BOTH, ['search'], { LOADSTAR_MACHINE: '' })).toThrow(/LOADSTAR_MACHINE to have a value/);
  expect(resolve(BOTH, ['search'], { BASE_URL: '', DURATION: '', SCENARIO: '' }).budget_s).toBe(300);
});

it('takes the smallest change that matters as a percentage', () => {
  expect(resolve({ ...BOTH, leastChange: '5%' }).least_change).toBe(0.05);
});
