import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CommandContext } from '../../../lib/context.ts';
import { junitFile } from './junit-file.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'junit-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

it('takes the file of an earlier call away, and writes the new one, in a directory that it makes', async () => {
  writeFileSync(join(cwd, 'old.xml'), 'of another call');
  await junitFile({ cwd } as CommandContext, 'old.xml');
  expect(existsSync(join(cwd, 'old.xml'))).toBe(false);
  const write = await junitFile({ cwd } as CommandContext, 'reports/new.xml');
  await write([]);
  expect(readFileSync(join(cwd, 'reports', 'new.xml'), 'utf8')).toContain('<testsuites');
});

it.each(['file.txt/junit.xml', '.'])('refuses a place that cannot be written: %s', async (place) => {
  writeFileSync(join(cwd, 'file.txt'), '');
  const refusal = junitFile({ cwd } as CommandContext, place);
  await expect(refusal).rejects.toMatchObject({ exit_code: 2, message: expect.stringContaining('--junit') });
});
