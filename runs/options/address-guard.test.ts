import { BlockList, isIPv4 } from 'node:net';
import { expect, it } from 'vitest';
import { addressGuardArgs, complementOf } from './address-guard.ts';

/** Whether the ranges hold an address, as Go reads them: a range of IPv6 holds no address of IPv4. */
function hold(ranges: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges.filter((it) => isIPv4(it.split('/')[0] ?? '') === isIPv4(address))) {
    const [first = '', prefix] = range.split('/');
    list.addSubnet(first, Number(prefix), isIPv4(first) ? 'ipv4' : 'ipv6');
  }
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

const ALLOWED = ['127.0.0.1', '127.255.255.255', '::1', '10.0.0.5', '2001:db8::7'];
const REFUSED = ['10.0.0.4', '10.0.0.6', '0.0.0.0', '126.255.255.255', '128.0.0.0', '255.255.255.255', '::', '::2'];

it('every address outside the allowed ones is refused, and none of them', () => {
  const ranges = complementOf(['127.0.0.0/8', '::1/128', '10.0.0.5/32', '2001:db8::7/128']);
  for (const address of ALLOWED) expect(hold(ranges, address), address).toBe(false);
  for (const address of [...REFUSED, '2001:db8::6', '2001:db8::8', 'ffff::'])
    expect(hold(ranges, address), address).toBe(true);
});

it('looks allowed names up, and refuses what it cannot hold', async () => {
  const lookup = async () => ['10.0.0.5', '2001:db8::7'];
  const args = await addressGuardArgs(['app.test'], lookup);
  const ranges = args.filter((arg) => arg !== '--blacklist-ip');
  expect(args).toHaveLength(2 * ranges.length);
  for (const address of ALLOWED) expect(hold(ranges, address), address).toBe(false);
  for (const address of REFUSED) expect(hold(ranges, address), address).toBe(true);
  await expect(addressGuardArgs(['*.example.com'], lookup)).rejects.toMatchObject({
    next: expect.stringContaining('install Go'),
  });
  await expect(addressGuardArgs(['app.test'], () => Promise.reject(new Error('ENOTFOUND')))).rejects.toMatchObject({
    found: 'ENOTFOUND',
  });
});
