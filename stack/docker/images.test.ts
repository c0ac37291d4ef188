import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageTag } from './images.ts';

let root: string;
const write = (file: string, text: string) => writeFileSync(join(root, file), text);
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'loadstar-image-'));
  for (const directory of ['k6/output', 'contract']) await mkdir(join(root, directory), { recursive: true });
  write('.dockerignore', '*\n!k6\n**/*.test.ts\n');
  write('k6/Dockerfile', 'FROM a\nCOPY package.json package-lock.json* ./\nCOPY k6/output/ .\nCOPY --from=a /k6 /k6\n');
  write('package.json', '{}');
  write('k6/output/main.go', 'package main');
});
afterEach(() => rm(root, { recursive: true }));

it('changes with what the image is built from, and with nothing else', async () => {
  const tag = () => imageTag(root, 'k6', {});
  const first = await tag();
  expect(first).toMatch(/^[0-9a-f]{12}$/);
  write('contract/env.ts', 'not copied');
  write('k6/output/main.test.ts', 'ignored');
  expect(await tag()).toBe(first);
  write('k6/output/main.go', 'package other');
  const second = await tag();
  expect(second).not.toBe(first);
  write('package-lock.json', '{}');
  const third = await tag();
  expect(third).not.toBe(second);
  expect(await imageTag(root, 'k6', { K6_VERSION: '1.8.1' })).not.toBe(third);
  expect(await imageTag(root, 'k6', { WITH_XK6_OUTPUT_INFLUXDB: 'false' })).not.toBe(third);
});
