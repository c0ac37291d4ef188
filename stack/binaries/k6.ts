import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSIONS } from '../../contract/versions.ts';
import { runCommand } from '../../lib/command.ts';
import { LoadstarError, unusableError } from '../../lib/errors.ts';
import type { EngineContext } from '../engine/engine.ts';
import { cachedBinary } from './cache.ts';
import { countPackages, isAtLeast, readGoVersion, requireGo, runGo } from './go.ts';
import { type K6Candidate, readK6Candidates } from './k6-candidates.ts';
import { findReleased } from './released.ts';
import { markUsed } from './unused.ts';
import { findProgram, isExecutable } from './which.ts';

const HASH_LENGTH = 12;
/** The first version with the arguments that runs need (`--summary-mode`), and the last known major version. */
const PATH_K6 = { oldest: '1.0.0', newest_major: 2 } as const;

export interface K6Binary {
  readonly path: string;
  readonly version: string;
  /** Whether it is Loadstar's own build, with its output and its guard of hosts. */
  readonly is_own: boolean;
  /** What is other than planned, such as an earlier version; null if nothing is. */
  readonly note: string | null;
}

/**
 * Finds Loadstar's k6 in the cache, or builds it: of the versions of {@link readK6Candidates} the first one that is in the
 * cache, else the first one that can be downloaded. Without Go, a k6 on PATH is used, without Loadstar's extensions.
 * @throws LoadstarError (usage) if K6_VERSION or K6_SOURCE is wrong; (unusable) if no k6 is available
 */
export async function findK6(context: EngineContext): Promise<K6Binary> {
  const wanted = await keyedCandidates(context);
  const built = await findBuilt(context, wanted);
  if (built) {
    await markUsed(built.path);
    return built;
  }
  const available = await findAvailable(context, wanted);
  if (available.length === 0) {
    const found = await findOnPath(context);
    if (found) return found;
  }
  // If nothing is available, the attempt to build says what is missing.
  const tried = available.length > 0 ? available : wanted;
  for (const [index, candidate] of tried.entries()) {
    try {
      return describe(await build(context, candidate), candidate, wanted[0]);
    } catch (error) {
      const next = tried[index + 1];
      const reason = next ? readUnavailable(error) : null;
      if (!next || !reason) throw error;
      context.ui.warn(`k6 v${candidate.version} cannot be downloaded (${reason}): k6 v${next.version} instead`);
    }
  }
  throw new Error('unreachable: there is at least one version to build');
}

/** What this machine can get: with Go, each of them; without it, those of the release. */
async function findAvailable(context: EngineContext, wanted: KeyedCandidates): Promise<readonly KeyedCandidate[]> {
  if ((await readGoVersion(context.env)) !== null) return wanted;
  return wanted.filter(({ key }) => findReleased(context, key) !== null);
}

/** Loadstar's k6 in the cache; null if a run would have to build it. @throws LoadstarError (usage) as {@link findK6} */
export async function findBuiltK6(
  context: Pick<EngineContext, 'root' | 'cache_dir' | 'env'>,
): Promise<K6Binary | null> {
  return await findBuilt(context, await keyedCandidates(context));
}

async function findBuilt(
  { cache_dir }: Pick<EngineContext, 'cache_dir'>,
  candidates: KeyedCandidates,
): Promise<K6Binary | null> {
  for (const candidate of candidates) {
    const path = join(cache_dir, candidate.key);
    if (await isExecutable(path)) return describe(path, candidate, candidates[0]);
  }
  return null;
}

function describe(path: string, { version }: K6Candidate, first: K6Candidate): K6Binary {
  const note =
    version === first.version
      ? null
      : `k6 v${version}, because v${first.version} was not available: K6_VERSION=${first.version} tries it again`;
  return { path, version, is_own: true, note };
}

