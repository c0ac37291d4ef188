import { BlockList, isIP } from 'node:net';
import { usageError } from './errors.ts';

/** Finds the proxy for an address; null: no proxy. */
export type ProxyOf = (url: URL) => URL | null;

type Env = Readonly<Record<string, string | undefined>>;

/** Programs in Go read them in upper and lower case. */
const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** What a child needs to take the same route as this process. The values may hold passwords. */
export function proxyVariables(env: Env): Readonly<Record<string, string>> {
  return Object.fromEntries(VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
const PROTOCOLS: readonly string[] = ['http:', 'https:'];
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go does (golang.org/x/net/http/httpproxy), because k6 is written in Go:
 * this process and k6 must take the same route. Loopback never uses a proxy.
 * @throws LoadstarError (usage) when an address needs a proxy whose setting is invalid
 */
export function proxyRules(env: Env): ProxyOf {
  const proxies: Readonly<Record<string, [name: string, text: string]>> = {
    'http:': readSetting(env, 'HTTP_PROXY'),
    'https:': readSetting(env, 'HTTPS_PROXY'),
  };
  const [, exceptions] = readSetting(env, 'NO_PROXY');
  const isException = exceptionRules(exceptions);
  return (url) => {
    const [name, text] = proxies[url.protocol] ?? ['', ''];
    return text === '' || isException(url) ? null : parseProxy(name, text);
  };
}

/** Uppercase wins. @returns the name of the variable and its value */
function readSetting(env: Env, name: string): [name: string, text: string] {
  const small = name.toLowerCase();
  return env[name] ? [name, env[name]] : [small, env[small] ?? ''];
}

function parseProxy(name: string, text: string): URL {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && PROTOCOLS.includes(url.protocol)) return url;
  throw usageError(
    `${name} to be the address of an HTTP proxy`,
    url ? `one with ${url.protocol}//` : 'something else (it may hold a password, so it is not shown)',
    `for example ${name}=http://proxy.example.com:3128, or add hosts that need no proxy to NO_PROXY`,
  );
}

function exceptionRules(text: string): (url: URL) => boolean {
  const subnets = new BlockList();
  const names: ((host: string, port: string) => boolean)[] = [];
  for (const entry of text.split(',').map((part) => part.trim().toLowerCase())) {
    if (entry === '*') return () => true;
    if (entry === '' || addSubnet(subnets, entry)) continue;
    names.push(nameRule(entry));
  }
  return ({ hostname, port, protocol }) => {
    const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
    if (host === 'localhost') return true;
    if (isIP(host) !== 0 && (LOOPBACK.check(host, family) || subnets.check(host, family))) return true;
    return names.some((matches) => matches(host, port || (DEFAULT_PORT[protocol] ?? '')));
  };
}

function addSubnet(subnets: BlockList, entry: string): boolean {
  const [address = '', bits = ''] = entry.split('/');
  if (bits === '' || isIP(address) === 0) return false;
  subnets.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return true;
}

/** `example.com` matches the host and its subdomains, `.example.com` and `*.example.com` only subdomains. A port is optional. */
function nameRule(entry: string): (host: string, port: string) => boolean {
  const { name = '', port: only } = /^\[?(?<name>.*?)\]?(?::(?<port>\d+))?$/.exec(
    isIP(entry) === 6 ? `[${entry}]` : entry,
  )?.groups ?? { name: entry };
  const below = name.replace(/^\*\./, '.');
  return (host, port) => {
    if (only && only !== port) return false;
    return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
  };
}
