/** A git repository of a team that has nothing of Loadstar but the dependency, installed from a packed tarball. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE } from '../../contract/package-name.ts';
import { runCommand } from '../../lib/command.ts';
import { ROOT } from './machine.ts';

interface Locked {
  readonly dev?: boolean;
  readonly link?: boolean;
}

/**
 * package.json and package-lock.json with Loadstar as a development dependency. The lock file is ours, so that `npm ci` finds
 * every package in npm's cache, without a network.
 * @param directory gets the tarball
 */
export async function packedDependency(directory: string): Promise<Record<string, string>> {
  mkdirSync(directory, { recursive: true });
  const packed = await runCommand('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: ROOT });
  if (!packed.ok) throw new Error(packed.reason);
  const [name = ''] = readdirSync(directory).filter((it) => it.endsWith('.tgz'));
  const address = `file:${join(directory, name)}`;
  const integrity = `sha512-${createHash('sha512')
    .update(readFileSync(join(directory, name)))
    .digest('base64')}`;
  const { version, dependencies, bin, engines } = readJson('package.json');
  const { packages } = readJson('package-lock.json') as { packages: Record<string, Locked> };
  const needed = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    .map(([path, locked]) => [path, { ...locked, dev: true }] as const);
  const root = { private: true, devDependencies: { [PACKAGE]: address } };
  const own = { version, resolved: address, integrity, dev: true, dependencies, bin, engines };
  const lock = {
    lockfileVersion: 3,
    requires: true,
    packages: { '': root, [`node_modules/${PACKAGE}`]: own, ...Object.fromEntries(needed) },
  };
  return { 'package.json': JSON.stringify(root), 'package-lock.json': JSON.stringify(lock) };
}

function readJson(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as Record<string, unknown>;
}

/** Writes the files and commits them. @param directory of the repository, which is made if it is missing */
export async function commitFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const git = 'git -c user.name=ada -c user.email=ada@example.com';
  const script = `git init --quiet --initial-branch main && git add . && ${git} commit --quiet -m change`;
  const done = await runCommand('bash', ['-c', script], { cwd: directory });
  if (!done.ok) throw new Error(done.reason);
}
