import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../contract/scenarios.ts';
import { DEFAULT_SLOS } from '../contract/slo.ts';
import { thresholdsOf } from '../profiles/thresholds.ts';
import { builtInScenarios, catalogueEntries, findOwnFiles, loadScenarios } from './catalogue.ts';
import type { Config } from './load-config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'loadstar-catalogue-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(cwd, file), text);
const load = (names: string[], overrides: NonNullable<Config['slos']> = {}) =>
  loadScenarios(names, { own_files: findOwnFiles(cwd).files, overrides, script_env: ENV, k6: null, root, cwd });
const ENV = { KEY: 'k' };

const ENTRY = `title: 'T', journey: 'J', requests: ['GET /a'], slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }]`;

describe("a team's scenario", () => {
  it('may be a link, as the files of a ConfigMap in a pod are', async () => {
    mkdirSync(join(cwd, '..data'));
    write('..data/browse.ts', `export default { ${ENTRY}, run() {} };`);
    symlinkSync(join('..data', 'browse.ts'), join(cwd, 'browse.ts'));
    symlinkSync('nowhere.ts', join(cwd, 'gone.ts'));
    symlinkSync('..data', join(cwd, 'directory.ts'));
    expect([...findOwnFiles(cwd).files.keys()]).toEqual(['browse']);
    expect((await load(['browse'])).get('browse')).toMatchObject({ title: 'T' });
  });

  it('is read without k6, whatever its top level does with it', async () => {
    write('data.json', '[1, 2]');
    mkdirSync(join(cwd, 'data'));
    write('data/rows.json', '[{ "name": "ann" }]');
    write('data/x.bin', 'abc');
    mkdirSync(join(cwd, 'lib'));
    write('lib/rows.ts', `export const rows = JSON.parse(open('../data/rows.json'));`);
    write(
      'browse.ts',
      `if (!__ENV.KEY || __ENV.OTHER !== undefined) throw new Error('KEY must be set');
       console.error('starting');
       setTimeout(() => {}, 1);
       crypto.getRandomValues(new Uint8Array(4));
       if (open(import.meta.resolve('./data/x.bin'), 'b').byteLength !== 3) throw new Error('bytes');
       if (!import.meta.url.endsWith('/browse.ts')) throw new Error(import.meta.url);
       import { check } from 'k6';
       import exec from 'k6/execution';
       import { SharedArray } from 'k6/data';
       import { Counter } from 'k6/metrics';
       import { Thing } from 'https://jslib.k6.io/thing/1.0.0/index.js';
       import data from './data.json';
       import { defineScenario } from '@loadstar-hq/loadstar/k6';
       const counter = new Counter('c');
       import { rows as other } from './lib/rows.ts';
       const rows = new SharedArray('rows', () => JSON.parse(open('./data/rows.json')));
       if (rows.length + other.length !== 2) throw new Error('rows');
       const first = rows[0].name.toUpperCase() + new Thing().size + __ENV.KEY.length + exec.vu.idInTest;
       for (const row of rows) counter.add(row);
       export default defineScenario({ ${ENTRY}, setup: () => data, run: () => check(first, {}) });`,
    );
    expect((await load(['browse'])).get('browse')).toEqual({
      name: 'browse',
      file: join(cwd, 'browse.ts'),
      data_files: ['lib/../data/rows.json', './data/x.bin', './data/rows.json'].map((file) => `${cwd}/${file}`),
      proto_files: [],
      has_setup: true,
      has_teardown: false,
      is_own: true,
      title: 'T',
      journey: 'J',
      requests: ['GET /a'],
      slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }, DEFAULT_SLOS.error_rate, DEFAULT_SLOS.exception_rate],
    });
  });

  it('says which files k6 will open, by the module for files and by gRPC clients too', async () => {
    write(
      'opens.ts',
      `import fs, { open as openFile } from 'k6/experimental/fs';
       import grpc, { Client } from 'k6/net/grpc';
       openFile('rows.csv');
       (async () => await fs.open('/data/all.csv'))();
       new grpc.Client().load(['protos'], 'hello.proto');
       new Client().loadProtoset('all.bin');
       if (!grpc.StatusOK) throw new Error('hollow');
       export default { ${ENTRY}, run() {} };`,
    );
    expect((await load(['opens'])).get('opens')).toMatchObject({
      data_files: [`${cwd}/rows.csv`, '/data/all.csv'],
      proto_files: ['protos', 'hello.proto', 'all.bin'],
    });
  });

  it('needs a browser if the file or a helper of it imports one', async () => {
    write('_page.ts', "export { browser } from 'k6/browser';");
    for (const [name, from] of [
      ['opens', './_page.ts'],
      ['asks', 'k6/http'],
    ]) {
      const scenario = "{ title: 'T', journey: 'J', requests: ['GET /a'], slos: [], run() { void it; } }";
      write(`${name}.ts`, `import * as it from '${from}';\nexport default ${scenario};`);
    }
    const setting = { own_files: findOwnFiles(cwd).files, overrides: {}, script_env: {}, k6: null, root, cwd };
    const all = await loadScenarios(['opens', 'asks'], setting);
    expect([...all.values()].map(({ needs_browser }) => needs_browser)).toEqual([true, undefined]);
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
      own_files: findOwnFiles(cwd).files,
      overrides: {},
      default_limits: { error_rate: 0.05 },
      script_env: {},
      k6: null,
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

  it('reads the secrets of the configuration that its code names, helpers included, and no other', async () => {
    write('_keys.ts', 'export const key = () => __ENV.API_KEY;');
    write(
      'keyed.js',
      "import http from 'k6/http';\nimport { key } from './_keys.ts';\nexport default function () { http.get(key()); }",
    );
    write('plain.js', "import http from 'k6/http';\nexport default function () { http.get(__ENV.HOST); }");
    const own_files = findOwnFiles(cwd).files;
    const setting = {
      own_files,
      overrides: {},
      secrets: ['API_KEY', 'OTHER_KEY'],
      script_env: {},
      k6: null,
      root,
      cwd,
    };
    const all = await loadScenarios(['keyed', 'plain', 'search'], setting);
    expect([...all.values()].map(({ secrets }) => secrets)).toEqual([['API_KEY'], undefined, undefined]);
  });

  it('is warned of for extensions of k6, which may connect past the guard', async () => {
    write(
      'stored.js',
      "import sql from 'k6/x/sql';\nimport http from 'k6/http';\nexport default function () { sql.open(); }",
    );
    const warned: string[] = [];
    const own_files = findOwnFiles(cwd).files;
    const warn = (text: string) => warned.push(text);
    await loadScenarios(['stored'], { own_files, overrides: {}, script_env: {}, k6: null, root, cwd, warn });
    expect(warned).toEqual([expect.stringMatching(/^stored: k6\/x\/sql may make connections of its own/)]);
  });

  it('limits the errors of each protocol that it speaks, and k6 judges those of HTTP alone', async () => {
    const run = '\nexport default function () {}';
    write('calls.js', `import grpc from 'k6/net/grpc'; import { WebSocket } from 'k6/websockets';${run}`);
    write(
      'strict.js',
      `import grpc from 'k6/net/grpc';\nexport const options = { thresholds: { grpc_req_failed: ['rate<0.2'] } }; ${run}`,
    );
    const own_files = findOwnFiles(cwd).files;
    const setting = { own_files, overrides: {}, script_env: {}, k6: null, root, cwd };
    const all = await loadScenarios(['calls', 'strict'], setting);
    const errors = (name: string) =>
      all
        .get(name)
        ?.slos.flatMap(({ indicator, metric, limit }) => (indicator === 'error_rate' ? [[metric, limit]] : []));
    expect(errors('calls')).toEqual([
      [undefined, 0.01],
      ['grpc_req_failed', 0.01],
      ['ws_req_failed', 0.01],
    ]);
    expect(errors('strict')).toEqual([
      ['grpc_req_failed', 0.2],
      [undefined, 0.01],
    ]);
    expect(Object.keys(thresholdsOf(all.get('calls')?.slos ?? []))).toEqual([
      'http_req_failed',
      'iteration_exceptions',
    ]);
  });

  it.each([
    ['export const options = {};', 'to export a scenario, or what k6 runs', 'neither a default export'],
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
      `import { defineScenario, mixOf } from '@loadstar-hq/loadstar/k6';
       const once = defineScenario({ ${ENTRY}, weight: 1, needs_browser: true, run() {} });
       export default { ...once, ...mixOf([once]) };`,
      'x.ts to load',
      'without a browser in a mix, found `T`',
    ],
    [
      `import { defineScenario, mixOf } from '@loadstar-hq/loadstar/k6';
       const never = defineScenario({ ${ENTRY}, run() {} });
       export default { ...never, ...mixOf([never]) };`,
      'x.ts to load',
      'found none for `T`',
    ],
    [
      `import { randomUUID } from 'crypto';\nexport default { a: randomUUID() };`,
      'x.ts to load',
      'crypto is a module of Node.js',
    ],
    [
      `import { URL } from 'node:url';\nexport default { a: URL };`,
      'x.ts to load',
      'x.ts:1:21: node:url is a module of Node.js',
    ],
    ['export default { a: process.env.X };', 'x.ts to load', 'x.ts:1:21: process is not defined'],
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

  it('gets npm packages as a browser does, as k6 has no Node.js either', async () => {
    const directory = join(cwd, 'node_modules', 'sized');
    mkdirSync(directory, { recursive: true });
    const exports = { '.': { browser: './web.js', default: './node.js' }, './old': { require: './old.cjs' } };
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'sized', exports }));
    writeFileSync(join(directory, 'node.js'), `import 'crypto'; export const factor = 0;`);
    writeFileSync(join(directory, 'web.js'), 'export const factor = 2;');
    writeFileSync(join(directory, 'old.cjs'), 'module.exports = { weight: 3 };');
    write(
      'x.ts',
      `import { factor } from 'sized';
       import { weight } from 'sized/old';
       export default { ${ENTRY}, users_factor: factor, weight, run() {} };`,
    );
    expect((await load(['x'])).get('x')).toMatchObject({ users_factor: 2, weight: 3 });
  });

  it('that Node.js cannot read is read by k6, and no other', async () => {
    const asked: string[] = [];
    const message = `__loadstar_exports {"exports":{"default":{"title":"T","journey":"J","requests":["GET /a"],"slos":[],"run":"__loadstar_function"}},"opened":["/team/rows.csv"]}`;
    const k6 = {
      bundles_dir: join(cwd, 'bundles'),
      inspect: async (script: string) => {
        asked.push(basename(script));
        return [{ level: 'info', message }];
      },
    };
    const setting = { overrides: {}, script_env: {}, k6, root, cwd };
    write('plain.ts', `export default { ${ENTRY}, run() {} };`);
    write('awaits.ts', `await Promise.resolve();\nexport default { ${ENTRY}, run() {} };`);
    write(
      'hashed.ts',
      `import { md5 } from 'k6/crypto';\nexport default { ${ENTRY}, title: md5('a', 'hex'), run() {} };`,
    );
    const names = ['plain', 'awaits', 'hashed'];
    const scenarios = await loadScenarios(names, { ...setting, own_files: findOwnFiles(cwd).files });
    expect([...scenarios.keys()]).toEqual(names);
    expect(asked.sort()).toEqual(['awaits.js', 'hashed.js']);
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
  it('are scenarios by the names of their files, but for helpers and directories', () => {
    mkdirSync(join(cwd, 'lib'));
    const files = [
      'a.ts',
      'b-2.ts',
      'loginFlow.ts',
      '02_create_orders.ts',
      '_help.ts',
      'types.d.ts',
      'data.json',
      '.x.ts',
    ];
    for (const file of files) write(file, 'export default {};');
    // A helper beside them has no default export.
    write('urls.ts', 'export const base = 1;');
    const { files: found, skipped } = findOwnFiles(cwd);
    expect([...found.keys()].sort()).toEqual(['a', 'b-2', 'create-orders', 'login-flow']);
    expect(found.get('login-flow')).toBe(join(cwd, 'loginFlow.ts'));
    expect(skipped).toMatchObject([{ name: 'urls', reason: 'it exports neither a default nor `options`' }]);
    expect(findOwnFiles(join(cwd, 'nowhere')).files.size).toBe(0);
  });

  it('of tests, and in JavaScript, are scenarios if they import @loadstar-hq/loadstar/k6 or k6 itself, and are else named', () => {
    write('soak.test.ts', `import { defineScenario } from '@loadstar-hq/loadstar/k6';`);
    write('browse.js', `import { defineScenario } from "@loadstar-hq/loadstar/k6";`);
    write('plain.js', `import http from 'k6/http';\nexport const options = {};\nexport default () => http.get('/');`);
    write('helper.js', `import http from 'k6/http';\nexport const get = () => http.get('/');`);
    write('unit.test.ts', `import { it } from 'vitest';`);
    const { files, skipped } = findOwnFiles(cwd);
    expect([...files.keys()]).toEqual(['browse', 'plain', 'soak']);
    const reason = 'it imports neither `@loadstar-hq/loadstar/k6` nor k6';
    expect(skipped).toEqual([
      { file: join(cwd, 'helper.js'), name: 'helper', reason },
      { file: join(cwd, 'unit.test.ts'), name: 'unit', reason },
    ]);
  });

  it.each([
    ['all.ts', '`all`'],
    ['7.ts', '``'],
    [`${'a'.repeat(41)}.ts`, 'a'.repeat(41)],
    ['A-b.ts', 'as that of A-B.ts'],
  ])('that can have no name of their own are named, and stop no other: %s', (file, reason) => {
    write('A-B.ts', 'export default {};');
    write(file, 'export default {};');
    const { files, skipped } = findOwnFiles(cwd);
    expect([...files.keys()]).toEqual(['a-b']);
    expect(skipped).toMatchObject([{ file: join(cwd, file), reason: expect.stringContaining(reason) }]);
  });

  it('take the place of a built-in scenario of their name', async () => {
    write('search.ts', `export default { ${ENTRY}, run() {} };`);
    const own_files = findOwnFiles(cwd).files;
    const setting = { own_files, overrides: {}, script_env: {}, k6: null, root, cwd };
    expect((await loadScenarios(['search'], setting)).get('search')).toMatchObject({
      file: join(cwd, 'search.ts'),
      is_own: true,
    });
    expect((await loadScenarios(['user-login'], setting)).get('user-login')).toMatchObject({ is_own: false });
  });

  it('are told what they export in vain', async () => {
    const warned: string[] = [];
    write(
      'x.ts',
      `export const options = { vus: 1, hosts: {}, userAgent: 'ours', thresholds: {} };
       export function handleSummary() {}
       export default { ${ENTRY}, run() {} };`,
    );
    const setting = { own_files: findOwnFiles(cwd).files, overrides: {}, script_env: {}, k6: null, root, cwd };
    await loadScenarios(['x'], { ...setting, warn: (text) => warned.push(text) });
    expect(warned).toEqual([
      expect.stringContaining('x.ts: `options.vus`, `options.hosts`: not used'),
      expect.stringContaining('x.ts: `handleSummary`: not used'),
    ]);
  });
});

