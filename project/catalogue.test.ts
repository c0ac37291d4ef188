import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../contract/scenarios.ts';
import { DEFAULT_SLOS } from '../contract/slo.ts';
import { builtInScenarios, catalogueEntries, loadScenarios, ownScenarioFiles } from './catalogue.ts';
import type { Config } from './load-config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'loadstar-catalogue-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(cwd, file), text);
const load = (names: string[], overrides: NonNullable<Config['slos']> = {}) =>
  loadScenarios(names, { own_files: ownScenarioFiles(cwd), overrides, root, cwd });

const ENTRY = `title: 'T', journey: 'J', requests: ['GET /a'], slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }]`;

describe("a team's scenario", () => {
  it('is read without k6, whatever its top level does with it', async () => {
    write('data.json', '[1, 2]');
    write(
      'browse.ts',
      `import { check } from 'k6';
       import exec from 'k6/execution';
       import { SharedArray } from 'k6/data';
       import { Counter } from 'k6/metrics';
       import { Thing } from 'https://jslib.k6.io/thing/1.0.0/index.js';
       import data from './data.json';
       import { defineScenario } from 'loadstar/k6';
       const counter = new Counter('c');
       const rows = new SharedArray('rows', () => JSON.parse(open('./rows.json')));
       const first = rows[0].name.toUpperCase() + new Thing().size + __ENV.KEY.length + exec.vu.idInTest;
       for (const row of rows) counter.add(row);
       export default defineScenario({ ${ENTRY}, setup: () => data, run: () => check(first, {}) });`,
    );
    expect((await load(['browse'])).get('browse')).toEqual({
      name: 'browse',
      file: join(cwd, 'browse.ts'),
      has_setup: true,
      has_teardown: false,
      is_own: true,
      title: 'T',
      journey: 'J',
      requests: ['GET /a'],
      slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }, DEFAULT_SLOS.error_rate, DEFAULT_SLOS.exception_rate],
    });
  });

  it('has the default SLOs that it does not state itself, with the limits of the team, in a browser too', async () => {
    const write_slos = (name: string, slos: string, more = '') =>
      write(
        `${name}.ts`,
        `export default { title: 'T', journey: 'J', requests: ['GET /a'], run() {}, slos: [${slos}], ${more} };`,
      );
    write_slos('own', "{ indicator: 'error_rate', limit: 1, reason: 'sends what the app refuses' }");
    write_slos('one', "{ indicator: 'error_rate', limit: 0, request: 'GET /a', reason: 'r' }");
    write_slos('page', '', 'needs_browser: true');
    const setting = {
      own_files: ownScenarioFiles(cwd),
      overrides: {},
      default_limits: { error_rate: 0.05 },
      root,
      cwd,
    };
    const all = await loadScenarios(['own', 'one', 'page'], setting);
    const limits = (name: string) =>
      all.get(name)?.slos.map(({ indicator, limit, request, metric }) => [indicator, limit, request ?? metric ?? '']);
    expect(limits('own')).toEqual([
      ['error_rate', 1, ''],
      ['exception_rate', 0.01, ''],
    ]);
    expect(limits('one')).toEqual([
      ['error_rate', 0, 'GET /a'],
      ['error_rate', 0.05, ''],
      ['exception_rate', 0.01, ''],
    ]);
    expect(limits('page')?.[0]).toEqual(['error_rate', 0.05, 'browser_http_req_failed']);
  });

  it.each([
    ['export const x = 1;', 'default export', 'none'],
    [`export default { ${ENTRY} };`, '`run` to be a function', 'nothing'],
    [`export default { ${ENTRY}, run() {}, slo: [] };`, 'known fields', '`slo`'],
    [`export default { title: '', journey: 'J', requests: [], slos: [], run() {} };`, '`title`', ''],
    ...['GET /a\\\\', 'GET /a ', 'GET /a\\n', 'x'.repeat(1_025)].map((request) => [
      `export default { title: 'T', journey: 'J', requests: ['${request}'], slos: [], run() {} };`,
      '`requests[0]` to be a name',
      '',
    ]),
    ['const a: any = 1;\nexport default { run: a.b.c };', 'x.ts to load', 'x.ts:2:27: '],
    ['export default {', 'x.ts to load', 'x.ts:1:17: '],
    [
      `import { defineScenario, mixOf } from 'loadstar/k6';
       const once = defineScenario({ ${ENTRY}, weight: 1, setup() {}, run() {} });
       export default { ...once, ...mixOf([once]) };`,
      'x.ts to load',
      'without setup, teardown and browser in a mix, found `T`',
    ],
    [
      `import { defineScenario, mixOf } from 'loadstar/k6';
       const never = defineScenario({ ${ENTRY}, run() {} });
       export default { ...never, ...mixOf([never]) };`,
      'x.ts to load',
      'found none for `T`',
    ],
    ['import { a } from "loadstar/k7";\nexport default { a };', 'x.ts to load', 'no module loadstar/k7'],
    [
      `export default { title: 'T', journey: 'J', requests: ['GET /a'], run() {},
       slos: [{ indicator: 'p95_ms', limit: 1, reason: 'r', request: 'GET /b' }] };`,
      'an SLO for a request',
      'GET /b',
    ],
  ])('that is none is refused by file and field: %s', async (text, expected, found) => {
    write('x.ts', text);
    await expect(load(['x'])).rejects.toMatchObject({
      exit_code: 2,
      message: expect.stringContaining(expected),
      found: expect.stringContaining(found),
    });
  });

  it('does not hang the command', async () => {
    write('x.ts', 'for (;;);\nexport default {};');
    await expect(load(['x'])).rejects.toMatchObject({ exit_code: 2, found: expect.stringContaining('timed out') });
  }, 20_000);
});

