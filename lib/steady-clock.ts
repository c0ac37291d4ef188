/** Creates a clock in ms since the epoch that later changes of the system clock do not affect. */
export function createSteadyClock(): () => number {
  const now_ms = Date.now();
  const began_ms = performance.now();
  return () => now_ms + performance.now() - began_ms;
}
