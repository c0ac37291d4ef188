/**
 * Makes a release, step by step, as .github/workflows/release.yml calls it; docs: "Releases" in CONTRIBUTING.md.
 *   check    --tag v1.2.3                   package.json, tag and CHANGELOG.md agree; prints the notes
 *   binaries --out DIR                      k6 and influxd of this machine's platform, with licences and SBOM
 *   assemble --out DIR --address URL        the npm package with the list of DIR's binaries, and SHA256SUMS
 *   dry-run  --out DIR [--address URL]      all of that for this platform; publishes nothing
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { constants, gzipSync } from 'node:zlib';
import { RELEASE_LIST, type ReleaseList, releasedFileName } from '../contract/release.ts';
import { VERSIONS } from '../contract/versions.ts';
import { licencesOfGoBinary, readLicences } from './licences.ts';
import { findReleaseProblems, type Manifest, readReleaseNotes } from './release-notes.ts';

const MODULE_SBOM = 'github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod';
const NOWHERE = 'https://releases.invalid/dry-run';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tag: { type: 'string' }, out: { type: 'string' }, address: { type: 'string' } },
});
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const { version } = manifest;

const STEPS: Readonly<Record<string, () => void>> = {
  check: () => check(required('tag')),
  binaries: () => makeBinaries(outDirectory()),
  assemble: () => assemble(outDirectory(), required('address')),
  'dry-run': dryRun,
};

const step = STEPS[positionals[0] ?? ''];
if (!step) fail(`one of ${Object.keys(STEPS).join(', ')}`, positionals[0] ?? 'nothing', 'see tools/release.ts');
step?.();

function fail(expected: string, found: string, next: string): never {
  console.error(`error: expected ${expected}\n  found: ${found}\n  next:  ${next}`);
  process.exit(2);
}

function required(name: 'tag' | 'out' | 'address'): string {
  return values[name] || fail(`--${name}`, 'none', `add --${name}`);
}

function outDirectory(): string {
  const directory = resolve(required('out'));
  mkdirSync(directory, { recursive: true });
  return directory;
}

function check(tag: string): void {
  const problems = findReleaseProblems(readFileSync('CHANGELOG.md', 'utf8'), manifest, tag);
  if (problems.length > 0)
    fail('package.json, tag and CHANGELOG.md to agree', problems.join('; '), 'commit what is missing');
  process.stdout.write(readReleaseNotes(readFileSync('CHANGELOG.md', 'utf8'), version));
}

/** `loadstar setup` builds them, as it does on a machine of a user: what is released is what is tested. */
function makeBinaries(out: string): void {
  const env = { ...process.env, ENGINE: 'native' };
  execFileSync(process.execPath, ['cli/loadstar.js', 'setup'], { env, stdio: 'inherit' });
  const plan = execFileSync(process.execPath, ['cli/loadstar.js', 'ci', 'plan'], { env }).toString();
  const keys = /^binaries=(k6-.*)-(influxd-.*)$/m.exec(plan)?.slice(1);
  if (!keys) throw new Error(`\`loadstar ci plan\` names no binaries:\n${plan}`);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadstar');
  for (const planned of keys) {
    const key = findBuilt(cache, planned);
    const binary = join(cache, key);
    const name = releasedFileName(key, process.platform, process.arch);
    const base = join(out, name.replace(/\.gz$/, ''));
    writeFileSync(join(out, name), gzipSync(readFileSync(binary), { level: constants.Z_BEST_COMPRESSION }));
    writeFileSync(`${base}.licences.txt`, licenceTexts(binary));
    execFileSync(
      'go',
      ['run', `${MODULE_SBOM}@v${VERSIONS.cyclonedx_gomod}`, 'bin', '-json', '-output', `${base}.cdx.json`, binary],
      {
        env: { ...process.env, GOFLAGS: '-mod=mod' },
        stdio: 'inherit',
      },
    );
    console.error(`made ${name}`);
  }
}

/** A dry run may have another version of k6 than planned, where its newest cannot be downloaded: `setup` warns of it. */
function findBuilt(cache: string, planned: string): string {
  const [tool = '', , hash = 'none'] = planned.split('-');
  const same_sources = readdirSync(cache).find((name) => name.startsWith(`${tool}-`) && name.endsWith(`-${hash}`));
  return existsSync(join(cache, planned)) ? planned : (same_sources ?? planned);
}

/** Texts of all modules in a binary, and of Go, whose library is in it too: their licences ask for that. */
function licenceTexts(binary: string): string {
  const goroot = execFileSync('go', ['env', 'GOROOT']).toString().trim();
  const go = { name: 'Go', version: '', ...readLicences(goroot) };
  const modules = [go, ...licencesOfGoBinary(binary)];
  const texts = modules.map(
    ({ name, version: of_module, texts: its }) => `${name} ${of_module}\n\n${its.join('\n\n')}`,
  );
  return [readFileSync('NOTICE', 'utf8'), ...texts].join(`\n\n${'='.repeat(80)}\n\n`);
}

function assemble(out: string, address: string): void {
  const list: ReleaseList = { version, address: address.replace(/\/$/, ''), files: {} };
  const files = Object.fromEntries(
    readdirSync(out)
      .filter((name) => name.endsWith('.gz'))
      .sort()
      .map((name) => [name, { sha256: sha256(join(out, name)), size_bytes: statSync(join(out, name)).size }]),
  );
  if (Object.keys(files).length === 0)
    fail(`binaries in ${out}`, 'none', 'run the step binaries for each platform first');
  packWith({ ...list, files }, out);
  writeFileSync(join(out, 'loadstar.cdx.json'), npmSbom());
  const sums = readdirSync(out)
    .filter((name) => name !== 'SHA256SUMS')
    .sort()
    .map((name) => `${sha256(join(out, name))}  ${name}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
  console.error(`assembled ${sums.length} files in ${out}`);
}

/** Packs what npm would pack of this checkout, and the list. The checkout itself never has one. */
function packWith(list: ReleaseList, out: string): void {
  const stage = mkdtempSync(join(tmpdir(), 'loadstar-release-'));
  try {
    const pack = ['pack', '--silent', '--pack-destination'];
    execFileSync('npm', [...pack, stage]);
    const [tarball = ''] = readdirSync(stage);
    execFileSync('tar', ['-xzf', tarball], { cwd: stage });
    writeFileSync(join(stage, 'package', RELEASE_LIST), `${JSON.stringify(list, null, 2)}\n`);
    execFileSync('npm', [...pack, out], { cwd: join(stage, 'package') });
  } finally {
    rmSync(stage, { recursive: true });
  }
}

function npmSbom(): Buffer {
  return execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], { maxBuffer: 2 ** 26 });
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function dryRun(): void {
  const tag = `v${version}`;
  const problems = findReleaseProblems(readFileSync('CHANGELOG.md', 'utf8'), manifest, tag);
  console.error(problems.length === 0 ? `${tag} can be released` : `${tag} cannot be released: ${problems.join('; ')}`);
  const out = outDirectory();
  makeBinaries(out);
  assemble(out, values.address ?? NOWHERE);
}
