import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesText } from '../../contract/format.ts';
import { isNearlyFull, measureBytes } from './disk-use.ts';

const GIB = 2 ** 30;

it.each([
  [0.9, 10, true],
  [1.1, 10, false],
  [4, 100, true],
  [6, 100, false],
  [9, 1_000, true],
  [11, 1_000, false],
])('%d GiB free of %d: nearly full is %s', (free, total, full) => {
  expect(isNearlyFull({ path: '/', free_bytes: free * GIB, total_bytes: total * GIB })).toBe(full);
});

it('counts what is below a path, and follows no link', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-disk-'));
  mkdirSync(join(directory, 'a', 'b'), { recursive: true });
  writeFileSync(join(directory, 'a', 'b', 'file'), Buffer.alloc(100_000, 1));
  const before = await measureBytes(directory);
  symlinkSync(tmpdir(), join(directory, 'link'));
  symlinkSync(directory, join(directory, 'a', 'loop'));
  const bytes = await measureBytes(directory);
  rmSync(directory, { recursive: true });
  expect(before).toBeGreaterThanOrEqual(100_000);
  expect(bytes - before).toBeLessThan(20_000);
  expect(await measureBytes(directory)).toBe(0);
});

it.each([
  [0, '0 B'],
  [512, '512 B'],
  [1_536, '1.5 KiB'],
  [64 * 2 ** 20, '64 MiB'],
  [12.34 * GIB, '12.3 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
