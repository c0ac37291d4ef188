/** What differs between what Grafana has and what it should have. */

/** Grafana says so instead of a secret. */
const REDACTED = '[REDACTED]';
/** Left out by us and empty in Grafana are the same. */
const EMPTY: readonly unknown[] = [undefined, null, '', false, 0];

/**
 * Paths at which `wanted` is not in `found`. Grafana adds defaults of its own: what is not wanted is not looked at. Lists
 * must have equal lengths. Secrets cannot be compared.
 */
export function findDifferences(wanted: unknown, found: unknown, path = ''): string[] {
  if (found === REDACTED) return [];
  if (Array.isArray(wanted)) {
    const list = Array.isArray(found) ? found : [];
    if (list.length !== wanted.length) return [`${path}: ${list.length} → ${wanted.length} entries`];
    return wanted.flatMap((item, index) => findDifferences(item, list[index], `${path}[${index}]`));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    const object = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>;
    return Object.entries(wanted).flatMap(([key, value]) =>
      findDifferences(value, object[key], path ? `${path}.${key}` : key),
    );
  }
  if (wanted === found || (EMPTY.includes(wanted) && EMPTY.includes(found))) return [];
  return [path];
}
