import { type HarEntry, readAddress } from './recording.ts';

const FIRST_REDIRECT = 300;
const LAST_REDIRECT = 399;
const NOT_MODIFIED = 304;
/** As k6's own default for `maxRedirects`. */
const MOST_REDIRECTS = 10;
/** These repeat the method and the body (RFC 9110 §15.4); the others become a GET. */
const KEEPS_METHOD: readonly number[] = [307, 308];

/**
 * Joins the redirects of one host to one request, because Loadstar's client follows them itself. A redirect to another
 * host, such as from example.com to www.example.com, stays: what follows it is a request to that host.
 */
export function foldRedirects(entries: readonly HarEntry[]): HarEntry[] {
  const folded: HarEntry[] = [];
  /** Where the answer of a redirect belongs, by method and address. */
  const awaited = new Map<string, number>();
  for (const entry of entries) {
    const key = `${entry.request.method} ${entry.at.href}`;
    const index = awaited.get(key) ?? folded.length;
    awaited.delete(key);
    const first = folded[index];
    folded[index] = first ? joinRedirect(first, entry) : entry;
    const next = findFollowed(entry);
    if (next) awaited.set(next, index);
  }
  return folded;
}

/** The answer of the last request, its address, and the cookies of all. */
function joinRedirect(first: HarEntry, entry: HarEntry): HarEntry {
  const { headers, cookies } = first.response;
  const set = headers.filter(({ name }) => name.toLowerCase() === 'set-cookie');
  const { response } = entry;
  return {
    ...first,
    response: { ...response, headers: [...response.headers, ...set], cookies: [...response.cookies, ...cookies] },
    answered_at: entry.at,
    redirects: (first.redirects ?? 0) + 1,
    time: endOf_ms(entry) - first.start_ms,
  };
}

/** The request that the client makes next by itself; null: none. */
function findFollowed({ request, response, at }: HarEntry): string | null {
  const to = findRedirect({ response, at });
  if (to?.host !== at.host) return null;
  return `${KEEPS_METHOD.includes(response.status) ? request.method : 'GET'} ${to.href}`;
}

/** @returns null for an answer that is no redirect */
function findRedirect({ response, at }: Pick<HarEntry, 'response' | 'at'>): URL | null {
  if (!isRedirect(response)) return null;
  const location = response.headers.find(({ name }) => name.toLowerCase() === 'location')?.value;
  const text = response.redirectURL || location;
  return text ? readAddress(text, at) : null;
}

export function isRedirect({ status }: HarEntry['response']): boolean {
  return status >= FIRST_REDIRECT && status <= LAST_REDIRECT && status !== NOT_MODIFIED;
}

/** Whether the recording went from redirect to redirect for longer than any client follows. */
export function isEndless(entry: HarEntry): boolean {
  return (entry.redirects ?? 0) >= MOST_REDIRECTS && isUnanswered(entry);
}

/** Whether the client goes on to an answer that the recording does not hold. */
export function isUnanswered(entry: HarEntry): boolean {
  return findFollowed(entry) !== null;
}

export function endOf_ms({ start_ms, time }: HarEntry): number {
  return start_ms + time;
}
