/** Licences of all packages that Loadstar is built from or shipped with. An unknown or missing one fails. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSIONS } from '../contract/versions.ts';
import { findInfluxd } from '../stack/binaries/influxd.ts';
import { findK6 } from '../stack/binaries/k6.ts';
import { findProgram } from '../stack/binaries/which.ts';
import {
  ALLOWED_LICENCES,
  LICENCE_EXCEPTIONS,
  licenceProblem,
  licencesOfGoBinary,
  recognizeLicence,
} from '../tools/licences.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const problems = (packages: readonly { name: string; licences: readonly string[] }[]) =>
  packages.map(({ name, licences }) => licenceProblem(name, licences)).filter((it) => it !== null);

describe('the rule', () => {
  it('refuses a licence that is unknown, missing, or not on the list, and an exception that is not true any more', () => {
    expect(recognizeLicence('All rights reserved.')).toBeNull();
    expect(recognizeLicence(read('LICENSE'))).toBe('Apache-2.0');
    expect(licenceProblem('left-pad', ['MIT'])).toBeNull();
    expect(licenceProblem('left-pad', [])).toContain('found none');
    expect(licenceProblem('left-pad', ['MIT', 'SSPL-1.0'])).toContain('found MIT AND SSPL-1.0');
    expect(licenceProblem('go.k6.io/k6', ['MIT'])).toContain('expected go.k6.io/k6 to have AGPL-3.0');
  });

  it('gives a reason for each exception', () => {
    for (const [name, { reason }] of Object.entries(LICENCE_EXCEPTIONS))
      expect(reason.length, name).toBeGreaterThan(20);
    expect(ALLOWED_LICENCES.filter((it) => it.includes('GPL'))).toEqual([]);
  });
});

it('npm packages of the command line have licences of the list, those of all platforms too', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { license?: string; dev?: boolean; link?: boolean }>;
  };
  const shipped = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    .map(([path, { license }]) => ({ name: path.replace(/.*node_modules\//, ''), licences: license ? [license] : [] }));
  expect(shipped.length).toBeGreaterThan(100);
  expect(problems(shipped)).toEqual([]);
});

it.for([
  // Of v1: where the Go proxy lacks v2, parts of a v2 from K6_SOURCE cannot be downloaded either.
  ['k6', async () => (await findK6({ ...here.context, env: { ...here.env, K6_VERSION: VERSIONS.k6 } })).path],
  ['influxd', () => findInfluxd(here.context)],
] as const)('Go modules of %s have licences of the list, as its binary names them', async ([, find], { skip }) => {
  if (!(await findProgram('go', here.env))) return skip('no Go to read what the binary is built from');
  const modules = licencesOfGoBinary(await find());
  expect(modules.length).toBeGreaterThan(50);
  expect(problems(modules)).toEqual([]);
});

it('copied files name their origin and licence, and there is no other directory of them', () => {
  const vendor = join(ROOT, 'kubernetes', 'testing', 'vendor');
  const copied = readdirSync(vendor, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(copied.length).toBeGreaterThan(0);
  for (const { parentPath, name } of copied) {
    const [origin = '', licence = ''] = readFileSync(join(parentPath, name), 'utf8').split('\n');
    expect(origin).toMatch(/^# Copied unchanged from https:\/\//);
    expect(licence).toContain('Apache-2.0');
  }
  expect(read('NOTICE')).toContain('kubernetes/testing/vendor/k6-operator/');
});

it('the npm package holds LICENSE and NOTICE, which name the licences of the source and of the built k6', () => {
  const { license, files } = JSON.parse(read('package.json')) as { license: string; files: string[] };
  expect(license).toBe('Apache-2.0');
  // npm adds LICENSE by itself.
  expect(files).toContain('NOTICE');
  expect(existsSync(join(ROOT, 'LICENSE'))).toBe(true);
  for (const text of [read('NOTICE'), read('README.md')]) {
    for (const licence of ['Apache-2.0', 'AGPL-3.0']) expect(text.replaceAll('\n', ' ')).toContain(licence);
  }
});
