import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PACKAGE } from '../contract/package-name.ts';
import { freePort } from '../lib/free-port.ts';
import { packageVersion } from '../lib/package-version.ts';
import { ROOT } from './lib/machine.ts';
import { type Registry, startRegistry } from './lib/registry.ts';

const call = promisify(execFile);
const place = mkdtempSync(join(tmpdir(), 'loadstar-upgrade-test-'));
const project = join(place, 'project');
const published = join(place, 'package');
const tarball = join(place, 'loadstar.tgz');
const installed = packageVersion(ROOT);
let registry: Registry;

const CHANGELOG = `# Changelog

## 99.1.0

### Upgrade

- Name the new thing.

## 99.0.0

## ${installed}

### Upgrade

- Too old to show.
`;

beforeAll(async () => {
  mkdirSync(join(project, '.git'), { recursive: true });
  mkdirSync(published);
  writeFileSync(join(published, 'package.json'), JSON.stringify({ name: PACKAGE, version: '99.1.0' }));
  writeFileSync(join(published, 'CHANGELOG.md'), CHANGELOG);
  await call('tar', ['-czf', tarball, '-C', place, 'package']);
  registry = await startRegistry([], new Map([[PACKAGE, tarball]]));
});

afterAll(async () => {
  await registry.close();
  rmSync(place, { recursive: true, force: true });
});

/** `loadstar upgrade --check` in a project that depends on Loadstar in this way. */
async function checkUpgrade(spec: string, registry_url: string) {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ devDependencies: { [PACKAGE]: spec } }));
  writeFileSync(join(project, '.npmrc'), `registry=${registry_url}\n`);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, npm_config_cache: join(place, 'npm-cache') };
  const args = [join(ROOT, 'cli', 'loadstar.js'), 'upgrade', '--check', '--json'];
  const options = { cwd: project, env: env as NodeJS.ProcessEnv };
  const { stdout } = await call(process.execPath, args, options);
  return JSON.parse(stdout) as unknown;
}

const CHANGES = [
  { version: '99.1.0', upgrade: ['Name the new thing.'] },
  { version: '99.0.0', upgrade: [] },
];

it('asks the registry that npm is configured for, and reads the CHANGELOG of the newest version', async () => {
  expect(await checkUpgrade(`^${installed}`, registry.url)).toMatchObject({
    installed,
    newest: '99.1.0',
    is_newer: true,
    changes: CHANGES,
    command: `npm install --save-dev --save-exact ${PACKAGE}@99.1.0`,
  });
});

it('asks the git repository that Loadstar was installed from', async () => {
  const git = async (...args: string[]) => await call('git', ['-C', published, ...args]);
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  await git('init', '--quiet');
  await git('add', '.');
  await git(...identity, 'commit', '--quiet', '--message', 'Release');
  for (const tag of ['v99.1.0', 'v9.0.0', 'v100.0.0-beta.1', 'nightly']) await git('tag', tag);
  const url = `git+file://${published}`;
  expect(await checkUpgrade(`${url}#v9.0.0`, 'http://127.0.0.1:1/')).toMatchObject({
    newest: '99.1.0',
    changes: CHANGES,
    command: `npm install --save-dev --save-exact ${PACKAGE}@${url}#v99.1.0`,
  });
});

it('ends with code 4 and one next step if the registry does not answer', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}/`;
  await expect(checkUpgrade(installed, nobody)).rejects.toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringMatching(/found: ECONNREFUSED.*\n {2}next: .*npm config get registry.*\n$/),
  });
});
