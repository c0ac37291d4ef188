import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let root: string;
/** The launcher with a command line of two small files. */
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'loadstar-compile-')));
  for (const name of ['cli', 'node_modules']) mkdirSync(join(root, name));
  for (const name of ['tsx', 'esbuild'])
    symlinkSync(join(ROOT, 'node_modules', name), join(root, 'node_modules', name));
  for (const name of ['loadstar.js', 'compile.ts']) copyFileSync(join(ROOT, 'cli', name), join(root, 'cli', name));
  writePackage('>=20.18.1');
  writeFileSync(
    join(root, 'cli', 'bin.ts'),
    "import { text } from './text.ts';\nconsole.log(JSON.stringify({ text, source: import.meta.url, name: 'import.meta.url' }));\n",
  );
  write('first');
});
afterEach(() => rmSync(root, { recursive: true }));

const writePackage = (node: string) =>
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module', engines: { node } }));
const cache = () => join(root, 'node_modules', '.cache');
const write = (text: string) => writeFileSync(join(root, 'cli', 'text.ts'), `export const text: string = '${text}';\n`);
const bundles = () => readdirSync(join(cache(), 'loadstar')).filter((name) => name !== 'cli.json');
const call = () => JSON.parse(String(execFileSync(process.execPath, [join(root, 'cli', 'loadstar.js')])));

it('of npx in a subfolder runs the Loadstar that the repository has installed', () => {
  const install = (place: string, text: string) => {
    const package_dir = join(root, place, 'node_modules', '@loadstar-hq', 'loadstar');
    mkdirSync(join(package_dir, 'cli'), { recursive: true });
    const manifest = { name: '@loadstar-hq/loadstar', type: 'module', engines: { node: '>=20' } };
    writeFileSync(join(package_dir, 'package.json'), JSON.stringify(manifest));
    copyFileSync(join(ROOT, 'cli', 'loadstar.js'), join(package_dir, 'cli', 'loadstar.js'));
    writeFileSync(join(package_dir, 'cli', 'bin.ts'), `console.log('${text}', process.argv.slice(2).join());\n`);
    for (const name of ['tsx', 'esbuild'])
      symlinkSync(join(ROOT, 'node_modules', name), join(root, place, 'node_modules', name));
    copyFileSync(join(ROOT, 'cli', 'compile.ts'), join(package_dir, 'cli', 'compile.ts'));
    return join(package_dir, 'cli', 'loadstar.js');
  };
  const fetched = install('_npx', 'fetched');
  install('shop', 'installed');
  const cwd = join(root, 'shop', 'packages', 'web');
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{}');
  const env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache') };
  const run = () => execFileSync(process.execPath, [fetched, 'run', 'home'], { cwd, env }).toString();
  // What lies above a directory that is in no repository may be anybody's.
  expect(run()).toBe('fetched run,home\n');
  mkdirSync(join(root, 'shop', '.git'));
  expect(run()).toBe('installed run,home\n');
});

describe('a call of the command line', () => {
  const source = () => pathToFileURL(join(root, 'cli', 'bin.ts')).href;

  it('makes a bundle and runs it, the next time without making it again', () => {
    expect(call()).toEqual({ text: 'first', source: source(), name: 'import.meta.url' });
    const [made = ''] = bundles();
    const file = join(cache(), 'loadstar', made, 'bin.mjs');
    // What runs is the bundle: changed by hand, it answers otherwise.
    writeFileSync(file, readFileSync(file, 'utf8').replace('first', 'from the bundle'));
    expect(call()).toEqual({ text: 'from the bundle', source: source(), name: 'import.meta.url' });
    expect(bundles()).toEqual([made]);
  });

  it('takes a changed source, a bundle that has gone, and a source with an error', () => {
    call();
    write('second');
    expect(call().text).toBe('second');
    for (const name of bundles()) rmSync(join(cache(), 'loadstar', name), { recursive: true });
    expect(call().text).toBe('second');
    writeFileSync(join(root, 'cli', 'text.ts'), 'export const text = ;');
    expect(call).toThrow(/text\.ts/);
  });

  it('keeps the bundle of an installed package in the cache of the user', () => {
    const installed = join(root, 'node_modules', '@scope', 'loadstar');
    for (const name of ['cli', 'package.json']) cpSync(join(root, name), join(installed, name), { recursive: true });
    // Where no package.json above it says what a `.js` file is.
    const home = mkdtempSync(join(tmpdir(), 'loadstar-cache-'));
    const env = { ...process.env, XDG_CACHE_HOME: home };
    const run = () => execFileSync(process.execPath, [join(installed, 'cli', 'loadstar.js')], { env }).toString();
    expect([run(), run()].map((it) => JSON.parse(it).text)).toEqual(['first', 'first']);
    expect(readdirSync(join(home, 'loadstar', 'cli'))).toHaveLength(1);
    expect(readdirSync(installed).sort()).toEqual(['cli', 'package.json']);
    rmSync(home, { recursive: true });
    expect(existsSync(cache())).toBe(false);
  });

  it('runs the sources where no bundle can be written', () => {
    writeFileSync(cache(), 'a file where the directory would be');
    expect(call()).toEqual({ text: 'first', source: source(), name: 'import.meta.url' });
  });

  const failed = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'cli', 'loadstar.js')], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };

  it.each(['tsx', 'esbuild'])('says how to install packages where there is no %s, as in a fresh clone', (name) => {
    rmSync(join(root, 'node_modules', name));
    if (name === 'esbuild') writeFileSync(join(root, 'cli', 'bin.ts'), "import 'esbuild';");
    expect(failed()).toBe(
      `error: expected the npm packages that package-lock.json lists\n  found: Cannot find package '${name}' imported from ` +
        `${join(root, 'cli', name === 'tsx' ? 'loadstar.js' : 'bin.ts')}\n  next:  install them: cd ${root}/ && npm ci\n`,
    );
  });

  it('says which Node.js it needs', () => {
    writePackage('>=999.1.0');
    expect(failed()).toBe(
      `error: expected Node.js >=999.1.0\n  found: ${process.version}\n  next:  install a newer one: https://nodejs.org/en/download\n`,
    );
    const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map(Number);
    for (const older of [`${major}.${minor}.${patch}`, `${major - 1}.${minor + 1}.0`]) {
      writePackage(`>=${older}`);
      expect(call().text).toBe('first');
    }
  });
});
