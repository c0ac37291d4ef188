/** Licences of all packages that Loadstar is built from or shipped with. An unknown or missing one fails. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSIONS } from '../contract/versions.ts';
import { LoadstarError } from '../lib/errors.ts';
import { findInfluxd } from '../stack/binaries/influxd.ts';
import { findK6 } from '../stack/binaries/k6.ts';
import { findProgram } from '../stack/binaries/which.ts';
import {
  ALLOWED_LICENCES,
  LICENCE_EXCEPTIONS,
  type LicensedModule,
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
const problems = (packages: readonly Omit<LicensedModule, 'texts'>[]) =>
  packages.map(licenceProblem).filter((it) => it !== null);

describe('the rule', () => {
  it('refuses a licence that is unknown, missing, or not on the list, and an exception that is not true any more', () => {
    expect(recognizeLicence('All rights reserved.')).toBeNull();
    expect(recognizeLicence(read('LICENSE'))).toBe('Apache-2.0');
    const problem = (name: string, version: string, licences: string[]) => licenceProblem({ name, version, licences });
    expect(problem('left-pad', '1.3.0', ['MIT'])).toBeNull();
    expect(problem('left-pad', '1.3.0', [])).toContain('found none');
    expect(problem('left-pad', '1.3.0', ['MIT', 'SSPL-1.0'])).toContain('found MIT AND SSPL-1.0');
    expect(problem('go.k6.io/k6', 'v1.8.1', ['MIT'])).toContain('expected go.k6.io/k6 to have AGPL-3.0');
    const client = 'github.com/grafana/k6-cloud-openapi-client-go';
    expect(problem(client, 'v0.0.0-20260106090513-285631296b5d', [])).toBeNull();
    expect(problem(client, 'v0.0.4', [])).toContain('found none');
  });

  it('gives a reason for each exception', () => {
    for (const [name, { reason }] of Object.entries(LICENCE_EXCEPTIONS))
      expect(reason.length, name).toBeGreaterThan(20);
    expect(ALLOWED_LICENCES.filter((it) => it.includes('GPL'))).toEqual([]);
  });
});

it('npm packages of the command line have licences of the list, those of all platforms too', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version: string; license?: string; dev?: boolean; link?: boolean }>;
  };
  const shipped = Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    .map(([path, { version, license }]) => ({
      name: path.replace(/.*node_modules\//, ''),
      version,
      licences: license ? [license] : [],
    }));
  expect(shipped.length).toBeGreaterThan(100);
  expect(problems(shipped)).toEqual([]);
});

const findVersion = async (K6_VERSION: string) =>
  (await findK6({ ...here.context, env: { ...here.env, K6_VERSION } })).path;

it.for([
  ['k6 v1', () => findVersion(VERSIONS.k6)],
  ['k6 v2', () => findVersion(VERSIONS.k6_v2)],
  ['influxd', () => findInfluxd(here.context)],
] as const)('Go modules of %s have licences of the list, as its binary names them', async ([, find], { skip }) => {
  if (!(await findProgram('go', here.env))) return skip('no Go to read what the binary is built from');
  const binary = await find().catch((error: LoadstarError) => {
    // A proxy may lack v2; everything else is a failure.
    if (!/^k6 v2\S+ cannot be downloaded/m.test(error.found ?? '')) throw error;
    return error;
  });
  if (binary instanceof LoadstarError) return skip(binary.found ?? binary.message);
  const modules = licencesOfGoBinary(binary);
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
