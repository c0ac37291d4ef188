/** The time in ms as of now, and from here on by a clock that nobody sets: what waits for a time must not wait for an hour. */
export function steadyClock(): () => number {
  const now_ms = Date.now();
  const began_ms = performance.now();
  return () => now_ms + performance.now() - began_ms;
}
