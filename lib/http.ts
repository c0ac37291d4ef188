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
