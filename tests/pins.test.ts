/** What comes from outside is pinned, and what goes into containers runs with as little as it needs. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { PACKAGE } from '../contract/package-name.ts';
import { VERSIONS } from '../contract/versions.ts';
import { ROOT } from './lib/machine.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

describe('packages', () => {
  it('have exact versions, no range, no tag, no address', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string> | undefined>;
    const { 'loadstar-cli': own, ...devDependencies } = manifest.devDependencies ?? {};
    // It gives a clone the command that an installed package has.
    expect(own).toBe('file:cli');
    const pinned = [manifest.dependencies ?? {}, devDependencies].flatMap((part) => Object.entries(part));
    expect(pinned.length).toBeGreaterThan(10);
    for (const [name, version] of pinned) expect(version.replace(/^npm:@\w+\/\w+@/, ''), name).toMatch(EXACT);
  });

  it('are locked with a hash each, those of Go too', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; integrity?: string; link?: boolean }>;
    };
    // A link is a directory of this repository.
    const locked = Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);
    expect(locked.length).toBeGreaterThan(100);
    for (const [path, { integrity }] of locked) expect(integrity, path).toMatch(/^sha512-/);
    const go_mod = read('k6/output/go.mod');
    const required = [...go_mod.matchAll(/^\t(\S+) (v\S+)/gm)];
    expect(required.length).toBeGreaterThan(10);
    const sums = read('k6/output/go.sum');
    for (const [, module, version] of required) expect(sums).toContain(`${module} ${version}/go.mod h1:`);
  });
});

const DOCKERFILES = execFileSync('git', ['ls-files', '*Dockerfile'], { cwd: ROOT }).toString().trim().split('\n');

it('every Dockerfile is checked', () => {
  expect(DOCKERFILES).toEqual(['cli/Dockerfile', 'demo/Dockerfile', 'inbox/Dockerfile', 'k6/Dockerfile']);
});

describe.each(DOCKERFILES)('%s', (file) => {
  const lines = read(file)
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const of = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('begins with images of an exact version', () => {
    for (const image of of('FROM')) expect(image).toMatch(/^[a-z/]+:\d+\.\d+\.\d+\S*( AS \w+)?$/);
  });

  it('ends as somebody who is not root, and copies no more than it names', () => {
    const user = of('USER').at(-1);
    expect(user).toBeDefined();
    expect(['root', '0']).not.toContain(user);
    expect(lines.findIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
      lines.findLastIndex((line) => line.startsWith('RUN')),
    );
    for (const copied of of('COPY')) expect(copied).not.toMatch(/^\.\s/);
    expect(of('ADD')).toEqual([]);
  });

  it('names its licence and where its exact source is, in labels', () => {
    const [labels = ''] = of('LABEL');
    const licence = file.startsWith('k6/') ? 'AGPL-3.0-only' : 'Apache-2.0';
    expect(labels).toContain(`org.opencontainers.image.licenses="${licence}"`);
    const { version } = JSON.parse(read('package.json')) as { version: string };
    for (const [label, argument, value] of [
      ['version', 'LOADSTAR_VERSION', version],
      ['revision', 'LOADSTAR_REVISION', 'unknown'],
      ['source', 'LOADSTAR_SOURCE', `https://www.npmjs.com/package/${PACKAGE}`],
    ]) {
      expect(labels).toContain(`org.opencontainers.image.${label}="\${${argument}}"`);
      expect(of('ARG')).toContain(`${argument}=${value}`);
    }
  });

  it('installs what is locked, runs no script of a package, and holds no secret', () => {
    for (const command of of('RUN')) {
      expect(command).not.toMatch(/curl|wget|npm install|sudo|apt-get/);
      if (command.includes('npm ci')) expect(command).toContain('--ignore-scripts');
    }
    for (const argument of [...of('ARG'), ...of('ENV')]) expect(argument).not.toMatch(/token|secret|password|key/i);
  });
});

interface Service {
  readonly image?: string;
  readonly user?: string;
  readonly build?: { readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly volumes?: readonly unknown[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly pids_limit?: number;
}
const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };

describe.each(Object.entries(services))('the service %s', (_, service) => {
  it('has no capability, gains none, writes to its volumes alone, and is no process bomb', () => {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.read_only).toBe(true);
    expect(service.tmpfs).toEqual(['/tmp']);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.privileged ?? false).toBe(false);
    expect(service.network_mode).toBeUndefined();
    expect(JSON.stringify(service.volumes ?? [])).not.toContain('docker.sock');
  });

  it('is an exact version, or built from a Dockerfile that is checked here, and not root by itself', () => {
    if (service.build) expect(DOCKERFILES).toContain(service.build.dockerfile);
    else {
      expect(service.image).toMatch(/:\d+\.\d+\.\d+$/);
      expect(service.user).toBeDefined();
      expect(service.user).not.toMatch(/^(root|0)(:|$)/);
    }
  });

  it('publishes on loopback alone', () => {
    expect((service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

it('there is one lock file, and git keeps it', () => {
  expect(existsSync(join(ROOT, 'package-lock.json'))).toBe(true);
  expect(read('.gitignore')).not.toMatch(/package-lock|go\.sum/);
});

describe('renovate.json', () => {
  const text = z.string().min(1);
  const rule = z.strictObject({
    matchManagers: z.array(z.enum(['npm', 'gomod', 'github-actions', 'dockerfile', 'docker-compose'])).optional(),
    matchDepTypes: z.array(z.enum(['dependencies', 'devDependencies'])).optional(),
    matchUpdateTypes: z.array(z.enum(['major', 'minor', 'patch', 'digest'])).optional(),
    matchPackageNames: z.array(text).optional(),
    groupName: text.optional(),
    enabled: z.boolean().optional(),
  });
  const manager = z.strictObject({
    customType: z.literal('regex'),
    description: text,
    managerFilePatterns: z.array(z.string().regex(/^\/.*\/$/)),
    matchStrings: z.array(text),
    datasourceTemplate: z.enum(['github-releases', 'docker', 'golang-version', 'go']),
    depNameTemplate: text,
    extractVersionTemplate: text.optional(),
  });
  /** The options of https://docs.renovatebot.com/configuration-options that are used here: a misspelt one is ignored. */
  const options = z.strictObject({
    $schema: z.literal('https://docs.renovatebot.com/renovate-schema.json'),
    extends: z.array(z.enum(['config:recommended', 'helpers:pinGitHubActionDigests', 'docker:pinDigests'])),
    schedule: z.array(text),
    minimumReleaseAge: z.string().regex(/^\d+ days$/),
    prConcurrentLimit: z.int(),
    rangeStrategy: z.literal('pin'),
    labels: z.array(text),
    vulnerabilityAlerts: z.strictObject({ enabled: z.literal(true), labels: z.array(text) }),
    packageRules: z.array(rule),
    customManagers: z.array(manager),
  });

  it('has options of Renovate alone, and each rule does something', () => {
    const config = options.parse(JSON.parse(read('renovate.json')));
    for (const it of config.packageRules) expect(it.groupName ?? it.enabled).toBeDefined();
  });

  it('finds each version in contract/versions.ts, except the lowest ones, which people choose', () => {
    const { customManagers } = options.parse(JSON.parse(read('renovate.json')));
    const source = read('contract/versions.ts');
    const found = customManagers.flatMap(({ matchStrings: [pattern = ''] }) => {
      const matches = [...source.matchAll(new RegExp(pattern, 'g'))];
      expect(matches, pattern).toHaveLength(1);
      return matches.map(([match, version]) => [match.split(':')[0], version]);
    });
    const chosen = Object.entries(VERSIONS).filter(([name]) => !name.endsWith('_min'));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(chosen));
  });
});

it('CODEOWNERS names paths that exist', () => {
  const lines = read('.github/CODEOWNERS')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const paths = lines.map((line) => line.split(/\s+/)[0] ?? '').filter((path) => path !== '*');
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths) {
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', `.${path}`], {
      cwd: ROOT,
    });
    expect(files.toString(), path).not.toBe('');
  }
});

it('issue templates are valid, and ask for what a report needs', () => {
  const form = z.object({
    name: z.string(),
    description: z.string(),
    body: z.array(z.object({ type: z.literal('textarea'), id: z.string() })),
  });
  for (const name of ['bug', 'idea']) form.parse(parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`)));
  expect(read('.github/ISSUE_TEMPLATE/bug.yml')).toContain('loadstar doctor');
});
