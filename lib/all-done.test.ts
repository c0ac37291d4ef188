import { expect, it } from 'vitest';
import { waitForAll } from './all-done.ts';

it('gives all values', async () => {
  expect(await waitForAll([Promise.resolve(1), Promise.resolve('a')])).toEqual([1, 'a']);
});

it('waits for the others before it throws', async () => {
  let cleaned = false;
  const slow = new Promise<void>((done) =>
    setTimeout(() => {
      cleaned = true;
      done();
    }, 20),
  );
  await expect(waitForAll([Promise.reject(new Error('first')), slow])).rejects.toThrow('first');
  expect(cleaned).toBe(true);
});
