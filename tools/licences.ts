/**
 * The licences of what Loadstar is built from and shipped with. tests/licences.test.ts holds every package against this
 * list, and tools/release.ts adds the texts to the binaries.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** SPDX ids (https://spdx.org/licenses) that Apache-2.0 code may be combined with, without asking. */
export const ALLOWED_LICENCES: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MPL-2.0',
  'PSF-2.0',
  'Unlicense',
];

interface LicenceException {
  /** SPDX id; `none`: no text, or one that `recognizeLicence` does not know. */
  readonly licence: string;
  readonly reason: string;
}

const PART_OF_K6 = 'a part of k6: the built k6 is under AGPL-3.0 as a whole (NOTICE)';

/** Packages with another licence, or without a text: by name, or by `name@version` if it holds for this version alone. */
export const LICENCE_EXCEPTIONS: Readonly<Record<string, LicenceException>> = {
  'go.k6.io/k6': { licence: 'AGPL-3.0', reason: PART_OF_K6 },
  'go.k6.io/k6/v2': { licence: 'AGPL-3.0', reason: PART_OF_K6 },
  'github.com/grafana/k6provider': { licence: 'AGPL-3.0', reason: PART_OF_K6 },
  'github.com/grafana/xk6-dashboard': { licence: 'AGPL-3.0', reason: PART_OF_K6 },
  'github.com/grafana/xk6-dashboard-assets': { licence: 'AGPL-3.0', reason: PART_OF_K6 },
  'github.com/grafana/k6-cloud-openapi-client-go@v0.0.0-20260106090513-285631296b5d': {
    licence: 'none',
    reason: 'client that the authors of k6 generate for k6, in k6 v1: the later version in k6 v2 is under Apache-2.0',
  },
  'buf.build/gen/go/prometheus/prometheus/protocolbuffers/go': {
    licence: 'none',
    reason: 'code that buf.build generates from the protocol of Prometheus, which is under Apache-2.0',
  },
  'github.com/eclipse/paho.mqtt.golang': {
    licence: 'none',
    reason: 'a part of influxd, under EPL-1.0 or EDL-1.0, which is BSD-3-Clause: its text is not recognized',
  },
};

export interface LicensedModule {
  readonly name: string;
  readonly version: string;
  /** SPDX ids of the texts that it holds; empty: no text, or one that is not known. */
  readonly licences: readonly string[];
  /** The texts of its licence and notice files. */
  readonly texts: readonly string[];
}

/** Sentences that only one licence has, in the order in which they are looked for. */
const SENTENCES: readonly (readonly [string, RegExp])[] = [
  ['AGPL-3.0', /gnu affero general public license version 3/],
  ['GPL', /gnu general public license version [23]/],
  ['LGPL', /gnu (lesser|library) general public license version/],
  ['MPL-2.0', /mozilla public license,? version 2\.0/],
  ['Apache-2.0', /apache license,? version 2\.0/],
  ['BSD-3-Clause', /redistributions of source code must retain .*(neither the name|names? of (its|the) contributors)/],
  ['BSD-2-Clause', /redistributions of source code must retain .*redistributions in binary form must reproduce/],
  ['MIT', /permission is hereby granted, free of charge, to any person obtaining a copy/],
  [
    'ISC',
    /permission to use, copy, modify,? and( or)? distribute this software for any purpose .* provided that the above/,
  ],
  [
    '0BSD',
    /permission to use, copy, modify,? and( or)? distribute this software for any purpose with or without fee is/,
  ],
  ['Unlicense', /free and unencumbered software released into the public domain/],
];

/** @returns the SPDX id of a licence text, or null for one that is not known */
export function recognizeLicence(text: string): string | null {
  const words = text.toLowerCase().replace(/[\s*#>/]+/g, ' ');
  return SENTENCES.find(([, sentence]) => sentence.test(words))?.[0] ?? null;
}

const LICENCE_FILE = /^(un)?licen[cs]e|^copying/i;
const NOTICE_FILE = /^notice/i;

interface Download {
  readonly Path: string;
  readonly Version: string;
  readonly Dir?: string;
  readonly Error?: string;
}

/**
 * Reads the licences of all Go modules that a binary was built from, as `go version -m` lists them.
 * @param env GOPROXY=off reads what this machine has alone
 * @throws Error if Go does not find a module
 */
export function licencesOfGoBinary(path: string, env: NodeJS.ProcessEnv = process.env): LicensedModule[] {
  const modules = execFileSync('go', ['version', '-m', path], { env })
    .toString()
    .split('\n')
    .map((line) => line.trim().split('\t'))
    // A replaced module has a second line without a version: a copy on disk of the first.
    .filter(([kind, , version = '']) => (kind === 'dep' || kind === '=>') && version.startsWith('v'))
    .map(([, name, version]) => `${name}@${version}`);
  // It ends with 1 if a single module is missing, and lists all of them anyway.
  const { stdout: downloaded } = spawnSync('go', ['mod', 'download', '-json', ...modules], {
    env: { ...env, GOFLAGS: '-mod=mod', GO111MODULE: 'on' },
    cwd: '/',
    maxBuffer: 2 ** 26,
  });
  const entries = JSON.parse(`[${downloaded.toString().replace(/^\}\n\{$/gm, '},{')}]`) as Download[];
  const unpacked = execFileSync('go', ['env', 'GOMODCACHE'], { env }).toString().trim();
  return entries.map(({ Path, Version, Dir, Error: problem }) => {
    // A build needs less of a proxy than this call: what it has unpacked is there without it.
    const directory = Dir ?? join(unpacked, `${Path.replace(/[A-Z]/g, (it) => `!${it.toLowerCase()}`)}@${Version}`);
    if (existsSync(directory)) return { name: Path, version: Version, ...readLicences(directory) };
    // K6_SOURCE builds a k6 that the Go proxy lacks: its licence is the one that is stated here.
    const stated = Path.startsWith('go.k6.io/k6') ? LICENCE_EXCEPTIONS[Path] : undefined;
    if (stated) return { name: Path, version: Version, licences: [stated.licence], texts: [] };
    throw new Error(problem ?? `${directory} is gone`);
  });
}

/** Reads the licence files of a package's directory. */
export function readLicences(directory: string): Pick<LicensedModule, 'licences' | 'texts'> {
  const read = (pattern: RegExp) =>
    readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() && pattern.test(entry.name) && !/\.(csv|go|json)$/.test(entry.name))
      .map(({ name }) => readFileSync(join(directory, name), 'utf8'));
  const files = read(LICENCE_FILE);
  // A few have the text at the end of their README.
  const texts = files.length > 0 ? files : read(/^readme/i).filter((text) => recognizeLicence(text) !== null);
  const ids = texts.map(recognizeLicence);
  return {
    licences: ids.includes(null) ? [] : [...new Set(ids as string[])],
    texts: [...texts, ...read(NOTICE_FILE)],
  };
}

/** @returns what is wrong with the licences of a package, or null */
export function licenceProblem({ name, version, licences }: Omit<LicensedModule, 'texts'>): string | null {
  const exception = LICENCE_EXCEPTIONS[`${name}@${version}`] ?? LICENCE_EXCEPTIONS[name];
  const found = licences.join(' AND ') || 'none';
  if (exception?.licence === found) return null;
  if (exception) return `expected ${name} to have ${exception.licence}, as its exception says; found ${found}`;
  if (licences.length > 0 && licences.every((it) => ALLOWED_LICENCES.includes(it))) return null;
  return `expected ${name} to have one of ${ALLOWED_LICENCES.join(', ')}; found ${found}`;
}
