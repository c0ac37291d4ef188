/** What must not be read: secrets in whatever is printed or logged, and control characters that would steer a terminal. */
import { ENV, type EnvName } from '../contract/env.ts';
import { parseJson } from './json.ts';

/** Shorter texts stand in ordinary words too: replacing those would make a text unreadable, and hide nothing. */
const SHORTEST_SECRET = 6;
/** A header whose name says nothing may hold a word such as `staging`, which stands in addresses as well. */
const SHORTEST_UNNAMED = 16;
const SECRET_NAME = /auth|token|secret|key|pass|cookie|session|signature|credential/i;
const MASK = '***';

/** Collects secrets, and takes them out of texts. */
export class Redactor {
  #values: readonly string[] = [];

  /** Each in all the forms that it may appear in. */
  add(values: readonly string[]): void {
    const all = [...this.#values, ...values.flatMap(secretForms)];
    // Longest first, as one may hold another.
    this.#values = [...new Set(all)].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    return removeUserinfo(maskSecrets(text, this.#values));
  }
}

/** @param secrets longest first */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, MASK), text);
}

/**
 * A secret as it stands, as HTTP's basic authentication, JSON, and URLs write it, and its parts: the password of `user:password` (also
 * where it came encoded), the path of an address.
 */
export function secretForms(value: string): string[] {
  const plain = decodeBasic(value) ?? value.replace(/^Bearer /i, '');
  const parts = [value, value.replace(/^(Basic|Bearer) /i, ''), plain, ...findPassword(plain), ...findPath(plain)];
  const forms = parts.flatMap((part) => [
    part,
    base64(part),
    // As git sends a token, for any user.
    base64(`x-access-token:${part}`),
    encoded(part),
    JSON.stringify(part).slice(1, -1),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST_SECRET);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decodeBasic(value: string): string | null {
  const encodeSafely = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(value)?.[1];
  return encodeSafely ? Buffer.from(encodeSafely, 'base64').toString('utf8') : null;
}

function findPassword(value: string): string[] {
  if (/^[a-z]+:\/\//i.test(value)) {
    const { password = '' } = URL.canParse(value) ? new URL(value) : {};
    return [password, decodeSafely(password)];
  }
  return value.includes(':') ? [value.slice(value.indexOf(':') + 1)] : [];
}

function findPath(value: string): string[] {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return [];
  const { pathname, search } = new URL(value);
  return pathname.length > SHORTEST_SECRET || search ? [pathname + search] : [];
}

/** Half a surrogate pair cannot stand in an address. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The values of the variables that contract/env.ts calls secret. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = (Object.keys(ENV) as (keyof typeof ENV)[]).filter((name) => 'secret' in ENV[name]);
  return names.flatMap((name) => {
    const value = env[name];
    if (!value) return [];
    if (name === 'TARGET_HEADERS') return [value, ...headerSecrets(value)];
    return PROXIES.includes(name) ? proxySecrets(value) : [value];
  });
}

const PROXIES: readonly string[] = ['HTTPS_PROXY', 'HTTP_PROXY'] satisfies EnvName[];

/** Where a proxy is has to be said when it does not answer; who we are to it has not. */
function proxySecrets(value: string): string[] {
  return URL.canParse(value) ? findPassword(value) : [value];
}

function headerSecrets(text: string): string[] {
  return Object.entries(parseJson(text) ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' && isSecretHeader(name, value) ? [value] : [],
  );
}

/** Whether a header of the target must not show where people read: by its name, or because no word is so long. */
export function isSecretHeader(name: string, value: string): boolean {
  return SECRET_NAME.test(name) || value.length >= SHORTEST_UNNAMED;
}

/** Bounded: an address may stand anywhere in a long text. */
const USERINFO = /:\/\/[^\s/?#@"'<>\\]{1,512}@/g;

/** Addresses without what stands before their host. */
export function removeUserinfo(text: string): string {
  return text.replace(USERINFO, `://${MASK}@`);
}

/** A text that somebody meant as an address: whatever stands before its last `@` may be a password, however it is written. */
export function maskAddress(text: string): string {
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `${MASK}${text.slice(at)}`;
}

/** Escape sequences for colours, which we write ourselves; a text that colours itself does no harm. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const KEPT = /(\u001b\[[0-9;]{0,16}m|\n|\t)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Names and errors come from anywhere: none of them moves the cursor, sets the title or writes into the clipboard. */
export function toPrintable(text: string): string {
  return text
    .split(KEPT)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(CONTROL, '?')))
    .join('');
}
