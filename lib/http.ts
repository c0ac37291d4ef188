import { type Dispatcher, request } from 'undici';
import { parseJson } from './json.ts';

const TIMEOUT_MS = 1_000;

/** Whether a URL answers with a success status within a second. */
export async function isReachable(url: string): Promise<boolean> {
  return (await fetchText(url)) !== null;
}

/** @returns null if there is no JSON answer within a second */
export async function fetchJson<T>(url: string): Promise<T | null> {
  return (parseJson((await fetchText(url)) ?? '') as T | undefined) ?? null;
}

async function fetchText(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return response.ok ? text : null;
  } catch {
    return null;
  }
}

const LONGEST_WAIT_MS = 5_000;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Asks a URL once. @returns where it redirects to, without its query; null: it answers by itself, or not at all */
export async function findRedirect(
  url: string,
  { headers, dispatcher }: { readonly headers: Readonly<Record<string, string>>; readonly dispatcher: Dispatcher },
): Promise<string | null> {
  try {
    // It follows no redirect, so nobody else gets the headers.
    const answer = await request(url, { headers, dispatcher, signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
    answer.body.on('error', () => undefined).destroy();
    const location = [answer.headers.location].flat()[0];
    if (!REDIRECTS.includes(answer.statusCode) || !location || !URL.canParse(location, url)) return null;
    const { origin, pathname } = new URL(location, url);
    return origin + pathname;
  } catch {
    return null;
  }
}
