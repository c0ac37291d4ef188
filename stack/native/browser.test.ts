import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBrowser } from './browser.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'loadstar-browser-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function program(name: string, mode = 0o755): string {
  const path = join(directory, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

it('is the one that was named, else the first on PATH', async () => {
  const mine = program('my-chrome');
  const chromium = program('chromium');
  program('google-chrome');
  expect(await findBrowser({ env: { PATH: directory } })).toMatchObject({ K6_BROWSER_EXECUTABLE_PATH: chromium });
  expect(await findBrowser({ env: { PATH: directory, K6_BROWSER_EXECUTABLE_PATH: mine } })).toMatchObject({
    K6_BROWSER_EXECUTABLE_PATH: mine,
  });
});

it('is none where there is none, or the named one is not there: never another than the one named', async () => {
  expect(await findBrowser({ env: { PATH: directory } })).toBeNull();
  program('chromium');
  const missing = join(directory, 'none');
  expect(await findBrowser({ env: { PATH: directory, K6_BROWSER_EXECUTABLE_PATH: missing } })).toBeNull();
});
