import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeOwnedDirectory, removeAbandonedDirectories } from './owned-directory.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'loadstar-owned-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

it('removes what processes that have ended have left, and nothing of a living one', async () => {
  const own = basename(await makeOwnedDirectory(parent, 'run'));
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  // Its pid has ended; the other one is of an earlier process with the pid of this one.
  const abandoned = [own.replace(`-${process.pid}-`, `-${pid}-`), own.replace(/-[0-9a-f]{8}-/, '-00000000-')];
  for (const name of abandoned) mkdirSync(join(parent, name));
  expect(readdirSync(parent)).toHaveLength(3);
  expect(await removeAbandonedDirectories(parent)).toBe(2);
  expect(readdirSync(parent)).toEqual([own]);
});

it('keeps a directory that names no process for a day', async () => {
  for (const name of ['run-Xy12ab', 'run-Zz34cd']) mkdirSync(join(parent, name));
  const old = new Date(Date.now() - 86_400_000 - 60_000);
  utimesSync(join(parent, 'run-Xy12ab'), old, old);
  expect(await removeAbandonedDirectories(parent)).toBe(1);
  expect(readdirSync(parent)).toEqual(['run-Zz34cd']);
  expect(await removeAbandonedDirectories(join(parent, 'absent'))).toBe(0);
});