/** What `cmd/patch` says of a version that the Go proxy lacks; null for every other error. */
function readUnavailable(error: unknown): string | null {
  const found = error instanceof LoadstarError ? error.found : undefined;
  return /^k6 v\S+ cannot be downloaded: (.*)$/m.exec(found ?? '')?.[1] ?? null;
}

async function build(context: EngineContext, { version, from, key }: KeyedCandidate): Promise<string> {
  const of = from === version ? '' : ` from ${from}`;
  return await cachedBinary(context, {
    key,
    title: `building k6 v${version}${of} (once, about 3 minutes on two cores)`,
    build: async (out, directory, at) => {
      const go = await requireGo(context, `k6 v${version}`, VERSIONS.go_min);
      at('downloading modules');
      const sources = join(context.root, 'k6', 'output');
      // Its guard of allowed hosts is in k6 itself: docs/decisions/0102-host-guard.md.
      await runGo(context, 'k6', ['run', './cmd/patch', from, directory], { cwd: sources, env: go });
      await runGo(context, 'k6', ['build', '-mod=mod', '-v', '-trimpath', '-o', out, './cmd/k6'], {
        cwd: join(directory, 'output'),
        env: { ...go, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' },
        onLine: countPackages(at),
      });
    },
  });
}

/** A k6 that somebody else built, of any version that takes Loadstar's arguments. */
async function findOnPath(context: EngineContext): Promise<K6Binary | null> {
  const path = await findProgram('k6', context.env);
  if (!path) return null;
  const version = await readK6Version(path, context);
  const wanted = context.env.K6_VERSION?.replace(/^v/, '');
  const suffices =
    version !== null && isAtLeast(version, PATH_K6.oldest) && !isAtLeast(version, String(PATH_K6.newest_major + 1));
  if (!suffices || context.env.K6_SOURCE || (wanted && wanted !== version)) {
    throw unusableError(
      wanted ? `k6 v${wanted}` : `k6 v${PATH_K6.oldest} or later, up to v${PATH_K6.newest_major}`,
      `no Go to build it, and ${path} is ${version ? `v${version}` : 'no k6 that says its version'}`,
      `install Go ≥ ${VERSIONS.go_min} from https://go.dev/dl, or use Docker, which needs no build`,
    );
  }
  const lacks = 'lacks the output "loadstar" and holds allowed hosts by their addresses only';
  return { path, version, is_own: false, note: `no Go to build k6: using ${path} (v${version}), which ${lacks}` };
}

/** Names in the cache of the versions that a run would take, the preferred one first. */
export async function k6CacheKeys(context: Pick<EngineContext, 'root' | 'env'>): Promise<string[]> {
  return (await keyedCandidates(context)).map(({ key }) => key);
}

interface KeyedCandidate extends K6Candidate {
  /** Its name in the cache: of its version, our sources, and those of a checkout. */
  readonly key: string;
}

type KeyedCandidates = readonly [KeyedCandidate, ...KeyedCandidate[]];

async function keyedCandidates({ root, env }: Pick<EngineContext, 'root' | 'env'>): Promise<KeyedCandidates> {
  const [first, ...others] = await readK6Candidates(env);
  const hash = await hashSources(join(root, 'k6', 'output'));
  const keyed = async (it: K6Candidate): Promise<KeyedCandidate> => ({
    ...it,
    key: `k6-${it.version}-${hash}${it.from === it.version ? '' : `-${await hashSources(it.from)}`}`,
  });
  return [await keyed(first), ...(await Promise.all(others.map(keyed)))];
}

/** @returns the version such as `1.8.1`, or null if the program prints none */
async function readK6Version(path: string, context: Pick<EngineContext, 'env'>): Promise<string | null> {
  const { stdout } = await runCommand(path, ['version'], { env: context.env });
  return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
}

/** Hashes the sources of the binary, without tests. */
async function hashSources(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /(\.go|go\.mod|go\.sum)$/.test(entry.name) && !entry.name.endsWith('_test.go'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(directory.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
