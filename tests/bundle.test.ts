/** Bundles on the real k6: errors name the TypeScript line, npm packages work, Node.js modules are refused. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCRIPT_ENV } from '../contract/env.ts';
import { bundleScenarios } from '../project/bundle.ts';
import { builtInScenarios, loadScenarios } from '../project/catalogue.ts';
import { createK6World } from '../project/k6-world.ts';
import { createK6Reader } from '../stack/k6-reader.ts';
import { nativeK6 } from '../stack/native/k6-launcher.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
let directory: string;
beforeAll(async () => {
  here = await machine();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-bundle-'));
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await here.dispose();
});

const SOURCE = { name: 'browse', has_setup: false, has_teardown: false } as const;

/** @param body of the scenario's `run` @param top of the file */
async function bundle(body: string, top = ''): Promise<string> {
  const file = join(directory, 'browse.ts');
  const text = `${top}\nexport default {\n  slos: [],\n  run() {\n${body}\n  },\n};\n`;
  writeFileSync(file, text);
  await bundleScenarios([{ ...SOURCE, file }], { root: ROOT, out_dir: join(directory, 'out') });
  return join(directory, 'out', 'browse.js');
}

async function runInK6(file: string): Promise<{ code: number | null; text: string }> {
  const launcher = await nativeK6(here.context);
  const lines: string[] = [];
  const k6 = launcher.start({
    args: ['run', '--address', '', '--quiet', '--vus', '1', '--iterations', '1', file],
    env: { [SCRIPT_ENV.base_url]: 'http://127.0.0.1:1' },
    onLine: (line) => lines.push(line),
  });
  return { code: await k6.exited, text: lines.join('\n') };
}

it('an exception in k6 names the TypeScript file and line', async () => {
  const types = 'interface Unused { a: string }\ninterface AlsoUnused { b: string }';
  const file = await bundle(
    'const nothing: { a?: { b: string } } = {};\nconsole.log((nothing.a as { b: string }).b);',
    types,
  );
  const { text } = await runInK6(file);
  expect(text).toMatch(/browse\.ts:7:\d+/);
});

it('npm packages work in tests', async () => {
  const file = await bundle(`console.log('yaml says ' + yaml.parse('a: 42').a);`, `import yaml from 'yaml';`);
  const { code, text } = await runInK6(file);
  expect(text).toContain('yaml says 42');
  expect(code).toBe(0);
});

it('a bundle error names file and line, with exit code 2', async () => {
  const broken = bundle('x();', `import { x } from './missing.ts';`);
  await expect(broken).rejects.toMatchObject({
    exit_code: 2,
    found: expect.stringMatching(/browse\.ts:1:\d+: .*missing\.ts/),
  });
});

it('a Node.js module is refused, with the reason', async () => {
  const node = bundle(`readFileSync('x');`, `import { readFileSync } from 'node:fs';`);
  await expect(node).rejects.toMatchObject({
    exit_code: 2,
    found: expect.stringContaining('node:fs is a module of Node.js, and does not exist in k6: use `open()`'),
  });
});

it('all built-in scenarios bundle', async () => {
  const sources = await builtInScenarios(ROOT);
  const out_dir = join(directory, 'all');
  await bundleScenarios(sources, { root: ROOT, out_dir });
  const scripts = readdirSync(out_dir).filter((file) => file.endsWith('.js'));
  expect(scripts.sort()).toEqual(sources.map(({ name }) => `${name}.js`));
});

it('the stand-in that reads scenarios has all globals of the k6 that is built', async () => {
  const file = join(directory, 'globals.js');
  const text = `console.log('globals ' + Object.getOwnPropertyNames(globalThis));\nexport default function () {}`;
  writeFileSync(file, text);
  const { text: printed } = await runInK6(file);
  const of_k6 = /globals ([\w,]+)/.exec(printed)?.[1]?.split(',') ?? [];
  expect(of_k6).toContain('setTimeout');
  // k6 keeps its own data in the first; the others are there only to say that a script mixes modules of two kinds.
  const without = ['vubox', 'module', 'exports'];
  const world = createK6World({});
  const missing = of_k6.filter((name) => !runInContext(`'${name}' in globalThis`, world));
  expect(missing.filter((name) => !without.includes(name))).toEqual([]);
});

it('files are opened relative to the file that names them, and those of gRPC relative to the scenario', async () => {
  const files = join(directory, 'lib', 'data');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'rows.csv'), 'a\n1\n');
  const proto = 'syntax = "proto3"; package h; message M { string a = 1; } service S { rpc Hi(M) returns (M); }';
  writeFileSync(join(files, 'hello.proto'), proto);
  writeFileSync(join(directory, 'lib', 'rows.ts'), `export const rows = open('./data/rows.csv');`);
  const top = `import grpc from 'k6/net/grpc';
    import { rows } from './lib/rows.ts';
    const bytes = open(import.meta.resolve('./lib/data/rows.csv'), 'b');
    const methods = new grpc.Client().load(['lib/data'], 'hello.proto');`;
  const file = await bundle(
    `console.log([rows.length, bytes.byteLength, methods[0].full_method, grpc.StatusOK !== undefined].join());`,
    top,
  );
  expect((await runInK6(file)).text).toContain('4,4,/h.S/Hi,true');
});

it('k6 reads a scenario that Node.js cannot, and says where it throws', async () => {
  const read = (text: string) => {
    const file = join(directory, 'awaits.ts');
    writeFileSync(file, text);
    const setting = {
      overrides: {},
      script_env: { KEY: 'k' },
      k6: createK6Reader(here.context, 'native'),
      root: ROOT,
      cwd: directory,
    };
    return loadScenarios(['awaits'], { ...setting, own_files: new Map([['awaits', file]]) });
  };
  const rest = `journey: 'J', requests: ['GET /a'], slos: [], run() {} };`;
  const scenarios = await read(`const title = await Promise.resolve(__ENV.KEY);\nexport default { title, ${rest}`);
  expect(scenarios.get('awaits')).toMatchObject({ title: 'k', requests: ['GET /a'] });
  await expect(read(`await null;\nthrow new Error('no STAGE');\nexport default {};`)).rejects.toMatchObject({
    exit_code: 2,
    found: expect.stringMatching(/^awaits\.ts:2:\d+: Error: no STAGE$/),
  });
}, 60_000);
