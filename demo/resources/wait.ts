/** Costs no CPU. */
export async function wait(duration_ms: number): Promise<void> {
  if (duration_ms > 0) await new Promise((done) => setTimeout(done, duration_ms));
}
