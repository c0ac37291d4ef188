/** Masks secrets in everything printed or logged, and removes control characters that a terminal would obey. */
import { ENV, type EnvName } from '../contract/env.ts';
import { decodeUrlPart } from './decode.ts';
import { parseJson } from './json.ts';

/** Shorter secrets also occur in ordinary words. Masking them would make texts unreadable. */
const SHORTEST_SECRET = 6;
/** A header with an ordinary name may hold a word such as `staging`, which also occurs in addresses. */
const SHORTEST_UNNAMED = 16;
const SECRET_NAME = /auth|token|secret|key|pass|cookie|session|signature|credential/i;
const MASK = '***';

/** Collects secrets and masks them in texts. */
export class Redactor {
  #values: readonly string[] = [];

  /** Adds secrets in all their encodings. */
  add(values: readonly string[]): void {
    const all = [...this.#values, ...values.flatMap(secretForms)];
    // Longest first, because one secret may contain another.
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
 * Lists the encodings of a secret (basic authentication, JSON, URL) and of its secret parts: the password in
 * `user:password`, the path of an address.
 */
export function secretForms(value: string): string[] {
  const plain = decodeBasic(value) ?? value.replace(/^Bearer /i, '');
  const parts = [value, value.replace(/^(Basic|Bearer) /i, ''), plain, ...findPassword(plain), ...findPath(plain)];
  const forms = parts.flatMap((part) => [
    part,
    base64(part),
    // git sends tokens in this form.
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
    return [password, decodeUrlPart(password)];
  }
  return value.includes(':') ? [value.slice(value.indexOf(':') + 1)] : [];
}

function findPath(value: string): string[] {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return [];
  const { pathname, search } = new URL(value);
  return pathname.length > SHORTEST_SECRET || search ? [pathname + search] : [];
}

/** encodeURIComponent throws for half a surrogate pair. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A key with the name of a secret, and its value: in JSON, in a query, in a header. */
const NAMED_SECRET =
  /(["']?[\w.-]*(?:authorization|token|secret|passw|api[_-]?key|cookie|session|signature|credential)[\w.-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|(?:(?:Bearer|Basic)\s+)?[^\s,;&"'<>}]+)/gi;

/** Masks what a text itself calls a secret, such as `"access_token": "…"`: an answer may hold one that nobody configured. */
export function maskNamedSecrets(text: string): string {
  return text.replace(NAMED_SECRET, (_, key: string, value: string) =>
    /^["']/.test(value) ? `${key}${value[0]}${MASK}${value[0]}` : `${key}${MASK}`,
  );
}

/** The values of the variables that contract/env.ts declares as secret. */
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

/** Messages name the address of a proxy, but not its credentials. */
function proxySecrets(value: string): string[] {
  return URL.canParse(value) ? findPassword(value) : [value];
}

function headerSecrets(text: string): string[] {
  return Object.entries(parseJson(text) ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' && isSecretHeader(name, value) ? [value] : [],
  );
}

/** Whether the value of a header is secret: by its name, or because it is longer than a word. */
export function isSecretHeader(name: string, value: string): boolean {
  return SECRET_NAME.test(name) || value.length >= SHORTEST_UNNAMED;
}

/** The length is bounded, because an address may occur anywhere in a long text. */
const USERINFO = /:\/\/[^\s/?#@"'<>\\]{1,512}@/g;

/** Removes user names and passwords from the addresses in a text. */
export function removeUserinfo(text: string): string {
  return text.replace(USERINFO, `://${MASK}@`);
}

/** Masks everything before the last `@` of an invalid address, because it may hold a password. */
export function maskAddress(text: string): string {
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `${MASK}${text.slice(at)}`;
}

/** Escape sequences for colours, which Loadstar writes itself, are harmless. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
const KEPT = /(\u001b\[[0-9;]{0,16}m|\n|\t)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Replaces control characters, so that no text moves the cursor, sets the title or writes to the clipboard. */
export function toPrintable(text: string): string {
  return text
    .split(KEPT)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(CONTROL, '?')))
    .join('');
}
