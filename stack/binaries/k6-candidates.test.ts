import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT } from '../../contract/exit-codes.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { readK6Candidates } from './k6-candidates.ts';

let checkout: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'loadstar-k6-source-'));
  mkdirSync(join(checkout, 'internal', 'build'), { recursive: true });
  writeFileSync(join(checkout, 'internal', 'build', 'version.go'), 'package build\n\nconst Version = "2.3.0-rc1"\n');
});
afterAll(() => rmSync(checkout, { recursive: true }));

it('prefers the newest release, and falls back to the last one of v1', async () => {
  const candidates = await readK6Candidates({});
  expect(candidates.map(({ version }) => version)).toEqual([VERSIONS.k6_v2, VERSIONS.k6]);
  expect(candidates.map(({ version }) => version.split('.')[0])).toEqual(['2', '1']);
});

it.each([
  ['1.7.1', '1.7.1'],
  ['v2.1.0', '2.1.0'],
  ['2.0.0-rc1', '2.0.0-rc1'],
])('K6_VERSION=%s builds it and nothing else', async (text, version) => {
  expect(await readK6Candidates({ K6_VERSION: text })).toEqual([{ version, from: version }]);
});

it('K6_SOURCE builds the checkout, whatever K6_VERSION says', async () => {
  const env = { K6_SOURCE: checkout, K6_VERSION: '1.8.1' };
  expect(await readK6Candidates(env)).toEqual([{ version: '2.3.0-rc1', from: checkout }]);
});

it.each([
  { K6_VERSION: 'latest' },
  { K6_VERSION: '0.57.0' },
  { K6_VERSION: '3.0.0' },
  { K6_VERSION: '2.2.0,1.8.1' },
  { K6_SOURCE: '/nowhere/k6' },
])('%o is a mistake of the call', async (env) => {
  await expect(readK6Candidates(env)).rejects.toMatchObject({
    exit_code: EXIT.usage,
    found: expect.stringContaining(Object.values(env).join()),
    next: expect.any(String),
  });
});
