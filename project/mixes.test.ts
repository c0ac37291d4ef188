import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT } from '../contract/exit-codes.ts';
import type { LoadstarError } from '../lib/errors.ts';
import { findOwnFiles, loadScenarios } from './catalogue.ts';
import { writeMixes } from './mixes.ts';

const root = resolve(import.meta.dirname, '..');
const cwd = mkdtempSync(join(tmpdir(), 'loadstar-mixes-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const scenario = (title: string, slos: readonly object[]) => `import { defineScenario } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: '${title}', journey: 'J', requests: ['GET /a', 'GET /${title}'], slos: ${JSON.stringify(slos)}, run() {},
});
`;
const slo = { indicator: 'p95_ms', reason: 'r' };
writeFileSync(
  join(cwd, 'browse.ts'),
  scenario('browse', [
    { ...slo, limit: 1 },
    { ...slo, limit: 2, request: 'GET /a' },
    { ...slo, limit: 5, metric: 'ws_connecting' },
  ]),
);
writeFileSync(
  join(cwd, 'buy.ts'),
  scenario('buy', [
    { ...slo, limit: 3, request: 'GET /a' },
    { ...slo, limit: 4, request: 'GET /buy' },
  ]),
);
writeFileSync(
  join(cwd, 'plain.js'),
  "import http from 'k6/http';\nexport default () => http.get('http://127.0.0.1');\n",
);

async function load(mixes: Record<string, Record<string, number>>, name: string) {
  const { files } = findOwnFiles(cwd);
  const written = await writeMixes(mixes, files, { root, directory: join(cwd, 'state') });
  const own_files = new Map([...files, ...written]);
  const setting = { own_files, overrides: {}, script_env: { BASE_URL: 'http://127.0.0.1' }, k6: null, root, cwd };
  return (await loadScenarios([name], setting)).get(name);
}

describe('a mix of the configuration', () => {
  it('is a scenario with the requests of its parts, and their SLOs on requests and metrics once', async () => {
    const mix = await load({ evening: { browse: 3, buy: 0.5 } }, 'evening');
    expect(mix).toMatchObject({
      title: 'evening',
      journey: 'browse: 3, buy: 0.5',
      requests: ['GET /a', 'GET /browse', 'GET /buy'],
      is_own: true,
      has_setup: false,
    });
    expect(mix?.slos.map(({ limit, rare }) => [limit, rare])).toEqual([
      [2, true],
      [5, undefined],
      [4, true],
      // Those that every scenario has.
      [0.01, true],
      [0.01, true],
    ]);
  });

  it('may have built-in scenarios', async () => {
    const mix = await load({ both: { search: 1, buy: 1 } }, 'both');
    expect(mix?.requests).toEqual(expect.arrayContaining(['GET /buy', 'GET /api/search']));
  });

  it.each([
    [{ evening: { brwose: 1 } }, '`mixes.evening` to name scenarios', '`brwose`', 'browse, buy'],
    [{ buy: { browse: 1 } }, 'not in use', '`buy`', 'rename'],
    [{ mixed: { browse: 1 } }, 'a name in `mixes`', '`mixed`', ''],
    [{ Evening: { browse: 1 } }, 'lowercase', '`Evening`', ''],
    [{ evening: { plain: 1 } }, 'evening.ts to load', '`plain`, a k6 script', ''],
    [{ evening: { 'page-load': 1 } }, 'evening.ts to load', 'without a browser', ''],
  ])('refuses %j', async (mixes, ...texts) => {
    const error = await load(mixes as never, Object.keys(mixes)[0] ?? '').catch((it: unknown) => it as LoadstarError);
    expect(error).toMatchObject({ exit_code: EXIT.usage });
    const { message, found, next } = error as LoadstarError;
    for (const text of texts) expect([message, found, next].join('\n')).toContain(text);
  });
});
