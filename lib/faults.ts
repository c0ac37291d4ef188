/** Explains why a server cannot be reached and what to do, for InfluxDB, Grafana and all others. */
import { LoadstarError, messageOf } from './errors.ts';

export interface Fault {
  readonly found: string;
  readonly next: string;
}

/** A server and the setting of its address. */
export interface Place {
  readonly url: URL;
  /** The variable or option that names it. */
  readonly setting: string;
  /** Proxy to the server; null: none. */
  readonly proxy: URL | null;
  readonly timeout_s: number;
}

interface Cause {
  readonly code: string;
  readonly message: string;
  readonly error: unknown;
}

/** Node.js's codes for a certificate chain that does not end in a trusted root. */
const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
];
const OUT_OF_DATE = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const NAME = ['ENOTFOUND', 'EAI_AGAIN'];
const NO_WAY = ['EHOSTUNREACH', 'ENETUNREACH'];
const SILENT = ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];
const CUT = ['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE'];
const AUTHENTICATE = 407;

/** @throws the error itself if it already says what to do */
export function explainFault(error: unknown, place: Place): Fault {
  const cause = findCause(error);
  if (cause.error instanceof LoadstarError) throw cause.error;
  return explainProxyRefusal(cause, place) ?? explainTlsFault(cause, place) ?? explainConnectionFault(cause, place);
}

/** Finds the error of the connection. Clients wrap it, once for each address that they tried. */
function findCause(error: unknown): Cause {
  let innermost = error;
  for (let depth = 0; depth < 5 && innermost instanceof Error && !findCode(innermost) && innermost.cause; depth += 1) {
    innermost = innermost.cause;
  }
  return { code: findCode(innermost), message: messageOf(innermost), error: innermost };
}

function findCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.name === 'TimeoutError') return 'ETIMEDOUT';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Without user name and password. */
function proxyName(proxy: URL): string {
  return `the proxy ${proxy.origin}`;
}

/** How to bypass or change a proxy. */
export function proxyAdvice({ url, proxy }: Pick<Place, 'url' | 'proxy'>, status: number | null): string {
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (status === AUTHENTICATE) {
    return proxy?.username
      ? `check user and password in ${variable}`
      : `add \`user:password@\` before the host in ${variable}`;
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return `check ${variable}, let the proxy allow ${url.host}, or bypass it: NO_PROXY=${host}`;
}

function explainProxyRefusal({ message }: Cause, place: Place): Fault | null {
  const status = /Proxy (response|Authentication Required) \((?<status>\d+)\)/.exec(message)?.groups?.status;
  if (!place.proxy || !status) return null;
  return {
    found: `${proxyName(place.proxy)} answers ${status}${Number(status) === AUTHENTICATE ? ' (it requires a password)' : ''}`,
    next: proxyAdvice(place, Number(status)),
  };
}

function explainTlsFault({ code, message, error }: Cause, { url, setting }: Place): Fault | null {
  if (UNTRUSTED.includes(code)) {
    return {
      found: `a certificate that is not trusted here (${message})`,
      next: 'set the CA that signed it: STACK_CA_FILE=company-ca.pem',
    };
  }
  if (OUT_OF_DATE.includes(code)) {
    return {
      found: code === 'CERT_HAS_EXPIRED' ? 'a certificate that has expired' : 'a certificate that is not valid yet',
      next: 'renew it, and check the clock of this machine',
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname ?? 'no name';
    return {
      found: `a certificate for another host (${names})`,
      next: `set ${setting} to a name that is in the certificate`,
    };
  }
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return null;
  const found = /wrong version number|packet length|unknown protocol/i.test(message)
    ? 'a server that does not speak TLS'
    : `no TLS connection (${code})`;
  return { found, next: `if it speaks plain HTTP: ${setting}=http://${url.host}` };
}

function explainConnectionFault({ code, message }: Cause, place: Place): Fault {
  const { url, setting, proxy, timeout_s } = place;
  const whom = proxy ? proxyName(proxy) : url.host;
  const next = proxy ? proxyAdvice(place, null) : null;
  if (NAME.includes(code)) {
    const host = (proxy ?? url).hostname;
    return { found: `no host with the name ${host} (${code})`, next: next ?? `check ${setting} and DNS` };
  }
  if (code === 'ECONNREFUSED') {
    return {
      found: `nothing listening at ${whom} (${code})`,
      next: next ?? `check host and port in ${setting}, and that the server runs`,
    };
  }
  if (SILENT.includes(code) || NO_WAY.includes(code)) {
    const found = NO_WAY.includes(code)
      ? `no route to ${whom} (${code})`
      : `no answer from ${whom} within ${timeout_s} s`;
    return {
      found,
      next: next ?? `check ${setting} and the firewall, or set a proxy with HTTPS_PROXY or HTTP_PROXY`,
    };
  }
  if (!CUT.includes(code)) return { found: message, next: next ?? `check ${setting}` };
  return {
    found: `a connection that ${whom} closed (${message})`,
    next:
      next ?? `check ${setting}${url.protocol === 'http:' ? `; if it speaks TLS: ${setting}=https://${url.host}` : ''}`,
  };
}
