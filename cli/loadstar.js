#!/usr/bin/env node
// A bundle starts in a third of the time that its sources need. It is made again when a source has changed.
// The command runs in this very process: a wrapper process would swallow or double signals.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('..', import.meta.url);

/** An installed package writes nothing into node_modules, which may be read-only or shared by projects. */
function bundleDirectory() {
  if (!root.pathname.includes('/node_modules/')) return new URL('node_modules/.cache/loadstar/', root);
  const key = createHash('sha256').update(root.href).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return pathToFileURL(`${join(cache, 'loadstar', 'cli', key)}/`);
}

/** @returns the bundle of exactly these sources, if there is one */
function freshBundle() {
  try {
    const { bundle, stamps } = JSON.parse(readFileSync(new URL('cli.json', bundleDirectory()), 'utf8'));
    const isUnchanged = ([file, mtime_ms]) =>
      (statSync(new URL(file, root), { throwIfNoEntry: false })?.mtimeMs ?? null) === mtime_ms;
    return stamps.every(isUnchanged) && statSync(new URL(bundle)).isFile() ? bundle : null;
  } catch {
    return null;
  }
}

async function madeBundle() {
  const { register } = await import('tsx/esm/api');
  register();
  const { compile } = await import('./compile.ts');
  return await compile(root, bundleDirectory());
}

/** Exit code `unusable` of contract/exit-codes.ts, which needs packages to be read. */
const UNUSABLE = 4;

function fail(expected, found, next) {
  process.stderr.write(`error: expected ${expected}\n  found: ${found}\n  next:  ${next}\n`);
  process.exit(UNUSABLE);
}

function requireNode() {
  const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const needed = engines.node.replace('>=', '').split('.').map(Number);
  const found = process.versions.node.split('.').map(Number);
  const differing = needed.findIndex((part, index) => part !== found[index]);
  if (differing < 0 || found[differing] > needed[differing]) return;
  fail(`Node.js ${engines.node}`, `v${process.versions.node}`, 'install a newer one: https://nodejs.org/en/download');
}

/** As esbuild says that it was installed on another system. */
const OTHER_SYSTEM = /for another platform|needed by esbuild/;

/**
 * In a subfolder with a package.json of its own, `npx` does not see the Loadstar that the repository has installed, and fetches
 * another one. The installed one has the version that the team chose.
 * @returns its cli/loadstar.js; null: this is the one, or the repository has none
 */
function installedElsewhere() {
  const [, name] = /.*\/node_modules\/(.+)\/$/.exec(fileURLToPath(root).replaceAll('\\', '/')) ?? [];
  if (name === undefined) return null;
  const place = repositoryPath(process.cwd());
  const files = place.map((directory) => join(directory, 'node_modules', name, 'cli', 'loadstar.js'));
  const file = files.find((it) => existsSync(it));
  if (file === undefined || realpathSync(file) === fileURLToPath(import.meta.url)) return null;
  return file;
}

/** @returns the directory and those above it up to the root of its repository; empty outside of one, where others may write */
function repositoryPath(directory) {
  if (existsSync(join(directory, '.git'))) return [directory];
  const parent = dirname(directory);
  const above = parent === directory ? [] : repositoryPath(parent);
  return above.length > 0 ? [directory, ...above] : [];
}

requireNode();
// Errors name the line of the source.
process.setSourceMapsEnabled(true);
try {
  const installed = installedElsewhere();
  await import(installed ? pathToFileURL(installed).href : (freshBundle() ?? (await madeBundle()) ?? './bin.ts'));
} catch (error) {
  const [found] = String(error?.message).trim().split('\n');
  const is_missing = error?.code === 'ERR_MODULE_NOT_FOUND' && found.startsWith('Cannot find package');
  if (!is_missing && !OTHER_SYSTEM.test(error?.message)) throw error;
  const directory = fileURLToPath(root);
  fail('the npm packages that package-lock.json lists', found, `install them: cd ${directory} && npm ci`);
}
