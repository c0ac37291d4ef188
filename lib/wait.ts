/** Waits until the time is over, or until `ended` is aborted. */
export async function waitFor(duration_ms: number, ended?: AbortSignal): Promise<void> {
  if (duration_ms <= 0 || ended?.aborted) return;
  await new Promise<void>((done) => {
    const end = () => {
      clearTimeout(timer);
      ended?.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, duration_ms);
    ended?.addEventListener('abort', end);
  });
}
