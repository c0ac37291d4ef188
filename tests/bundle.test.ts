/** Bundles on the real k6: errors name the TypeScript line, npm packages work, Node.js modules are refused. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCENARIOS, type ScenarioName } from '../contract/scenarios.ts';
import { bundleScenarios } from '../project/bundle.ts';
import { nativeK6 } from '../stack/native/k6-launcher.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
let root: string;
beforeAll(async () => {
  here = await machine();
  root = mkdtempSync(join(tmpdir(), 'loadstar-bundle-'));
  mkdirSync(join(root, 'k6', 'scenarios'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
});
afterAll(async () => {
  rmSync(root, { recursive: true });
  await here.dispose();
});

async function bundle(source: string): Promise<string> {
  writeFileSync(join(root, 'k6', 'scenarios', 'search.ts'), source);
  await bundleScenarios(['search'], { root, out_dir: join(root, 'out') });
  return join(root, 'out', 'search.js');
}

async function runInK6(file: string): Promise<{ code: number | null; text: string }> {
  const launcher = await nativeK6(here.context);
  const lines: string[] = [];
  const k6 = launcher.start({
    args: ['run', '--address', '', '--quiet', file],
    env: {},
    onLine: (line) => lines.push(line),
  });
  return { code: await k6.exited, text: lines.join('\n') };
}

it('an exception in k6 names the TypeScript file and line', async () => {
  const file = await bundle(`interface Unused { a: string }
interface AlsoUnused { b: string }

export default function (): void {
  const nothing: { a?: { b: string } } = {};
  console.log((nothing.a as { b: string }).b);
}
`);
  const { text } = await runInK6(file);
  expect(text).toMatch(/k6\/scenarios\/search\.ts:6:\d+/);
});

it('npm packages work in tests', async () => {
  const file = await bundle(`import pc from 'yaml';
export default function (): void {
  console.log('yaml says ' + pc.parse('a: 42').a);
}
`);
  const { code, text } = await runInK6(file);
  expect(text).toContain('yaml says 42');
  expect(code).toBe(0);
});

it('a bundle error names file and line, with exit code 2', async () => {
  const broken = bundle(`import { x } from './missing.ts';\nexport default () => x;\n`);
  await expect(broken).rejects.toMatchObject({
    exit_code: 2,
    found: expect.stringMatching(/k6\/scenarios\/search\.ts:1:\d+: .*missing\.ts/),
  });
});

it('a Node.js module is refused, with the reason', async () => {
  const node = bundle(`import { readFileSync } from 'node:fs';\nexport default () => readFileSync('x');\n`);
  await expect(node).rejects.toMatchObject({
    exit_code: 2,
    found: expect.stringContaining('node:fs does not exist in k6'),
  });
});

it('all scenarios bundle', async () => {
  const names = Object.keys(SCENARIOS) as ScenarioName[];
  const out_dir = join(root, 'all');
  await bundleScenarios(names, { root: ROOT, out_dir });
  for (const name of names) expect(existsSync(join(out_dir, `${name}.js`)), name).toBe(true);
});
