import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isProjectName, OWN_PROJECT } from '../contract/project-name.ts';
import type { CommandContext } from '../lib/context.ts';
import { readEnvironment } from '../lib/environment.ts';
import { findProject } from '../lib/find-project.ts';
import { projectName } from './project-name.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'loadstar-name-')));
afterAll(() => rmSync(top, { recursive: true }));

function make(file: string, text = ''): void {
  mkdirSync(join(top, file, '..'), { recursive: true });
  writeFileSync(join(top, file), text);
}

make('shop/.git/HEAD');
make('shop/package.json', JSON.stringify({ name: '@acme/shop' }));
make('shop/load/loadstar.config.ts', 'export default {};');
make('shop/apps/api/package.json', JSON.stringify({ name: 'api_v2' }));
make('shop/apps/api/loadstar.config.ts', 'export default {};');
make('shop/apps/web/loadstar.config.ts', "export default { name: 'storefront' };");
make('shop/apps/web/production/loadstar.config.ts', 'export default {};');
make('My Python App/.git/HEAD');
make('My Python App/loadstar.config.ts', 'export default {};');
make('broken/.git/HEAD');
make('broken/package.json', '{');
make('店/.git/HEAD');
make('店/loadstar.config.ts', 'export default {};');

const ROOT = join(top, 'node_modules/@loadstar-hq/loadstar');

async function nameIn(directory: string, env: Record<string, string> = {}, root = ROOT): Promise<string> {
  const cwd = join(top, directory);
  const environment = readEnvironment(env);
  const project = findProject({ cwd, root, named_config: environment.LOADSTAR_CONFIG });
  return await projectName({ cwd, root, environment, project } as CommandContext);
}

describe('the name of a project', () => {
  it.each([
    ['of the nearest package.json, with the path from there', 'shop/load', 'acme-shop-load'],
    ['of a package of a monorepo', 'shop/apps/api', 'api-v2'],
    ['of the configuration', 'shop/apps/web', 'storefront'],
    ['of the repository, without a package.json', 'My Python App', 'my-python-app'],
    ['of the directory, if package.json cannot be read', 'broken', 'broken'],
  ])('is that %s', async (_, directory, name) => {
    expect(await nameIn(directory)).toBe(name);
    expect(isProjectName(name)).toBe(true);
  });

  it('is that of the project also with a second configuration, and that of the variable before all', async () => {
    const second = { LOADSTAR_CONFIG: 'production/loadstar.config.ts' };
    expect(await nameIn('shop/apps/web', second)).toBe('storefront');
    expect(await nameIn('shop/apps/web', { LOADSTAR_PROJECT: 'other' })).toBe('other');
  });

  it('is fixed for a clone of Loadstar, whatever its directory', async () => {
    expect(await nameIn('broken', {}, join(top, 'broken'))).toBe(OWN_PROJECT);
  });

  it('has to be one that tags and ids can hold', async () => {
    await expect(nameIn('店')).rejects.toMatchObject({ exit_code: 2, next: expect.stringContaining('acme-shop') });
    await expect(nameIn('shop', { LOADSTAR_PROJECT: 'My Shop' })).rejects.toMatchObject({
      exit_code: 2,
      message: expect.stringContaining('lowercase letters, digits and single dashes'),
    });
  });
});
