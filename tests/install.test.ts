/** Loadstar in a team's own repository, as people install it: from a tarball, from a git address, and from a clone. No network. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE } from '../contract/package-name.ts';
import type { RunSummary } from '../contract/results.ts';
import { runCommand } from '../lib/command.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';
import { type Registry, startRegistry } from './lib/registry.ts';
import { commitFiles } from './lib/scratch-repository.ts';

const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');

let here: Machine;
let directory: string;
let tarball: string;
let registry: Registry;
let app: Server;
let env: Record<string, string>;

beforeAll(async () => {
  here = await machine();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-install-'));
  app = createServer((_, response) => response.end('welcome')).listen(0, '127.0.0.1');
  await run(ROOT, 'npm', ['pack', '--silent', '--pack-destination', directory], process.env);
  tarball = join(directory, readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? '');
  registry = await startRegistry([join(ROOT, 'node_modules')], new Map([[PACKAGE, tarball]]));
  // Where the project keeps state and results is what this is about.
  const { LOADSTAR_HOME: _, RESULTS_DIR: __, ...rest } = here.env;
  env = {
    ...rest,
    npm_config_registry: registry.url,
    npm_config_cache: join(directory, 'npm-cache'),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
  };
}, 120_000);

afterAll(async () => {
  app.close();
  await registry.close();
  await here.dispose();
  await rm(directory, { recursive: true, force: true });
});

/** @returns what the program printed on stdout */
async function run(cwd: string, program: string, args: readonly string[], environment: NodeJS.ProcessEnv = env) {
  const done = await runCommand(program, args, { cwd, env: environment });
  if (!done.ok) throw new Error(`${program} ${args.join(' ')} in ${cwd}:\n${done.stdout}\n${done.reason}`);
  return done.stdout;
}

const loadstar = (cwd: string, ...args: string[]) => run(cwd, 'npx', ['--no-install', PACKAGE, ...args]);
const readJson = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;
const dependency = (place: string) =>
  readJson<{ devDependencies: Record<string, string> }>(join(place, 'package.json')).devDependencies[PACKAGE];

