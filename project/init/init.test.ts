import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PACKAGE } from '../../contract/package-name.ts';
import { commandContext } from '../../lib/context.ts';
import type { LoadstarError } from '../../lib/errors.ts';
import { findOwnFiles } from '../catalogue.ts';
import { type InitFlags, initProject } from './init.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const top = realpathSync(mkdtempSync(join(tmpdir(), 'loadstar-init-')));
afterAll(() => rmSync(top, { recursive: true }));

let repository: string;
let count = 0;
let printed: string[];
let asked: string[];
beforeEach(() => {
  repository = join(top, `repository-${++count}`);
  mkdirSync(join(repository, '.git'), { recursive: true });
});

const write = (file: string, text: string) => {
  mkdirSync(dirname(join(repository, file)), { recursive: true });
  writeFileSync(join(repository, file), text);
};
const read = (file: string) => readFileSync(join(repository, file), 'utf8');
const manifest = (file = 'package.json') => JSON.parse(read(file));

/** All files, with what they hold. */
const files = () =>
  Object.fromEntries(
    readdirSync(repository, { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile())
      .map((it) => join(it.parentPath, it.name).slice(repository.length + 1))
      .sort()
      .map((file) => [file, read(file)]),
  );

/** @param answer of the user at a terminal; null: there is none */
async function init(flags: InitFlags = {}, where = '', answer: string | null = null): Promise<void> {
  printed = [];
  asked = [];
  const stream = { write: (text: string) => printed.push(text) };
  const context = commandContext({
    args: [],
    env: {},
    cwd: join(repository, where),
    root: join(repository, 'node_modules', PACKAGE),
    node_path: '',
    stdout: stream,
    stderr: stream,
    ask: async (question) => {
      asked.push(question);
      return answer;
    },
    stop: new AbortController().signal,
    force: new AbortController().signal,
  });
  await initProject({ ...context, root: ownPackage() }, undefined, { install: false, ...flags });
}

/** Loadstar as it is installed: what `init` reads of it. */
function ownPackage(): string {
  const root = join(top, 'elsewhere', 'node_modules', PACKAGE);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  return root;
}

describe('init', () => {
  it('sets up a repository with a package.json, and a second time changes nothing', async () => {
    write('package.json', '{\n\t"name": "shop",\n\t"scripts": { "test": "jest" }\n}\n');
    write('.gitignore', 'dist\nnode_modules\n');
    await init({ baseUrl: 'http://localhost:8080' });
    expect(Object.keys(files())).toEqual([
      '.gitignore',
      'loadstar.config.ts',
      'loadtests/home.ts',
      'loadtests/tsconfig.json',
      'package.json',
    ]);
    expect(read('package.json')).toBe(
      `{\n\t"name": "shop",\n\t"scripts": {\n\t\t"test": "jest",\n\t\t"load-test": "loadstar run --target local"\n\t},\n\t"devDependencies": {\n\t\t"${PACKAGE}": "${version}"\n\t}\n}\n`,
    );
    expect(read('.gitignore')).toBe('dist\nnode_modules\n\n# Loadstar\n/.loadstar/\n/results/\n');
    expect(read('loadstar.config.ts')).toContain("  name: 'shop',\n");
    expect(read('loadstar.config.ts')).toContain("    local: { base_url: 'http://localhost:8080' },\n");
    expect(findOwnFiles(join(repository, 'loadtests')).files.has('home')).toBe(true);
    expect(printed.join('')).toContain(`npx --no-install ${PACKAGE} run home --target local`);
    const before = files();
    await init();
    expect(files()).toEqual(before);
    expect(printed.join('')).toContain('kept loadstar.config.ts');
  });

  it('sets up a repository of another language, with a Makefile and a package.json of its own', async () => {
    write('Makefile', 'test:\n\tpytest');
    write('app.py', '');
    await init();
    expect(manifest()).toEqual({
      name: expect.stringMatching(/^repository-\d+$/),
      private: true,
      scripts: { 'load-test': 'loadstar run' },
      devDependencies: { [PACKAGE]: version },
    });
    expect(read('.gitignore')).toContain('node_modules/\n');
    const dry = execFileSync('make', ['-n', 'load-test', 'TARGET=staging'], { cwd: repository }).toString();
    expect(dry).toContain(`npx --no-install ${PACKAGE} run`);
    expect(read('Makefile')).toMatch(/^test:\n\tpytest\n\n\.PHONY: load-test\n/);
  });

  it('gives make the target that it wrote, unless another is named', async () => {
    await init({ baseUrl: 'https://staging.shop.example' });
    expect(read('loadstar.config.ts')).toContain(
      "    staging: { base_url: 'https://staging.shop.example', allowed_hosts: ['staging.shop.example'] },\n",
    );
    write('Makefile', `${read('Makefile')}show:\n\t@echo $$TARGET\n`);
    const shown = (args: readonly string[]) =>
      execFileSync('make', ['show', ...args], { cwd: repository })
        .toString()
        .trim();
    expect([shown([]), shown(['TARGET=prod'])]).toEqual(['staging', 'prod']);
  });

  it.each([
    ['pnpm', { 'pnpm-workspace.yaml': 'packages: ["apps/*"]' }, 'pnpm exec loadstar'],
    ['pnpm', { 'package.json': '{"packageManager":"pnpm@9.1.0"}', 'package-lock.json': '{}' }, 'pnpm exec loadstar'],
    ['yarn', { 'package.json': '{"workspaces":["apps/*"]}', 'yarn.lock': '' }, 'yarn run loadstar'],
    ['npm', { 'package.json': '{"workspaces":["apps/*"]}', 'package-lock.json': '{}' }, `npx --no-install ${PACKAGE}`],
  ])('sets up a package of a monorepo with %s', async (name, root_files, command) => {
    for (const [file, text] of Object.entries(root_files)) write(file, text);
    write('apps/web/package.json', '{"name":"web"}');
    const before = root_files['package.json' as keyof typeof root_files] ?? null;
    await init({ ci: true }, 'apps/web');
    expect(printed.join('')).toContain(`  ${command} run home\n`);
    expect(existsSync(join(repository, 'apps/web/loadstar.config.ts'))).toBe(true);
    const types = name === 'npm' ? {} : { '@types/k6': expect.any(String) };
    expect(manifest('apps/web/package.json').devDependencies).toEqual({ [PACKAGE]: version, ...types });
    if (before !== null) expect(read('package.json')).toBe(before);
    const workflow = parse(read('.github/workflows/load-test.yml')) as { jobs: object };
    expect(Object.keys(workflow.jobs).length).toBeGreaterThan(0);
    expect(read('.github/workflows/load-test.yml')).toContain('apps/web');
  });

  it('sets up a directory below the package that gets the dependency', async () => {
    write('package.json', '{"name":"shop"}');
    mkdirSync(join(repository, 'load'));
    await init({}, 'load');
    expect(manifest().scripts).toEqual({ 'load-test': 'loadstar run --config load/loadstar.config.ts' });
    expect(existsSync(join(repository, 'load/loadtests/home.ts'))).toBe(true);
    expect(existsSync(join(repository, 'load/package.json'))).toBe(false);
  });

  it.each([
    [
      'a list of its own',
      '{"compilerOptions":{}}',
      '{\n  "exclude": ["node_modules", "loadtests", "loadstar.config.ts"],"compilerOptions":{}}',
    ],
    [
      'compiled files, comments and a comma at the end',
      '// ours { }\n{\n\t// all\n\t"compilerOptions": { "outDir": "./dist/" },\n}\n',
      '// ours { }\n{\n\t"exclude": ["node_modules", "dist", "loadtests", "loadstar.config.ts"],\n\t// all\n\t"compilerOptions": { "outDir": "./dist/" },\n}\n',
    ],
    ['a list of the team', '{ "exclude": ["dist"] }', '{ "exclude": ["loadtests", "loadstar.config.ts", "dist"] }'],
    ['an empty list', '{"exclude": [] }', '{"exclude": ["loadtests", "loadstar.config.ts"] }'],
    ['nothing', '{}', '{\n  "exclude": ["node_modules", "loadtests", "loadstar.config.ts"]}'],
    [
      'a pattern',
      '{"include":["*.ts"]}',
      '{\n  "exclude": ["node_modules", "loadtests", "loadstar.config.ts"],"include":["*.ts"]}',
    ],
  ])('keeps the load tests out of a tsconfig.json that has %s', async (_, before, after) => {
    write('package.json', '{}');
    write('tsconfig.json', before);
    await init();
    expect(read('tsconfig.json')).toBe(after);
    await init();
    expect(read('tsconfig.json')).toBe(after);
  });

  it.each([
    '{"include":["src", "test/**/*.ts", "apps/*/src"]}',
    '{"files":["a.ts"]}',
    '{"extends":"./base.json"}',
    '{"exclude":["./loadtests/**/*","loadstar.config.ts"]}',
  ])('leaves a tsconfig.json alone that does not include them: %s', async (text) => {
    write('package.json', '{}');
    write('base.json', '{"include":["src"]}');
    write('tsconfig.json', text);
    await init();
    expect(read('tsconfig.json')).toBe(text);
    expect(printed.join('')).not.toContain('"exclude"');
  });

  it.each(['{"extends":"./missing.json"}', '{"extends":"./base.json"}', '{"include": '])(
    'says what a tsconfig.json must exclude that it cannot change: %s',
    async (text) => {
      write('package.json', '{}');
      write('base.json', '{"exclude":["dist"]}');
      write('tsconfig.json', text);
      await init();
      expect(read('tsconfig.json')).toBe(text);
      expect(printed.join('')).toContain('add "loadtests", "loadstar.config.ts" to "exclude" in tsconfig.json');
    },
  );

  it('excludes the load tests of a workspace from the tsconfig.json above', async () => {
    write('package.json', '{"workspaces":["apps/*"]}');
    write('tsconfig.json', '{"include":["apps/**/*.ts"]}');
    write('apps/web/package.json', '{"name":"web"}');
    await init({}, 'apps/web');
    expect(JSON.parse(read('tsconfig.json')).exclude).toEqual([
      'node_modules',
      'apps/web/loadtests',
      'apps/web/loadstar.config.ts',
    ]);
  });

  it('asks before it writes a workflow, and writes none without a terminal', async () => {
    write('package.json', '{}');
    await init();
    expect(asked).toEqual([expect.stringContaining('.github/workflows/load-test.yml')]);
    expect(existsSync(join(repository, '.github'))).toBe(false);
    expect(printed.join('')).toContain('init --ci');
    await init({}, '', 'n');
    expect(existsSync(join(repository, '.github'))).toBe(false);
    await init({ ci: false, yes: true });
    expect([asked, existsSync(join(repository, '.github'))]).toEqual([[], false]);
    await init({}, '', 'y');
    expect(existsSync(join(repository, '.github/workflows/load-test.yml'))).toBe(true);
  });

  it('overwrites nothing of a team', async () => {
    const own = {
      'loadstar.config.ts': 'export default {};\n',
      'loadtests/checkout.js': '// k6\n',
      'loadtests/tsconfig.json': '{}',
      'package.json': `{"scripts":{"load-test":"k6 run"},"dependencies":{"${PACKAGE}":"9.9.9"}}`,
      Makefile: 'load-test:\n\tk6 run x.js\n',
      '.gitignore': '.loadstar\nresults/\nnode_modules/\n',
      '.github/workflows/load-test.yml': 'name: ours\n',
    };
    for (const [file, text] of Object.entries(own)) write(file, text);
    await init({ yes: true });
    expect(files()).toEqual(own);
  });

  it.each([
    ['a package.json that is none', { 'package.json': '{"name": }' }, {}, 'package.json'],
    ["yarn's Plug'n'Play", { 'package.json': '{}', '.pnp.cjs': '' }, {}, 'nodeLinker'],
    ['an address that is none', {}, { baseUrl: 'localhost:3000' }, 'http://localhost:3000'],
  ])('refuses %s, and writes nothing', async (_, given, flags, said) => {
    for (const [file, text] of Object.entries(given)) write(file, text);
    const before = files();
    const error = await init(flags).then(
      () => expect.unreachable('it was not refused'),
      (it: LoadstarError) => it,
    );
    expect(error.exit_code).toBe(2);
    expect(`${error.message} ${error.found} ${error.next}`).toContain(said);
    expect(files()).toEqual(before);
  });

  it('keeps line ends and the byte order mark of package.json', async () => {
    write('package.json', '\uFEFF{\r\n    "name": "shop"\r\n}\r\n');
    await init();
    expect(read('package.json')).toMatch(/^\uFEFF\{\r\n {4}"name": "shop",\r\n {4}"scripts": \{\r\n/);
    expect(read('package.json')).not.toMatch(/[^\r]\n/);
  });
});
