/** Stands in for `k6/timers` in unit tests: nobody waits longer than a moment. */
const MOMENT_MS = 20;

export function setTimeout(call: () => void, duration_ms: number): ReturnType<typeof globalThis.setTimeout> {
  return globalThis.setTimeout(call, Math.min(MOMENT_MS, duration_ms));
}

export function clearTimeout(timer: ReturnType<typeof globalThis.setTimeout>): void {
  globalThis.clearTimeout(timer);
}
