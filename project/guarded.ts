import { hostAllowed } from '../profiles/hosts.ts';
import type { TargetConfig } from './schema.ts';

/** Limits on the load of a target; null: no limit. */
export interface LoadLimits {
  readonly max_rate_rps: number | null;
  readonly max_duration_s: number | null;
  readonly max_vus: number | null;
}

/** The guard rules for the address that a run is about to load, by whatever name the run addresses it. */
export interface Guarded {
  /** Name of the production target; null: it is none. */
  readonly production: string | null;
  /** The strictest limits of all targets with this address. */
  readonly limits: LoadLimits;
  /** Whose limits they are, for messages: `targets.staging`. */
  readonly limits_of: string | null;
  /** Other production hosts, which k6 must not reach. */
  readonly blocked_hosts: readonly string[];
}

type Targets = Readonly<Record<string, TargetConfig>>;

export const NO_LIMITS: LoadLimits = { max_rate_rps: null, max_duration_s: null, max_vus: null };

/**
 * @param url what is about to be loaded; null: the demo clinic
 * @param named the target that the call names, if it names one
 */
export function findGuard(url: URL | null, named: string | null, targets: Targets): Guarded {
  const all = Object.entries(targets);
  const hit = all.filter(([name, target]) => name === named || (url !== null && isSamePlace(url, target)));
  const production = hit.find(([name, target]) => target.production && name === named) ?? findProduction(url, hit, all);
  const same = production && !hit.includes(production) ? [...hit, production] : hit;
  return {
    production: production?.[0] ?? null,
    limits: {
      max_rate_rps: findStrictest(same, 'max_rate_rps'),
      max_duration_s: findStrictest(same, 'max_duration_s'),
      max_vus: findStrictest(same, 'max_vus'),
    },
    limits_of: ownerOf(same.find(([name]) => name === named) ?? same[0]),
    blocked_hosts: findBlockedHosts(all, same, url),
  };
}

function ownerOf(entry: Entry | undefined): string | null {
  return entry ? `\`targets.${entry[0]}\`` : null;
}

export const UNGUARDED: Guarded = { production: null, limits: NO_LIMITS, limits_of: null, blocked_hosts: [] };

type Entry = [string, TargetConfig];

/**
 * Finds the production target by its address, else by its allowed hosts, unless another target has that address: a
 * wildcard for production may also match the host of staging.
 */
function findProduction(url: URL | null, hit: readonly Entry[], all: readonly Entry[]): Entry | undefined {
  const by_address = hit.find(([, target]) => target.production);
  if (by_address || hit.length > 0 || url === null) return by_address;
  return all.find(
    ([, { production, allowed_hosts = [] }]) =>
      production && !isLoopback(url.hostname) && hostAllowed(normalizeHost(url.hostname), allowed_hosts),
  );
}

/** The same host name means the same machine, on any port. On loopback, another port is another app. */
function isSamePlace(url: URL, { base_url }: TargetConfig): boolean {
  const place = parseAddress(base_url);
  if (!place) return false;
  if (isLoopback(url.hostname) && isLoopback(place.hostname)) return effectivePort(url) === effectivePort(place);
  return normalizeHost(url.hostname) === normalizeHost(place.hostname);
}

/** @returns null for an invalid address, which is refused when the target is chosen */
function parseAddress(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function isLoopback(hostname: string): boolean {
  return hostAllowed(normalizeHost(hostname), []);
}

/** `example.com.` is `example.com`. */
function normalizeHost(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

function effectivePort({ port, protocol }: URL): string {
  return port || (DEFAULT_PORT[protocol] ?? '');
}

/** The stricter of both; what one of them leaves open, the other one decides. */
export function strictest(some: LoadLimits, others: LoadLimits): LoadLimits {
  const least = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.min(a, b));
  return {
    max_rate_rps: least(some.max_rate_rps, others.max_rate_rps),
    max_duration_s: least(some.max_duration_s, others.max_duration_s),
    max_vus: least(some.max_vus, others.max_vus),
  };
}

function findStrictest(hit: readonly Entry[], limit: keyof LoadLimits): number | null {
  const values = hit.flatMap(([, target]) => target[limit] ?? []);
  return values.length > 0 ? Math.min(...values) : null;
}

function findBlockedHosts(all: readonly Entry[], loaded: readonly Entry[], url: URL | null): string[] {
  const others = all.filter((entry) => entry[1].production && !loaded.includes(entry));
  const hosts = others.flatMap(([, { base_url }]) => parseAddress(base_url)?.hostname ?? []).map(normalizeHost);
  return [...new Set(hosts)].filter((host) => !isLoopback(host) && host !== (url && normalizeHost(url.hostname)));
}
