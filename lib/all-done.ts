/**
 * Waits for all promises, also after one has failed, so that each can clean up before the process ends.
 * @throws the first failure, in the order given
 */
export async function waitForAll<T extends readonly unknown[]>(
  promises: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const results = await Promise.allSettled(promises);
  const values = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return values as unknown as T;
}
