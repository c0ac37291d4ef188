/** Keeps the CPU, and with it the event loop, busy. */
export function burnCpu(duration_ms: number): void {
  if (duration_ms === 0) return;
  const end_ms = performance.now() + duration_ms;
  while (performance.now() < end_ms);
}
