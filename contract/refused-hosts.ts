/** Hosts that a run tried and must not load: k6 refuses each connection to them (k6/output/hostguard). */
import { count } from './format.ts';
import type { RefusedHost } from './output-report.ts';

/** Hosts that a sentence names. */
const MOST = 3;

/** Of several generators. */
export function mergeRefusedHosts(all: readonly RefusedHost[]): RefusedHost[] {
  const merged = new Map<string, RefusedHost>();
  for (const { host, attempts, browser_requests } of all) {
    const before = merged.get(host);
    merged.set(host, {
      host,
      attempts: attempts + (before?.attempts ?? 0),
      browser_requests: browser_requests + (before?.browser_requests ?? 0),
    });
  }
  return [...merged.values()];
}

/** What the script itself tried; null if it tried none. Requests of pages alone are a warning of the report. */
export function refusedHostsText(refused: readonly RefusedHost[]): string | null {
  const tried = refused.filter(({ attempts }) => attempts > 0).sort((a, b) => b.attempts - a.attempts);
  if (tried.length === 0) return null;
  const named = tried
    .slice(0, MOST)
    .map(({ host, attempts }) => `${host} (${attempts === 1 ? '1 attempt' : `${count(attempts)} attempts`})`);
  const more = tried.length > MOST ? ` and ${count(tried.length - MOST)} more` : '';
  return (
    `the script tried hosts that this run must not load: ${named.join(', ')}${more}. ` +
    'If they are yours to load, add them to allowed_hosts of the target, or to ALLOW_HOSTS'
  );
}
