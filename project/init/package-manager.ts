import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE } from '../../contract/package-name.ts';
import { usageError } from '../../lib/errors.ts';
import { type Manifest, parseManifest } from './manifest.ts';

/** How a package manager is called. */
export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn';
  /** Written last into the repository by this one. */
  readonly lock_file: string;
  readonly install: readonly string[];
  /** Adds a package in an exact version. */
  readonly add: string;
  /** Installs exactly what the lock file says, in CI. */
  readonly install_locked: string;
  /** Runs the installed command, and nothing from the registry. */
  readonly exec: string;
}

const NPM: PackageManager = {
  name: 'npm',
  lock_file: 'package-lock.json',
  install: ['install', '--no-audit', '--no-fund'],
  add: 'npm install --save-dev --save-exact',
  install_locked: 'npm ci',
  exec: `npx --no-install ${PACKAGE}`,
};

/** In CI, these two would refuse a lock file that the new package is not in yet. */
const OTHERS: readonly PackageManager[] = [
  {
    name: 'pnpm',
    lock_file: 'pnpm-lock.yaml',
    install: ['install', '--no-frozen-lockfile'],
    add: 'pnpm add --save-dev --save-exact',
    install_locked: 'corepack enable && pnpm install --frozen-lockfile',
    exec: 'pnpm exec loadstar',
  },
  {
    name: 'yarn',
    lock_file: 'yarn.lock',
    install: ['install'],
    add: 'yarn add --dev --exact',
    install_locked: 'corepack enable && yarn install --immutable',
    exec: 'yarn run loadstar',
  },
];

/**
 * By the nearest sign upwards: the field `packageManager`, a lock file, or a workspace of pnpm. Without one: npm.
 * @param directories from the project up to the root of its repository
 * @throws LoadstarError (usage) for Plug'n'Play of yarn, which has no node_modules
 */
export function detectPackageManager(directories: readonly string[]): PackageManager {
  for (const directory of directories) {
    const has = (file: string) => existsSync(join(directory, file));
    if (has('.pnp.cjs')) refusePlugNPlay(directory);
    const named = readManifest(directory)?.packageManager?.split('@')[0];
    const found =
      [NPM, ...OTHERS].find(({ name }) => name === named) ??
      [...OTHERS, NPM].find(({ name, lock_file }) => has(lock_file) || (name === 'pnpm' && has('pnpm-workspace.yaml')));
    if (found) return found;
  }
  return NPM;
}

function refusePlugNPlay(directory: string): never {
  throw usageError(
    'packages in node_modules',
    `${join(directory, '.pnp.cjs')}: yarn keeps them in archives`,
    'set `nodeLinker: node-modules` in .yarnrc.yml, run `yarn install`, then the same command again',
  );
}

function readManifest(directory: string): Manifest | null {
  const file = join(directory, 'package.json');
  return existsSync(file) ? parseManifest(readFileSync(file, 'utf8'), file) : null;
}
