import { unusableError } from '../../lib/errors.ts';
import { proxyAdvice } from '../../lib/faults.ts';
import { parseJson } from '../../lib/json.ts';
import type { InfluxAccess } from '../engine/engine.ts';
import { type Answer, askServer, type Server } from './ask-server.ts';

export interface Identity {
  /** For messages: `InfluxDB v2.9.1`. */
  readonly name: string;
  /** Such as `2.9.1`; null: it sends none. */
  readonly version: string | null;
  /** How far its clock is ahead of ours; null: it sends no time. */
  readonly skew_s: number | null;
}

const TWO = /^v?2\./;
const DOCUMENTED = 'docs/external.md lists the supported versions of InfluxDB';
const ONE = /^v?[01]\./;
const WHY_NOT_ONE = 'it has different buckets, permissions and queries';
const THREE = /^v?3\./;
const WHY_NOT_THREE = 'it has no Flux, which all queries and dashboards need';
/** Editions of InfluxDB 3. InfluxDB 1 Enterprise is recognised by its version before. */
const BUILDS_OF_THREE = /^(core|enterprise)$/i;
const CLOUD_HOST = /\.influxdata\.com$/;
const OK = 200;
const REDIRECT = 300;
const CLIENT_FAULT = 400;
const UNAUTHORIZED = 401;
const PROXY_AUTHENTICATE = 407;
const LONGEST_EXCERPT = 80;

/** Identifies the server. @throws LoadstarError (unusable) if it is no InfluxDB 2 */
export async function identifyServer(server: Server, access: InfluxAccess): Promise<Identity> {
  const headers = authorizationHeader(access);
  const ping = await askServer(server, { path: '/ping', headers });
  const version = ping.header('x-influxdb-version');
  const build = ping.header('x-influxdb-build');
  if (ONE.test(version)) throw versionError(server, `InfluxDB ${version}: ${WHY_NOT_ONE}`);
  if (THREE.test(version) || BUILDS_OF_THREE.test(build)) {
    throw versionError(server, `InfluxDB ${version || `3 ${build}`}: ${WHY_NOT_THREE}`);
  }
  if (TWO.test(version)) {
    return { name: `InfluxDB ${version}`, version: version.replace(/^v/, ''), skew_s: ping.skew_s };
  }
  requireItself(server, ping);
  // InfluxDB Cloud sends no version, and a custom build may have none.
  const answer = await askServer(server, { path: '/api/v2/buckets?limit=1', headers });
  if (!isInflux(answer)) {
    if (!version) throw await notInfluxError(server, ping);
    throw versionError(server, `InfluxDB of the version "${version}" without the API of InfluxDB 2: ${WHY_NOT_ONE}`);
  }
  const cloud = CLOUD_HOST.test(new URL(server.url).hostname) || /cloud/i.test(build);
  return { name: cloud ? 'InfluxDB Cloud' : 'InfluxDB of unknown version', version: null, skew_s: ping.skew_s };
}

function versionError({ url }: Server, found: string): Error {
  return unusableError(`InfluxDB 2 at ${url}`, found, DOCUMENTED);
}

export function authorizationHeader({ tokens }: InfluxAccess): Record<string, string> {
  return { authorization: `Token ${tokens.cli}` };
}

/** @throws LoadstarError (unusable) for a redirect, or the answer of a proxy */
function requireItself(server: Server, { status, header }: Answer): void {
  const url = new URL(server.url);
  const proxy = server.proxyOf(url);
  if (proxy && status === PROXY_AUTHENTICATE) {
    throw unusableError(
      `${server.name} to answer at ${server.url}`,
      `the proxy ${proxy.origin} answers ${status} (it requires a password)`,
      proxyAdvice({ url, proxy }, status),
    );
  }
  if (status >= REDIRECT && status < CLIENT_FAULT && header('location')) {
    const to = new URL(header('location'), `${server.url}/ping`);
    throw unusableError(
      `${server.name} itself at ${server.url}`,
      `a redirect to ${to.href}`,
      `set ${server.setting}=${to.href.replace(/\/ping$/, '')}`,
    );
  }
}

/** Errors of InfluxDB 2 have a code and a message. InfluxDB 3 has neither this list nor such errors. */
function isInflux({ text }: Answer): boolean {
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null) return false;
  const { buckets, code, message } = body as Record<string, unknown>;
  return Array.isArray(buckets) || (typeof code === 'string' && typeof message === 'string');
}

async function notInfluxError(server: Server, ping: Answer): Promise<Error> {
  const expected = `InfluxDB 2 at ${server.url}`;
  const grafana = await readGrafanaVersion(server);
  if (grafana) {
    return unusableError(
      expected,
      `Grafana ${grafana}`,
      'set GRAFANA_URL to this address, and INFLUX_URL to the InfluxDB behind it',
    );
  }
  if (/HTTP request to an HTTPS/i.test(ping.text)) {
    const { host, pathname } = new URL(server.url);
    const https = `https://${host}${pathname.replace(/\/$/, '')}`;
    return unusableError(expected, 'a server that requires TLS', `set INFLUX_URL=${https}`);
  }
  const url = new URL(server.url);
  const proxy = server.proxyOf(url);
  const through = proxy ? `, through the proxy ${proxy.origin}` : '';
  const found = `status ${ping.status} of ${server.url}/ping: ${excerpt(ping)}${through}`;
  if (ping.status === UNAUTHORIZED) {
    return unusableError(
      expected,
      found,
      `check INFLUX_URL and INFLUX_TOKEN; InfluxDB 3 also answers like this: ${DOCUMENTED}`,
    );
  }
  const next =
    proxy && ping.status >= CLIENT_FAULT
      ? proxyAdvice({ url, proxy }, ping.status)
      : 'check host, port and path in INFLUX_URL';
  return unusableError(expected, found, next);
}

/** @returns null if the server is no Grafana */
export async function readGrafanaVersion(server: Server): Promise<string | null> {
  const { status, text } = await askServer(server, { path: '/api/health' });
  const body = parseJson(text) as { database?: unknown; version?: unknown } | undefined;
  if (status !== OK || typeof body?.database !== 'string') return null;
  // Grafana can be configured to hide its version.
  return typeof body.version === 'string' ? body.version : 'of unknown version';
}

function excerpt({ header, text }: Answer): string {
  const title = /<title>(?<title>[^<]*)<\/title>/i.exec(text)?.groups?.title?.trim();
  if (title) return `a web page, "${title.slice(0, LONGEST_EXCERPT)}"`;
  const line = text.trim().split('\n')[0]?.slice(0, LONGEST_EXCERPT);
  return line ? `"${line}"` : `an empty answer${header('server') ? ` of ${header('server')}` : ''}`;
}
