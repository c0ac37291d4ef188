import { type Dispatcher, request } from 'undici';
import { readCa, trustedRoots } from '../../lib/ca-files.ts';
import { messageOf, unusableError, usageError } from '../../lib/errors.ts';
import { dispatcherFor, type Trust } from '../../lib/network.ts';
import { proxyRules } from '../../lib/proxies.ts';
import { maskAddress } from '../../lib/redact.ts';
import { hostAllowed } from '../../profiles/hosts.ts';

/** How to get through to a staging system. Secret: never logged. */
export interface TargetAccess {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca_file: string | null;
  readonly insecure: boolean;
}

/** A cold staging system may need a while for its first answer. */
const ANSWER_TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;
const BETWEEN_ATTEMPTS_MS = 1_000;
const REDIRECT_FROM = 300;
const REDIRECT_TO = 399;

/** @throws LoadstarError (usage) where the text is no http(s) URL, or carries credentials. */
export function parseBaseUrl(text: string, setting = 'BASE_URL'): URL {
  const next = 'for example BASE_URL=https://staging.example.com';
  if (!URL.canParse(text)) throw usageError(`${setting} to be a URL`, `\`${maskAddress(text)}\``, next);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw usageError(`${setting} to begin with http:// or https://`, `\`${url.protocol}//\``, next);
  }
  if (url.username || url.password) {
    throw usageError(
      `${setting} without credentials: they would end up in logs`,
      'a user name or password in it',
      'put them into TARGET_BASIC_AUTH=user:password',
    );
  }
  if (url.search || url.hash) {
    throw usageError(
      `${setting} without a query: requests have their own`,
      'one (not shown: it may hold a secret)',
      next,
    );
  }
  return url;
}

/** As k6 gets it and as messages show it: without a trailing slash. */
export function baseUrlText(url: URL): string {
  return url.href.replace(/\/$/, '');
}

/**
 * Loopback and ALLOW_HOSTS may be loaded, nothing else.
 * @param target the target's name in the configuration, where it comes from there
 * @throws LoadstarError (usage) with the line that allows it.
 */
export function guardTarget(url: URL, allow_hosts: readonly string[], target: string | null = null): void {
  if (hostAllowed(url.hostname, allow_hosts)) return;
  if (target) {
    throw usageError(
      `\`targets.${target}\` to allow its own host: only loopback and allowed hosts are loaded`,
      `${url.hostname}, which is not in its allowed_hosts`,
      `if it is yours to load, add it: allowed_hosts: ['${url.hostname}']`,
    );
  }
  throw usageError(
    'a target that may be loaded: loopback, or a host in ALLOW_HOSTS',
    `${url.hostname}, which nobody has allowed`,
    `if it is yours to load, repeat the command with ALLOW_HOSTS=${[...allow_hosts, url.hostname].join(',')}`,
  );
}

/**
 * Asks the target once before any load, the way that k6 will go: through a proxy where the environment names one.
 * Any HTTP status is an answer: judging is what the run is for.
 * @throws LoadstarError (unusable) naming URL, error and what was tried; (usage) for a redirect to a host not allowed.
 */
export async function probeTarget(
  url: URL,
  access: TargetAccess,
  allow_hosts: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<void> {
  const dispatcher = dispatcherFor(proxyRules(env), trustedBy(access, env));
  try {
    const location = await awaitAnswer(url, access, dispatcher);
    if (!location) return;
    const redirect = new URL(location, url);
    if (!hostAllowed(redirect.hostname, allow_hosts)) {
      throw usageError(
        `${baseUrlText(url)} to answer itself`,
        `a redirect to ${redirect.hostname}, which nobody has allowed`,
        `set BASE_URL to where the app really is, or add ${redirect.hostname} to ALLOW_HOSTS`,
      );
    }
  } finally {
    await dispatcher.destroy();
  }
}

async function awaitAnswer(url: URL, access: TargetAccess, dispatcher: Dispatcher): Promise<string | null> {
  let last: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const response = await request(url, {
        dispatcher,
        headers: access.headers,
        headersTimeout: ANSWER_TIMEOUT_MS,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      await response.body.dump();
      const location = response.headers.location;
      const redirects = response.statusCode >= REDIRECT_FROM && response.statusCode <= REDIRECT_TO;
      return redirects && typeof location === 'string' ? location : null;
    } catch (error) {
      last = error;
      if (attempt < ATTEMPTS) await new Promise((done) => setTimeout(done, BETWEEN_ATTEMPTS_MS));
    }
  }
  throw unusableError(
    `${baseUrlText(url)} to answer before load starts`,
    `${messageOf(last)} (GET ${url.href}, ${ATTEMPTS} attempts)`,
    nextStep(messageOf(last)),
    last,
  );
}

function nextStep(message: string): string {
  if (/certificate|self-signed|issuer/i.test(message)) {
    return 'give the CA in TARGET_CA_FILE=ca.pem, or TARGET_INSECURE=true to accept any certificate';
  }
  return 'check that the app is up and reachable from here, and BASE_URL';
}

function trustedBy({ insecure, ca_file }: TargetAccess, env: Parameters<typeof trustedRoots>[0]): Trust {
  if (insecure) return { ca: null, insecure };
  return { ca: ca_file ? trustedRoots(env, [readCa(ca_file)]) : null };
}
