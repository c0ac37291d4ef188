import { expect, it } from 'vitest';
import { mergeRefusedHosts, refusedHostsText } from './refused-hosts.ts';

const refused = (host: string, attempts: number, browser_requests = 0) => ({ host, attempts, browser_requests });

it('names the hosts that the script tried most, and how to allow them', () => {
  const text = refusedHostsText([refused('a.test', 1), refused('page.test', 0, 9), refused('b.test', 1_200)]);
  expect(text).toContain('b.test (1,200 attempts), a.test (1 attempt). ');
  expect(text).toContain('ALLOW_HOSTS');
  expect(text).not.toContain('page.test');
  expect(refusedHostsText(['a', 'b', 'c', 'd'].map((host) => refused(host, 2)))).toContain(' and 1 more. ');
  expect(refusedHostsText([refused('page.test', 0, 9)])).toBeNull();
});

it('adds up what several generators tried', () => {
  const merged = mergeRefusedHosts([refused('a.test', 1, 2), refused('b.test', 3), refused('a.test', 4, 5)]);
  expect(merged).toEqual([refused('a.test', 5, 7), refused('b.test', 3)]);
});
