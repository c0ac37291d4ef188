/**
 * Allowed hosts for a k6 that is not Loadstar's build. A released k6 can refuse addresses (`--blacklist-ip`), but has no list
 * of allowed names: so the allowed names are looked up once, and every other address is refused.
 */
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import { messageOf, unusableError, usageError } from '../../lib/errors.ts';

type Lookup = (host: string) => Promise<readonly string[]>;

const LOOPBACK = ['127.0.0.0/8', '::1/128'] as const;
const BITS = { 4: 32, 6: 128 } as const;
type Version = keyof typeof BITS;

/**
 * @param allow_hosts besides loopback, as in ALLOW_HOSTS
 * @throws LoadstarError (usage) for a wildcard, (unusable) for a name without an address
 */
export async function addressGuardArgs(
  allow_hosts: readonly string[],
  lookup: Lookup = findAddresses,
): Promise<string[]> {
  const addresses = await Promise.all(allow_hosts.map((host) => addressesOf(host, lookup)));
  const allowed = [
    ...LOOPBACK,
    ...addresses.flat().map((address) => `${address}/${isIPv4(address) ? BITS[4] : BITS[6]}`),
  ];
  return complementOf(allowed).flatMap((range) => ['--blacklist-ip', range]);
}

async function findAddresses(host: string): Promise<string[]> {
  return (await lookUp(host, { all: true })).map(({ address }) => address);
}

const OWN_BUILD = 'install Go, so that Loadstar builds its own k6, or use Docker';

async function addressesOf(host: string, lookup: Lookup): Promise<readonly string[]> {
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address)) return [address];
  if (host.startsWith('*.')) {
    throw usageError(
      'host names: the k6 on PATH can only be held to their addresses',
      `\`${host}\` in the allowed hosts`,
      OWN_BUILD,
    );
  }
  try {
    return await lookup(host);
  } catch (error) {
    throw unusableError(
      `${host} to have an address, which the k6 on PATH is held to`,
      messageOf(error),
      OWN_BUILD,
      error,
    );
  }
}

/** Ranges that cover every address outside the given ones. @param ranges as `127.0.0.0/8` */
export function complementOf(ranges: readonly string[]): string[] {
  return ([4, 6] as const).flatMap((version) => {
    const own = ranges.filter((range) => isIPv4(range.split('/')[0] ?? '') === (version === 4)).map(parseRange);
    return refusedWithin({ first: 0n, prefix: 0 }, own, version);
  });
}

interface Range {
  /** First address, as a number. */
  readonly first: bigint;
  /** Leading bits that all addresses of the range share. */
  readonly prefix: number;
}

/** Halves a range until each part is wholly allowed or wholly refused. */
function refusedWithin(range: Range, allowed: readonly Range[], version: Version): string[] {
  const bits = BITS[version];
  if (allowed.some((one) => contains(one, range, bits))) return [];
  const inside = allowed.filter((one) => contains(range, one, bits));
  if (inside.length === 0) return [`${addressText(range.first, version)}/${range.prefix}`];
  const prefix = range.prefix + 1;
  const second = range.first + (1n << BigInt(bits - prefix));
  return [range.first, second].flatMap((first) => refusedWithin({ first, prefix }, inside, version));
}

function contains(outer: Range, inner: Range, bits: number): boolean {
  const shift = BigInt(bits - outer.prefix);
  return outer.prefix <= inner.prefix && outer.first >> shift === inner.first >> shift;
}

function parseRange(text: string): Range {
  const [address = '', prefix = ''] = text.split('/');
  return { first: addressNumber(address), prefix: Number(prefix) };
}

const GROUP_BITS = 16n;
const BYTE_BITS = 8n;
const HEX = 16;

function addressNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, byte) => (sum << BYTE_BITS) + BigInt(byte), 0n);
  // A URL writes the address without `::ffff:1.2.3.4` and in lower case; a `::` stands for the groups that are missing.
  const [head = '', tail = ''] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  const groups = [...before, ...Array<string>(BITS[6] / HEX - before.length - after.length).fill('0'), ...after];
  return groups.reduce((sum, group) => (sum << GROUP_BITS) + BigInt(`0x${group}`), 0n);
}

function addressText(value: bigint, version: Version): string {
  if (version === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  }
  return Array.from({ length: BITS[6] / HEX }, (_, index) => {
    const shift = BigInt(BITS[6]) - GROUP_BITS * BigInt(index + 1);
    return ((value >> shift) & 0xffffn).toString(HEX);
  }).join(':');
}
