/** Why a server could not be reached, and what to do about it: said once for InfluxDB, Grafana and whoever else. */
import { LoadstarError, messageOf } from './errors.ts';

export interface Fault {
  readonly found: string;
  readonly next: string;
}

/** Which server, and how it is set. */
export interface Place {
  readonly url: URL;
  /** The variable or option that names it. */
  readonly setting: string;
  /** What leads to it; null: the way is direct. */
  readonly proxy: URL | null;
  readonly timeout_s: number;
}

interface Cause {
  readonly code: string;
  readonly message: string;
  readonly error: unknown;
}

/** OpenSSL's verdicts where a chain does not end in a root that we trust, as Node.js names them. */
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

/** @throws the error itself where it already says what to do */
export function explainFault(error: unknown, place: Place): Fault {
  const cause = findCause(error);
  if (cause.error instanceof LoadstarError) throw cause.error;
  return explainProxyRefusal(cause, place) ?? explainTlsFault(cause, place) ?? explainConnectionFault(cause, place);
}

/** The error that is about the connection: clients wrap it, once for each address that they tried. */
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

/** A password in it is nobody's business. */
function proxyName(proxy: URL): string {
  return `the proxy ${proxy.origin}`;
}

/** What to write to go past a proxy, or to name another. */
export function proxyAdvice({ url, proxy }: Pick<Place, 'url' | 'proxy'>, status: number | null): string {
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (status === AUTHENTICATE) {
    return proxy?.username
      ? `check user and password in ${variable}`
      : `put \`user:password\` and an @ before its host in ${variable}`;
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return `check ${variable}; have the proxy allow ${url.host}; or go past it: NO_PROXY=${host}`;
}

function explainProxyRefusal({ message }: Cause, place: Place): Fault | null {
  const status = /Proxy (response|Authentication Required) \((?<status>\d+)\)/.exec(message)?.groups?.status;
  if (!place.proxy || !status) return null;
  return {
    found: `${proxyName(place.proxy)} answers ${status}${Number(status) === AUTHENTICATE ? ' (it wants a password)' : ''}`,
    next: proxyAdvice(place, Number(status)),
  };
}

function explainTlsFault({ code, message, error }: Cause, { url, setting }: Place): Fault | null {
  if (UNTRUSTED.includes(code)) {
    return {
      found: `a certificate that is not trusted here (${message})`,
      next: 'give the CA that signed it: STACK_CA_FILE=company-ca.pem',
    };
  }
  if (OUT_OF_DATE.includes(code)) {
    return {
      found: code === 'CERT_HAS_EXPIRED' ? 'a certificate that has expired' : 'a certificate that is not valid yet',
      next: 'have it renewed, and check the clock of this machine',
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
    return { found: `no host of the name ${host} (${code})`, next: next ?? `check ${setting}, and the name service` };
  }
  if (code === 'ECONNREFUSED') {
    return {
      found: `nobody listening at ${whom} (${code})`,
      next: next ?? `check ${setting}: host and port, and that the server runs`,
    };
  }
  if (SILENT.includes(code) || NO_WAY.includes(code)) {
    const found = NO_WAY.includes(code) ? `no way to ${whom} (${code})` : `no answer of ${whom} within ${timeout_s} s`;
    return {
      found,
      next: next ?? `check ${setting} and the firewall between; a proxy is named with HTTPS_PROXY or HTTP_PROXY`,
    };
  }
  if (!CUT.includes(code)) return { found: message, next: next ?? `check ${setting}` };
  return {
    found: `a connection that ${whom} has cut (${message})`,
    next:
      next ?? `check ${setting}${url.protocol === 'http:' ? `; if it speaks TLS: ${setting}=https://${url.host}` : ''}`,
  };
}
