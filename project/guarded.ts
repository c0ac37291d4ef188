import { hostAllowed } from '../profiles/hosts.ts';
import type { TargetConfig } from './schema.ts';

/** How far a target may be loaded; null: no limit. */
export interface LoadLimits {
  readonly max_rate_rps: number | null;
  readonly max_duration_s: number | null;
  readonly max_vus: number | null;
}

/** What the configuration says of the place that a call is about to load, whatever the call names it. */
export interface Guarded {
  /** The production target that it is; null: none. */
  readonly production: string | null;
  /** The strictest of all targets that it is. */
  readonly limits: LoadLimits;
  /** The target that has them, for messages. */
  readonly limits_of: string | null;
  /** Hosts of production that this call is not about, and that k6 must not reach. */
  readonly blocked_hosts: readonly string[];
}

type Targets = Readonly<Record<string, TargetConfig>>;

const NO_LIMITS: LoadLimits = { max_rate_rps: null, max_duration_s: null, max_vus: null };

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
    limits_of: (same.find(([name]) => name === named) ?? same[0])?.[0] ?? null,
    blocked_hosts: findBlockedHosts(all, same, url),
  };
}

export const UNGUARDED: Guarded = { production: null, limits: NO_LIMITS, limits_of: null, blocked_hosts: [] };

type Entry = [string, TargetConfig];

/**
 * By its address; else by a host that production may be loaded through, unless another target owns that one: a wildcard
 * for production may take staging's host too.
 */
function findProduction(url: URL | null, hit: readonly Entry[], all: readonly Entry[]): Entry | undefined {
  const by_address = hit.find(([, target]) => target.production);
  if (by_address || hit.length > 0 || url === null) return by_address;
  return all.find(
    ([, { production, allowed_hosts = [] }]) =>
      production && !isLoopback(url.hostname) && hostAllowed(normalizeHost(url.hostname), allowed_hosts),
  );
}

/** Same machine under the same name. Another port of it is the same machine; of loopback it is another app. */
function isSamePlace(url: URL, { base_url }: TargetConfig): boolean {
  const place = parseAddress(base_url);
  if (!place) return false;
  if (isLoopback(url.hostname) && isLoopback(place.hostname)) return effectivePort(url) === effectivePort(place);
  return normalizeHost(url.hostname) === normalizeHost(place.hostname);
}

/** A configuration whose address is none is refused where it is chosen. */
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

function findStrictest(hit: readonly Entry[], limit: keyof LoadLimits): number | null {
  const values = hit.flatMap(([, target]) => target[limit] ?? []);
  return values.length > 0 ? Math.min(...values) : null;
}

function findBlockedHosts(all: readonly Entry[], loaded: readonly Entry[], url: URL | null): string[] {
  const others = all.filter((entry) => entry[1].production && !loaded.includes(entry));
  const hosts = others.flatMap(([, { base_url }]) => parseAddress(base_url)?.hostname ?? []).map(normalizeHost);
  return [...new Set(hosts)].filter((host) => !isLoopback(host) && host !== (url && normalizeHost(url.hostname)));
}
