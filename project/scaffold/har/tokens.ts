import { parseJson } from '../../../lib/json.ts';
import { findSessionIds, type HarEntry } from './recording.ts';

const BEARER = /^Bearer\s+(\S+)$/i;
const SHORTEST = 8;
/** Maximum depth of the search for tokens in responses. */
const DEEPEST = 12;

export function findBearer({ request }: HarEntry): string | null {
  const header = request.headers.find(({ name }) => name.toLowerCase() === 'authorization');
  return BEARER.exec(header?.value ?? '')?.[1] ?? null;
}

/** Values of cookies, session ids and Authorization headers, which must not appear anywhere in the scenario. */
export function findSecrets(entries: readonly HarEntry[]): string[] {
  return entries.flatMap((entry) => {
    const cookies = [...entry.request.cookies.map(({ value }) => value), ...cookieHeader(entry)];
    const authorization = entry.request.headers.filter(({ name }) => /^(proxy-)?authorization$/i.test(name));
    const tokens = authorization.flatMap(({ value }) => [value, value.replace(/^\S+\s+/, '')]);
    return [...cookies, ...tokens, ...findSessionIds(entry.request.url)].filter((value) => value.length >= SHORTEST);
  });
}

function cookieHeader({ request }: HarEntry): string[] {
  const headers = request.headers.filter(({ name }) => name.toLowerCase() === 'cookie');
  return headers.flatMap(({ value }) => value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim()));
}

/**
 * Finds the responses that return the bearer tokens of later requests.
 * @returns for each such entry the path in its JSON
 */
export function findTokenSources(entries: readonly HarEntry[]): Map<HarEntry, (string | number)[]> {
  const sources = new Map<HarEntry, (string | number)[]>();
  const wanted = new Set(entries.flatMap((entry) => findBearer(entry) ?? []));
  for (const token of wanted) {
    const first_use = entries.findIndex((entry) => findBearer(entry) === token);
    for (const entry of entries.slice(0, first_use)) {
      const path = findPath(parseAnswer(entry), token, 0);
      if (path) sources.set(entry, path);
    }
  }
  return sources;
}

function parseAnswer({ response: { content } }: HarEntry): unknown {
  if (!content.text || !content.mimeType.includes('json')) return undefined;
  return parseJson(content.encoding === 'base64' ? Buffer.from(content.text, 'base64').toString('utf8') : content.text);
}

function findPath(value: unknown, wanted: string, depth: number): (string | number)[] | null {
  if (value === wanted) return [];
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return null;
  for (const [key, item] of Object.entries(value)) {
    const below = findPath(item, wanted, depth + 1);
    if (below) return [Array.isArray(value) ? Number(key) : key, ...below];
  }
  return null;
}