describe('thresholds in the options of a scenario', () => {
  it('are SLOs beside its own, of custom metrics too', async () => {
    write(
      'x.ts',
      `export const options = { thresholds: { orders: ['count>=1'], http_req_duration: ['p(95)<400'], 'http_req_failed{name:GET /a}': ['rate<=0.1'] } };
       export default { title: 'T', journey: 'J', requests: ['GET /a'], run() {}, slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }] };`,
    );
    const setting = { own_files: findOwnFiles(cwd).files, overrides: {}, script_env: {}, k6: null, root, cwd };
    const slos = (await loadScenarios(['x'], setting)).get('x')?.slos;
    expect(slos).toMatchObject([
      { indicator: 'p95_ms', limit: 500 },
      { indicator: 'threshold', metric: 'orders', threshold: { expression: 'count>=1' } },
      // A second limit of one indicator would be a second alert rule of one name.
      { indicator: 'threshold', metric: 'http_req_duration', limit: 400 },
      { indicator: 'error_rate', request: 'GET /a', limit: 0.1, threshold: { metric: 'http_req_failed{name:GET /a}' } },
      { indicator: 'exception_rate' },
    ]);
  });
});

describe('an SLO of a part of the run', () => {
  const entry = (slo: string) =>
    write('x.ts', `export default { title: 'T', journey: 'J', requests: ['GET /a'], run() {}, slos: [${slo}] };`);
  const whole = "{ indicator: 'p95_ms', limit: 500, reason: 'r' }";

  it.each([
    ["during: 'plateau 9'", 'slos[0].during', 'one of: steady, plateau 1, plateau 2, plateau 3'],
    ["during: 'stable'", 'slos[0].during', 'one of: steady, plateau 1, plateau 2, plateau 3'],
    ["over: '30'", 'slos[0].over', 'a time from 5s to 10m'],
    ["over: '1s'", 'slos[0].over', 'a time from 5s to 10m'],
    ["during: 'steady', abort: true", 'slos[0].during', 'an SLO without `abort`'],
    ["indicator: 'throughput_rps', over: '30s'", 'slos[0].over', '`during` beside it'],
  ])('is refused with %s', async (fields, field, expected) => {
    entry(`{ indicator: 'p95_ms', limit: 500, reason: 'r', ${fields} }`);
    await expect(load(['x'])).rejects.toMatchObject({ exit_code: 2, message: expect.stringContaining(expected) });
    await expect(load(['x'])).rejects.toMatchObject({ message: expect.stringContaining(field) });
  });

  it('stands beside the SLO of the whole run, and replaces no default', async () => {
    entry(`${whole}, { indicator: 'error_rate', limit: 0.5, during: 'steady', over: '30s', reason: 'r' }`);
    const slos = (await load(['x'])).get('x')?.slos;
    expect(slos).toContainEqual(DEFAULT_SLOS.error_rate);
    expect(slos).toContainEqual({ indicator: 'error_rate', limit: 0.5, during: 'steady', over: '30s', reason: 'r' });
  });

  it('of the configuration replaces the one of the same part', async () => {
    entry(`${whole}, { indicator: 'p95_ms', limit: 300, during: 'steady', reason: 'steady' }`);
    const slos = (await load(['x'], { x: [{ indicator: 'p95_ms', limit: 200, during: 'steady' }] })).get('x')?.slos;
    expect(slos?.filter(({ indicator }) => indicator === 'p95_ms')).toEqual([
      { indicator: 'p95_ms', limit: 500, reason: 'r' },
      { indicator: 'p95_ms', limit: 200, during: 'steady', reason: 'steady' },
    ]);
  });
});

