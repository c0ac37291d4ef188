import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findProject, namedConfig, requireTrusted } from './find-project.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'loadstar-find-')));
afterAll(() => rmSync(top, { recursive: true }));

/** Makes a file with its directories. @returns the directory of the file */
function make(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(join(top, file, '..'), { recursive: true });
    writeFileSync(join(top, file), '');
  }
}

make('shop/.git/HEAD', 'shop/package.json', 'shop/loadstar.config.ts', 'shop/src/deep/a.ts');
make('mono/.git/HEAD', 'mono/package.json', 'mono/apps/web/package.json', 'mono/apps/web/src/a.ts', 'mono/docs/a.md');
make('mono/apps/api/loadstar.config.ts', 'mono/apps/api/src/a.ts');
make('python/.git', 'python/pkg/a.py', 'plain/a.txt', 'shop/vendor/lib/.git/HEAD', 'shop/vendor/lib/src/a.c');
make('clone/cli/a.js', 'clone/.git/HEAD', 'named/load/loadstar.config.ts', 'named/.git/HEAD');

const installed = join(top, 'shop/node_modules/@loadstar-hq/loadstar');
const clone = join(top, 'clone');
const find = (cwd: string, root = installed, named_config?: string) => {
  const { directory, config_file, base } = findProject({ cwd: join(top, cwd), root, named_config });
  return [directory, config_file, base].map((it) => it?.replace(`${top}/`, '') ?? null);
};

describe('the project of a call', () => {
  it.each([
    ['the directory itself', 'shop', 'shop'],
    ['a subfolder', 'shop/src/deep', 'shop'],
    ['a package of a monorepo', 'mono/apps/api/src', 'mono/apps/api'],
  ])('has the nearest configuration upwards: %s', (_, cwd, directory) => {
    expect(find(cwd)).toEqual([directory, `${directory}/loadstar.config.ts`, directory]);
    expect(find(cwd, clone)).toEqual([directory, `${directory}/loadstar.config.ts`, directory]);
  });

  it.each([
    ['the nearest package', 'mono/apps/web/src', 'mono/apps/web'],
    ['the package of the whole repository', 'mono/docs', 'mono'],
    ['a repository without package.json', 'python/pkg', 'python'],
    ['a repository inside another one', 'shop/vendor/lib/src', 'shop/vendor/lib'],
    ['no repository', 'plain', 'plain'],
  ])('is without configuration %s, and never inside node_modules', (_, cwd, directory) => {
    expect(find(cwd)).toEqual([directory, null, directory]);
  });

  it('is beside the configuration that the call names, if none lies upwards', () => {
    expect(find('named', installed, 'load/loadstar.config.ts')).toEqual(['named/load', null, 'named/load']);
    expect(find('named', clone, join(top, 'named/load/loadstar.config.ts'))).toEqual([
      'named/load',
      null,
      'named/load',
    ]);
    // One stack serves all configurations of a project, such as one for production.
    expect(find('shop', installed, '../named/load/loadstar.config.ts')[0]).toBe('shop');
  });

  it('is a clone of Loadstar, as it always was', () => {
    expect(find('clone/cli', clone)).toEqual(['clone', null, 'clone']);
    expect(find('clone', clone, '../named/load/loadstar.config.ts')).toEqual(['clone', null, 'clone']);
    expect(find('plain', clone)).toEqual(['clone', null, 'plain']);
  });
});

it('a configuration is named by the option, with a space or a sign', () => {
  expect(namedConfig(['run', 'a', '--config', 'x.ts'])).toBe('x.ts');
  expect(namedConfig(['run', '--config=x.ts'])).toBe('x.ts');
  expect(namedConfig(['run', '--config'])).toBeUndefined();
  expect(namedConfig(['run', '--configure=x.ts'])).toBeUndefined();
});

it("a configuration above the working directory is one's own", () => {
  const file = join(top, 'shop/loadstar.config.ts');
  const cwd = join(top, 'shop/src');
  const owned = (of_file: number, of_cwd: number) => () =>
    requireTrusted(file, cwd, (it) => (it === file ? of_file : of_cwd));
  expect(() => requireTrusted(file, cwd)).not.toThrow();
  expect(owned(0, 4711)).not.toThrow();
  expect(owned(4711, 4711)).not.toThrow();
  expect(owned(4712, 4711)).toThrow(/to be yours/);
  expect(() => requireTrusted(file, join(top, 'shop'), () => 4711)).not.toThrow();
});