describe('the built-in scenarios', () => {
  it("are read from their files as a team's are, and the contract says the same of them", async () => {
    const scenarios = await builtInScenarios(root);
    expect(catalogueEntries(scenarios)).toEqual(SCENARIOS);
    expect(scenarios.every(({ is_own, file }) => !is_own && file.startsWith(join(root, 'k6', 'scenarios')))).toBe(true);
  });
});

describe('files in the scenarios directory', () => {
  it('are scenarios, but for helpers, tests and directories', () => {
    mkdirSync(join(cwd, 'lib'));
    for (const file of ['a.ts', 'b-2.ts', '_help.ts', 'a.test.ts', 'types.d.ts', 'data.json', '.x.ts']) write(file, '');
    expect([...ownScenarioFiles(cwd).keys()]).toEqual(['a', 'b-2']);
    expect(ownScenarioFiles(join(cwd, 'nowhere')).size).toBe(0);
  });

  it.each(['Browse.ts', 'a_b.ts', 'all.ts', 'search.ts', `${'a'.repeat(41)}.ts`])(
    'need a name that is free: %s',
    (file) => {
      write(file, '');
      expect(() => ownScenarioFiles(cwd)).toThrow(file);
    },
  );
});

describe('SLO overrides', () => {
  it('replace the limit of the same indicator and request, keep the reason, and add others', async () => {
    const overrides = {
      search: [
        { indicator: 'p95_ms', limit: 50 },
        { indicator: 'p99_ms', limit: 90, request: 'GET /api/search', reason: 'ours' },
      ],
    } as const;
    const { slos } = (await load(['search'], { search: [...overrides.search] })).get('search') ?? { slos: [] };
    expect(slos).toHaveLength(SCENARIOS.search.slos.length + 1);
    expect(slos.find((slo) => slo.indicator === 'p95_ms')).toEqual({ ...SCENARIOS.search.slos[0], limit: 50 });
    expect(slos.at(-1)).toEqual(overrides.search[1]);
    expect(SCENARIOS.search.slos[0]?.limit).not.toBe(50);
  });

  it('for what does not exist are refused', async () => {
    await expect(load(['search'], { serach: [] })).rejects.toMatchObject({ exit_code: 2, found: '`slos.serach`' });
    const request = { indicator: 'p95_ms', limit: 1, request: 'GET /nothing' } as const;
    await expect(load(['search'], { search: [request] })).rejects.toMatchObject({
      exit_code: 2,
      next: expect.stringContaining('GET /api/search'),
    });
  });
});