describe('a k6 script', () => {
  const read = async (name: string, text: string) => {
    write(name, text);
    const [scenario] = (await load([basename(name).replace(/\..*$/, '')])).values();
    return scenario;
  };

  it('is a scenario as it stands: load of its options, SLOs of its thresholds', async () => {
    const script = await read(
      'shop.js',
      `import http from 'k6/http';
       export const options = {
         scenarios: {
           readers: { executor: 'constant-vus', vus: 2, duration: '30s', exec: 'read', tags: { kind: 'reader' } },
           writers: { executor: 'constant-arrival-rate', rate: 60, timeUnit: '1m', duration: '1m', preAllocatedVUs: 3, startTime: '10s', exec: 'write' },
         },
         tags: { team: 'shop' },
         thresholds: { 'http_req_duration{scenario:readers}': [{ threshold: 'p(95)<300', abortOnFail: true }], http_req_failed: ['rate<0.05'] },
       };
       export function read() { http.get('/'); }
       export function write() {}
       export function handleSummary() { return {}; }`,
    );
    expect(script).toMatchObject({
      is_script: true,
      title: 'shop.js',
      k6_script: {
        exported: ['handleSummary', 'options', 'read', 'write'],
        load: { duration_s: 70, vus: 5, per_s: 1, ends_by_iterations: false, stages: [] },
        tags: { team: 'shop' },
      },
      slos: [
        {
          indicator: 'threshold',
          metric: 'http_req_duration{scenario:readers}',
          limit: 300,
          threshold: { expression: 'p(95)<300' },
        },
        { indicator: 'error_rate', limit: 0.05, strict: true },
        { indicator: 'exception_rate' },
      ],
    });
  });

  it('that imports from an address is read by k6, which says if it cannot fetch it', async () => {
    write('jslib.js', `import { x } from 'https://jslib.k6.io/x/1.0.0/index.js';\nexport default function () { x(); }`);
    const said = [
      `could not initialize 'jslib.js': The moduleSpecifier "https://jslib.k6.io/x/1.0.0/index.js" couldn't be retrieved from the resolved url "https://jslib.k6.io/x/1.0.0/index.js". Error : "Get "https://jslib.k6.io/x/1.0.0/index.js": dial tcp: lookup jslib.k6.io: no such host"`,
      '__loadstar_exports {"exports":{"default":"__loadstar_function","options":{"vus":7,"duration":"1s"}},"opened":[]}',
    ];
    const read = async (message: string, level: string) =>
      await loadScenarios(['jslib'], {
        own_files: findOwnFiles(cwd).files,
        overrides: {},
        script_env: {},
        k6: { bundles_dir: join(cwd, 'bundles'), inspect: async () => [{ level, message }] },
        root,
        cwd,
      });
    await expect(read(said[0] ?? '', 'error')).rejects.toMatchObject({
      exit_code: 4,
      message: expect.stringContaining('https://jslib.k6.io/x/1.0.0/index.js, which jslib.js imports'),
      found: 'dial tcp: lookup jslib.k6.io: no such host',
    });
    expect((await read(said[1] ?? '', 'info')).get('jslib')?.k6_script?.load.vus).toBe(7);
  });

  it('may be CommonJS', async () => {
    const script = await read(
      'old.js',
      `const http = require('k6/http');
       exports.options = { iterations: 3 };
       exports.default = function () { http.get('/'); };`,
    );
    expect(script).toMatchObject({
      is_script: true,
      k6_script: { load: { duration_s: 600, ends_by_iterations: true } },
    });
  });

  it('finds the environment of the call, and none of the variables of scenarios', async () => {
    write(
      'env.js',
      `import 'k6';\nexport const options = { vus: Number(__ENV.USERS) };\nexport default function () { __ENV.KEY.length; }`,
    );
    const setting = { overrides: {}, script_env: ENV, k6_env: { USERS: '4' }, k6: null, root, cwd };
    const scenarios = await loadScenarios(['env'], { ...setting, own_files: findOwnFiles(cwd).files });
    expect(scenarios.get('env')?.k6_script?.load.vus).toBe(4);
  });
});