describe('the package', () => {
  let files: string[];
  beforeAll(async () => {
    const listed = await run(directory, 'tar', ['-tzf', tarball]);
    files = listed.split('\n').map((name) => name.replace(/^package\//, ''));
  });

  it('holds no tests and what only they read, no developer tools, and of the docs what commands read', () => {
    const unneeded =
      /(\.test\.ts|_test\.go|tsconfig[^/]*\.json|\.snap|\.har)$|(^|\/)(testing|testdata|fixtures|golden|stubs|tests|tools|bench|loadtests)\//;
    expect(files.filter((name) => unneeded.test(name))).toEqual([]);
    expect(files.filter((name) => name.endsWith('.md')).sort()).toEqual([
      'CHANGELOG.md',
      'README.md',
      'docs/runbook.md',
    ]);
    const rooms = readdirSync(ROOT).filter((name) => files.some((file) => file.startsWith(`${name}/`)));
    expect(files.filter((name) => !rooms.some((room) => name.startsWith(`${room}/`))).sort()).toEqual([
      '.dockerignore',
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'docker-compose.host-network.yml',
      'docker-compose.yml',
      'index.ts',
      'package.json',
    ]);
    // 0.8 MB, and 4.5 MB unpacked, in November 2026: a picture or a build that slips in is more than the rest.
    expect(statSync(tarball).size).toBeLessThan(1.2e6);
  });

  it('holds what builds k6 and the images, and starts the servers', async () => {
    const tracked = (await run(ROOT, 'git', ['ls-files', 'k6/output', 'grafana/provisioning', 'types'])).split('\n');
    const needed = tracked.filter((name) => !/_test\.go$|(^|\/)testdata\//.test(name));
    expect(needed.filter((name) => name.endsWith('.go')).length).toBeGreaterThan(10);
    const copied = ['cli', 'demo', 'inbox', 'k6'].flatMap((room) => {
      const dockerfile = `${room}/Dockerfile`;
      const sources = [...readFileSync(join(ROOT, dockerfile), 'utf8').matchAll(/^COPY ([^-*\s]+)(?: \S+)+$/gm)];
      return [dockerfile, ...sources.map(([, path = '']) => path)];
    });
    expect(copied.length).toBeGreaterThan(20);
    const has = (path: string) => files.some((name) => name === path || (path.endsWith('/') && name.startsWith(path)));
    expect([...needed, ...copied].filter((path) => !has(path))).toEqual([]);
  });
});

it('a tarball, in a Python repository: from the first call to a verdict, all of it below the project', async () => {
  const shop = join(directory, 'shop');
  await commitFiles(shop, { 'app.py': 'print("shop")\n', 'service/handler.py': '' });
  const address = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  await run(shop, 'npx', ['--yes', '--package', tarball, '--', 'loadstar', 'init', '--no-ci', '--base-url', address]);
  expect(dependency(shop)).toBe(`file:../${tarball.slice(directory.length + 1)}`);
  await run(shop, TSC, ['-p', 'loadtests']);
  const packages = join(shop, 'node_modules');
  writeFileSync(join(directory, 'before'), '');
  const service = join(shop, 'service');
  expect(await loadstar(service, 'list')).toMatch(/home +\.\.\/loadtests\/home\.ts/);
  await loadstar(service, 'run', 'home', '--target', 'local', '--vus', '2', '--duration', '3s');
  await loadstar(service, 'down');
  const [id = ''] = readdirSync(join(shop, 'results')).filter((name) => name.startsWith('20'));
  const summary = readJson<RunSummary>(join(shop, 'results', id, 'summary.json'));
  expect(summary).toMatchObject({ exit_code: 0, vus_max: 2 });
  expect(readdirSync(join(shop, '.loadstar')).length).toBeGreaterThan(0);
  expect(readdirSync(service)).toEqual(['handler.py']);
  expect(await run(directory, 'find', [packages, '-type', 'f', '-newer', join(directory, 'before')])).toBe('');
  const untracked = await run(shop, 'git', ['status', '--porcelain', '--untracked-files=all']);
  expect(
    untracked
      .split('\n')
      .map((line) => line.slice(3))
      .sort(),
  ).toEqual([
    '.gitignore',
    'Makefile',
    'loadstar.config.ts',
    'loadtests/home.ts',
    'loadtests/tsconfig.json',
    'package-lock.json',
    'package.json',
  ]);
});

it('a git address, in a workspace of a CommonJS project: npm prepares nothing, and the own types still pass', async () => {
  const bare = join(directory, 'loadstar.git');
  await run(directory, 'git', ['init', '--quiet', '--bare', '--initial-branch', 'main', bare]);
  // A clone of CI may be shallow.
  await run(bare, 'git', ['config', 'receive.shallowUpdate', 'true']);
  await run(ROOT, 'git', ['push', '--quiet', bare, 'HEAD:refs/heads/main']);
  const shop = join(directory, 'monorepo');
  const compilerOptions = {
    module: 'node16',
    target: 'es2022',
    strict: true,
    verbatimModuleSyntax: true,
    noEmit: true,
  };
  await commitFiles(shop, {
    'package.json': JSON.stringify({ private: true, workspaces: ['apps/*'] }),
    'tsconfig.json': `// of all apps\n${JSON.stringify({ compilerOptions })}\n`,
    'apps/web/package.json': '{ "name": "web", "version": "1.0.0", "private": true }',
    'apps/web/src/main.cts': 'export = 1;\n',
  });
  const web = join(shop, 'apps', 'web');
  await run(shop, 'npm', ['install', '--save-dev', `git+file://${bare}`]);
  expect([...registry.requested]).not.toContain('vitest');
  await loadstar(web, 'init', '--no-ci');
  expect(dependency(web)).toMatch(/^git\+file:.*loadstar\.git#[0-9a-f]{40}$/);
  expect(readFileSync(join(shop, 'package-lock.json'), 'utf8')).toContain(dependency(web));
  await run(shop, TSC, ['-p', 'apps/web/loadtests']);
  await run(shop, TSC, ['-p', '.']);
  expect(await loadstar(web, 'list')).toMatch(/home +loadtests\/home\.ts/);
});

it('a clone: its command sets up a repository elsewhere', async () => {
  const clone = join(directory, 'clone');
  await run(directory, 'git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, clone]);
  // Installed, but with a cache of its own.
  const modules = join(ROOT, 'node_modules');
  mkdirSync(join(clone, 'node_modules'));
  for (const name of readdirSync(modules).filter((it) => it !== '.cache'))
    symlinkSync(join(modules, name), join(clone, 'node_modules', name));
  const shop = join(directory, 'beside');
  await commitFiles(shop, { 'package.json': '{ "name": "shop", "private": true }\n' });
  await run(shop, 'node', [join(clone, 'cli', 'loadstar.js'), 'init', '--no-ci']);
  expect(dependency(shop)).toBe('file:../clone');
  await run(shop, TSC, ['-p', 'loadtests']);
  expect(await loadstar(shop, 'list')).toMatch(/home +loadtests\/home\.ts/);
  expect(existsSync(join(clone, 'loadstar.config.ts'))).toBe(false);
});
