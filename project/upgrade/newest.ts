import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rsort, valid } from 'semver';
import { PACKAGE } from '../../contract/package-name.ts';
import { type CommandResult, runCommand } from '../../lib/command.ts';
import type { CommandContext } from '../../lib/context.ts';
import { messageOf, unusableError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';

/** The newest version, where it was found, and its CHANGELOG. */
export interface Newest {
  readonly version: string;
  /** Of a git repository. */
  readonly tag?: string;
  /** Versions of Node.js that it runs on; null: not known. */
  readonly node: string | null;
  /** null: its package has none. */
  readonly changelog: string | null;
}

type Caller = Pick<CommandContext, 'env' | 'stop'>;

const TIMEOUT_MS = 60_000;
/** One attempt: who waits at a terminal asks again. */
const NPM_NETWORK = ['--fetch-retries=0', '--fetch-timeout=15000'];
const CHANGELOG = 'CHANGELOG.md';

/**
 * The version `latest` in the registry that npm is configured for in this directory, with its tokens and proxies.
 * @throws LoadstarError (unusable) if the registry does not answer, or does not have the package
 */
export async function newestInRegistry(caller: Caller, directory: string): Promise<Newest> {
  // Of a single field that is there, npm prints the bare value: a package may have no engines.
  const fields = ['name', 'version', 'engines'];
  const view = await run(caller, 'npm', ['view', PACKAGE, ...fields, '--json', ...NPM_NETWORK], directory);
  const found = (parseJson(view.stdout) ?? {}) as {
    readonly version?: string;
    readonly engines?: { readonly node?: string };
    readonly error?: { readonly code?: string; readonly summary?: string };
  };
  const version = valid(found.version);
  if (!view.ok || version === null) throw registryError(found.error, view);
  const changelog = await inTemporaryDirectory((place) => packedChangelog(caller, directory, place, version));
  return { version, node: found.engines?.node ?? null, changelog };
}

function registryError(error: { code?: string; summary?: string } | undefined, { reason }: CommandResult) {
  const found = error?.code ? [error.code, error.summary?.split('\n')[0]].filter(Boolean).join(': ') : reason;
  return unusableError(
    `npm's registry to name the newest ${PACKAGE}`,
    found,
    'check the network and `npm config get registry`, then run the same command again',
  );
}

async function packedChangelog(caller: Caller, directory: string, place: string, version: string) {
  const args = ['pack', `${PACKAGE}@${version}`, '--pack-destination', place, ...NPM_NETWORK];
  const packed = await run(caller, 'npm', args, directory);
  const tarball = (await readdir(place)).find((name) => name.endsWith('.tgz'));
  if (!packed.ok || tarball === undefined) return null;
  const text = await run(caller, 'tar', ['-xzOf', join(place, tarball), `package/${CHANGELOG}`], place);
  return text.ok ? text.stdout : null;
}

/**
 * The highest version among the tags of a repository.
 * @throws LoadstarError (unusable) if it does not answer, or has no such tag
 */
export async function newestInGit(caller: Caller, url: string): Promise<Newest> {
  const listed = await run(caller, 'git', ['ls-remote', '--tags', '--refs', url]);
  if (!listed.ok) {
    throw unusableError(
      `the tags of ${url}`,
      messageOf(listed.reason),
      'check the network and your access to it, then run the same command again',
    );
  }
  const tags = [...listed.stdout.matchAll(/\trefs\/tags\/(.+)$/gm)].map(([, tag = '']) => tag);
  const by_version = new Map(tags.flatMap((tag) => (valid(tag) ? [[valid(tag) as string, tag] as const] : [])));
  const [version] = rsort([...by_version.keys()].filter((it) => !it.includes('-')));
  const tag = version && by_version.get(version);
  if (!version || !tag) {
    throw unusableError(
      `a tag of a version, such as v0.2.0, in ${url}`,
      `${tags.length} other tags`,
      'ask those who keep that repository for the version to use',
    );
  }
  const changelog = await inTemporaryDirectory(async (place) => {
    const clone = ['clone', '--quiet', '--bare', '--depth=1', '--filter=blob:none', `--branch=${tag}`, url, place];
    if (!(await run(caller, 'git', clone)).ok) return null;
    const text = await run(caller, 'git', ['-C', place, 'show', `HEAD:${CHANGELOG}`]);
    return text.ok ? text.stdout : null;
  });
  return { version, tag, node: null, changelog };
}

async function run({ env, stop }: Caller, program: string, args: readonly string[], cwd?: string) {
  // Nobody answers a question of git for a password here.
  const result = await runCommand(program, args, {
    env: { ...env, GIT_TERMINAL_PROMPT: '0' },
    signal: stop,
    timeout_ms: TIMEOUT_MS,
    ...(cwd ? { cwd } : {}),
  });
  stop.throwIfAborted();
  return result;
}

async function inTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'loadstar-upgrade-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
