const TIMEOUT_MS = 1_000;

/** Whether a URL answers with a status below 400 within a second. */
export async function answers(url: string): Promise<boolean> {
  return (await get(url)) !== null;
}

/** @returns null where nothing, or something else than JSON, comes within a second */
export async function fetchJson<T>(url: string): Promise<T | null> {
  const text = await get(url);
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

async function get(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return response.ok ? text : null;
  } catch {
    return null;
  }
}
