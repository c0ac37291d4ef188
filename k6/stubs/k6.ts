/** Stands in for `k6` in unit tests: checks are kept by name, sleeping takes no time. */
export const checks = new Map<string, boolean[]>();
export const slept_s: number[] = [];

export function check(value: unknown, conditions: Record<string, (value: never) => boolean>): boolean {
  const results = Object.entries(conditions).map(([name, holds]) => {
    const ok = holds(value as never);
    checks.set(name, [...(checks.get(name) ?? []), ok]);
    return ok;
  });
  return results.every(Boolean);
}

export function group<T>(_name: string, body: () => T): T {
  return body();
}

export function sleep(duration_s: number): void {
  slept_s.push(duration_s);
}
