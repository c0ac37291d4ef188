import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createUi } from '../../lib/ui.ts';
import { markUsed, removeUnused } from './unused.ts';

let cache_dir: string;
let printed: string;
beforeEach(() => {
  cache_dir = mkdtempSync(join(tmpdir(), 'loadstar-unused-'));
  printed = '';
});
afterEach(() => rmSync(cache_dir, { recursive: true }));

const ui = () => createUi({ write: (text: string) => (printed += text) }, false);

function usedDaysAgo(name: string, accessed: number, changed = accessed): string {
  const path = join(cache_dir, name);
  if (name.startsWith('build-')) mkdirSync(path);
  else writeFileSync(path, 'x');
  const [atime, mtime] = [accessed, changed].map((days) => new Date(Date.now() - days * 86_400_000)) as [Date, Date];
  utimesSync(path, atime, mtime);
  return path;
}

it('removes binaries that were unused for 30 days and builds that were killed, and names each', async () => {
  usedDaysAgo('k6-1', 31);
  usedDaysAgo('k6-2', 29);
  // Started yesterday by an earlier version, which marks nothing.
  usedDaysAgo('influxd-1', 1, 90);
  usedDaysAgo('build-a', 2);
  usedDaysAgo('build-b', 0);
  await removeUnused({ cache_dir, ui: ui() });
  expect(readdirSync(cache_dir)).toEqual(['build-b', 'influxd-1', 'k6-2']);
  expect(printed).toContain(`removed ${join(cache_dir, 'k6-1')}: unused for 31 days, 1 MiB`);
  expect(printed).toContain(`removed ${join(cache_dir, 'build-a')}: left by a call that was killed`);
  expect(printed.trim().split('\n')).toHaveLength(2);
});

it('keeps what a run has marked, and is silent without a cache', async () => {
  await markUsed(usedDaysAgo('k6-1', 90));
  await removeUnused({ cache_dir, ui: ui() });
  await removeUnused({ cache_dir: join(cache_dir, 'none'), ui: ui() });
  expect([readdirSync(cache_dir), printed]).toEqual([['k6-1'], '']);
});
