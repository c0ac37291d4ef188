/** The history of runs on a branch of its own: outlives caches and artifacts, and shows who changed what. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PortableRun } from '../contract/portable-runs.ts';
import { runCommand } from '../lib/command.ts';
import { unusableError } from '../lib/errors.ts';
import { readOptional } from '../lib/private-files.ts';
import { mergeRuns } from './portable/merge.ts';
import { portableLines, readPortable, writeLines } from './portable/portable-file.ts';

export interface HistoryBranch {
  /** Address or path of the git repository, without credentials. */
  readonly remote: string;
  readonly branch: string;
  /** Secret; null where git finds its own way in. */
  readonly token: string | null;
  /** PATH, HOME and what else git needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const FILE = 'runs.jsonl';
const README = `# History of load tests

\`${FILE}\` is what \`loadstar runs export\` wrote, a run a line; \`loadstar runs import ${FILE}\` reads it into any InfluxDB.
Written by \`loadstar ci save\`. Nothing else belongs on this branch.
`;
/** Others may push at the same time: each try merges with what is there then. */
const TRIES = 5;
const GIT_TIMEOUT_MS = 120_000;
const AUTHOR = 'loadstar';

/** Calls `use` with the file of the branch, or null where there is no such branch yet; the file is gone afterwards. */
export async function withHistory<T>(place: HistoryBranch, use: (file: string | null) => Promise<T>): Promise<T> {
  return await inRepository(place, async (git, directory) => {
    const head = await fetchBranch(place, git);
    if (head === null) return await use(null);
    return await use((await checkOut(git, directory)) ? join(directory, 'tree', FILE) : null);
  });
}

/**
 * Adds the runs of `file` to the branch, which is made where it is missing.
 * @returns how many runs the branch has, and how many of them are new
 * @throws LoadstarError (unusable) where git cannot read or push
 */
export async function saveHistory(place: HistoryBranch, file: string): Promise<{ runs: number; fresh: number }> {
  const ours = await all(readPortable(file));
  return await inRepository(place, async (git, directory) => {
    let refusal = '';
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const head = await fetchBranch(place, git);
      const there = head !== null && (await checkOut(git, directory)) ? join(directory, 'tree', FILE) : null;
      const before = there ? await all(readPortable(there)) : [];
      const merged = mergeRuns(before, ours);
      const result = { runs: merged.length, fresh: merged.length - new Set(before.map((run) => run.testid)).size };
      const draft = join(directory, FILE);
      await writeLines(draft, portableLines(stream(merged)));
      if (there && (await readFile(there, 'utf8')) === (await readFile(draft, 'utf8'))) return result;
      const commit = await commitFile(git, directory, head, `${result.fresh} runs more, ${result.runs} in all`);
      const pushed = await git(['push', '--quiet', place.remote, `${commit}:refs/heads/${place.branch}`]);
      if (pushed.ok) return result;
      refusal = pushed.reason;
    }
    throw cannot(place, `to take a push to the branch ${place.branch}`, refusal);
  });
}

type Git = (
  args: readonly string[],
  more?: Readonly<Record<string, string>>,
) => Promise<{ ok: boolean; stdout: string; reason: string }>;

async function inRepository<T>(place: HistoryBranch, use: (git: Git, directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'loadstar-history-'));
  const repository = join(directory, 'repository.git');
  const git: Git = (args, more = {}) =>
    runCommand('git', ['--git-dir', repository, ...args], {
      env: { ...place.env, ...gitSettings(place), ...more },
      signal: place.signal,
      timeout_ms: GIT_TIMEOUT_MS,
    });
  try {
    const made = await git(['init', '--quiet', '--bare', repository]);
    if (!made.ok) throw cannot(place, 'git to work', made.reason);
    return await use(git, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The token goes through the environment: arguments are seen by every process of the machine. */
function gitSettings({ remote, token }: HistoryBranch): Record<string, string> {
  const config: [string, string][] = [['core.symlinks', 'false']];
  if (token !== null && /^https?:/.test(remote)) {
    // GitHub and GitLab take any user name with a token as the password.
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    config.push([`http.${new URL(remote).origin}/.extraheader`, `AUTHORIZATION: basic ${basic}`]);
  }
  const numbered = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: AUTHOR,
    GIT_AUTHOR_EMAIL: `${AUTHOR}@localhost`,
    GIT_COMMITTER_NAME: AUTHOR,
    GIT_COMMITTER_EMAIL: `${AUTHOR}@localhost`,
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(numbered),
  };
}

/** @returns the commit; null where there is no such branch. @throws LoadstarError (unusable) where nobody answers: that is not the same */
async function fetchBranch(place: HistoryBranch, git: Git): Promise<string | null> {
  const ref = `refs/heads/${place.branch}`;
  const listed = await git(['ls-remote', place.remote, ref]);
  if (!listed.ok) throw cannot(place, 'to answer', listed.reason);
  if (listed.stdout.trim() === '') return null;
  const fetched = await git([
    'fetch',
    '--quiet',
    '--depth',
    '1',
    '--no-tags',
    place.remote,
    `+${ref}:refs/heads/history`,
  ]);
  if (!fetched.ok) throw cannot(place, `to give the branch ${place.branch}`, fetched.reason);
  const head = await git(['rev-parse', 'refs/heads/history']);
  return head.stdout.trim();
}

/** @returns whether the branch has the file */
async function checkOut(git: Git, directory: string): Promise<boolean> {
  const tree = join(directory, 'tree');
  await mkdir(tree, { recursive: true });
  const out = await git(['--work-tree', tree, 'checkout', '--quiet', '--force', 'refs/heads/history', '--', FILE]);
  return out.ok && (await readOptional(join(tree, FILE))) !== null;
}

async function commitFile(git: Git, directory: string, parent: string | null, message: string): Promise<string> {
  const readme = join(directory, 'README.md');
  await writeFile(readme, README);
  // An index of its own: the branch holds these files and nothing else.
  const index = { GIT_INDEX_FILE: join(directory, 'index') };
  await rm(index.GIT_INDEX_FILE, { force: true });
  for (const name of [FILE, 'README.md']) {
    const blob = await required(git(['hash-object', '-w', '--no-filters', join(directory, name)]));
    await required(git(['update-index', '--add', '--cacheinfo', `100644,${blob},${name}`], index));
  }
  const tree = await required(git(['write-tree'], index));
  return await required(git(['commit-tree', tree, ...(parent ? ['-p', parent] : []), '-m', message]));
}

async function required(result: ReturnType<Git>): Promise<string> {
  const { ok, stdout, reason } = await result;
  if (!ok)
    throw unusableError(
      'git to write a commit',
      reason,
      'check the free disk space, and `git fsck` in this repository',
    );
  return stdout.trim();
}

function cannot({ remote, token }: HistoryBranch, expected: string, reason: string) {
  const found = token ? reason.replaceAll(token, '…') : reason;
  return unusableError(
    `${remote.replace(/\/\/[^/@]{1,512}@/, '//')} ${expected}`,
    found.trim().split('\n').at(-1) ?? '',
    'check the address, and that GITHUB_TOKEN or HISTORY_TOKEN may write to it (permissions: contents: write)',
  );
}

async function all(runs: AsyncIterable<PortableRun>): Promise<PortableRun[]> {
  const list: PortableRun[] = [];
  for await (const run of runs) list.push(run);
  return list;
}

async function* stream(runs: readonly PortableRun[]): AsyncGenerator<PortableRun> {
  yield* runs;
}
