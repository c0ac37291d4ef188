import { findSessionIds, type HarEntry } from './recording.ts';

const SHORTEST = 8;

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
