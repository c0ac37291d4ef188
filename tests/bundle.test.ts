/** Bundles on the real k6: errors name the TypeScript line, npm packages work, Node.js modules are refused. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCRIPT_ENV } from '../contract/env.ts';
import { bundleScenarios } from '../project/bundle.ts';
import { builtInScenarios } from '../project/catalogue.ts';
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
    found: expect.stringContaining('node:fs does not exist in k6'),
  });
});

it('all built-in scenarios bundle', async () => {
  const sources = await builtInScenarios(ROOT);
  const out_dir = join(directory, 'all');
  await bundleScenarios(sources, { root: ROOT, out_dir });
  const scripts = readdirSync(out_dir).filter((file) => file.endsWith('.js'));
  expect(scripts.sort()).toEqual(sources.map(({ name }) => `${name}.js`));
});
