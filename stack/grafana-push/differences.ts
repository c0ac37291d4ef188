/** Grafana sends this text instead of a secret. */
const REDACTED = '[REDACTED]';
/** A missing value and an empty one are equal. */
const EMPTY: readonly unknown[] = [undefined, null, '', false, 0];

/**
 * Finds the paths at which `found` differs from `wanted`. Other fields are ignored, because Grafana adds defaults. Lists
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
