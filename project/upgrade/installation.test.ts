import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { PACKAGE } from '../../contract/package-name.ts';
import { findInstallation } from './installation.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-installation-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function found(spec: string) {
  const below = join(directory, 'packages', 'web');
  mkdirSync(join(directory, '.git'), { recursive: true });
  mkdirSync(below, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ devDependencies: { [PACKAGE]: spec } }));
  return findInstallation('/anywhere', below);
}

it.each([
  ['1.2.3', 'registry', undefined],
  ['^1.2.3', 'registry', undefined],
  ['catalog:', 'registry', undefined],
  ['github:acme/loadstar#v1', 'git', 'https://github.com/acme/loadstar.git'],
  ['git+ssh://git@github.com/acme/loadstar.git#0a1b', 'git', 'ssh://git@github.com/acme/loadstar.git'],
  ['git+file:///srv/loadstar.git', 'git', 'file:///srv/loadstar.git'],
  ['file:../loadstar-0.1.0.tgz', 'file', undefined],
  ['https://acme.com/loadstar-0.1.0.tgz', 'file', undefined],
  ['workspace:*', 'file', undefined],
])('finds `%s` of a package.json above to be of the kind %s', (spec, kind, url) => {
  expect(found(spec)).toEqual({ kind, spec, directory, ...(url ? { url } : {}) });
});

it('takes a clone for what it is, and a package without a package.json for one of the registry', () => {
  expect(findInstallation('/src/loadstar', directory)).toEqual({ kind: 'clone', directory: '/src/loadstar' });
  expect(findInstallation('/npx/node_modules/loadstar', directory)).toMatchObject({ kind: 'registry', spec: '' });
});
