import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PORTABLE, type PortableRun } from '../contract/portable-runs.ts';
import { type HistoryBranch, saveHistory, withHistory } from './history-branch.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-branch-'));
afterAll(() => rmSync(directory, { recursive: true }));
/** Some forty calls of git, on a machine that may be busy. */
const SLOW_MS = 30_000;
let place: HistoryBranch;
let number = 0;
const git = (...args: string[]) => execFileSync('git', ['--git-dir', place.remote, ...args], { encoding: 'utf8' });

beforeEach(() => {
  number += 1;
  const remote = join(directory, `remote-${number}.git`);
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  const env = { PATH: process.env.PATH, HOME: directory };
  place = { remote, branch: 'loadstar-history', token: null, env, signal: new AbortController().signal };
});

function run(testid: string, day: number, p95_ms = 70): PortableRun {
  return {
    testid,
    scenario: 'search',
    profile: 'smoke',
    target: 'demo',
    branch: null,
    started: `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    record: { text: { testid }, float: { p95_ms } },
    details: [],
  };
}

function fileOf(...runs: PortableRun[]): string {
  const file = join(directory, `history-${number}-${runs.map(({ testid }) => testid).join('')}.jsonl`);
  const header = JSON.stringify({ format: PORTABLE.format, version: PORTABLE.version });
  writeFileSync(file, `${[header, ...runs.map((it) => JSON.stringify(it))].join('\n')}\n`);
  return file;
}
const restored = () => withHistory(place, async (file) => (file ? readFileSync(file, 'utf8') : null));
const ids = async () => [...((await restored()) ?? '').matchAll(/^\{"testid":"(\w+)"/gm)].map((match) => match[1]);

describe('the branch of the history', { timeout: SLOW_MS }, () => {
  it('is not there at first, is made by the first save, and gives back what was saved', async () => {
    expect(await restored()).toBeNull();
    const file = fileOf(run('b', 2), run('c', 3));
    expect(await saveHistory(place, file)).toEqual({ runs: 2, fresh: 2 });
    expect(await restored()).toBe(readFileSync(file, 'utf8'));
    expect(git('ls-tree', '--name-only', 'loadstar-history').trim().split('\n')).toEqual(['README.md', 'runs.jsonl']);
  });

  it('grows by what is new, in order of time; a run that is known better is replaced; nothing is dropped', async () => {
    await saveHistory(place, fileOf(run('b', 2), run('c', 3)));
    expect(await saveHistory(place, fileOf(run('a', 1), run('c', 3, 99)))).toEqual({ runs: 3, fresh: 1 });
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(await restored()).toContain('"p95_ms":99');
    expect(git('rev-list', '--count', 'loadstar-history').trim()).toBe('2');
  });

  it('gets no commit where nothing is new', async () => {
    await saveHistory(place, fileOf(run('b', 2)));
    expect(await saveHistory(place, fileOf(run('b', 2)))).toEqual({ runs: 1, fresh: 0 });
    expect(git('rev-list', '--count', 'loadstar-history').trim()).toBe('1');
  });

  it('keeps the runs of jobs that save at the same time', async () => {
    const letters = ['a', 'b', 'c'];
    await Promise.all(letters.map((letter, index) => saveHistory(place, fileOf(run(letter, index + 1)))));
    expect(await ids()).toEqual(letters);
  });

  it('that is damaged is not written over', async () => {
    await saveHistory(place, fileOf(run('a', 1)));
    const blob = execFileSync('git', ['--git-dir', place.remote, 'hash-object', '-w', '--stdin'], {
      input: 'oops',
      encoding: 'utf8',
    });
    const tree = execFileSync('git', ['--git-dir', place.remote, 'mktree'], {
      input: `100644 blob ${blob.trim()}\truns.jsonl\n`,
      encoding: 'utf8',
    });
    const identity = ['-c', 'user.name=x', '-c', 'user.email=x@localhost'];
    const commit = git(...identity, 'commit-tree', tree.trim(), '-p', 'loadstar-history', '-m', 'x');
    git('update-ref', 'refs/heads/loadstar-history', commit.trim());
    await expect(saveHistory(place, fileOf(run('b', 2)))).rejects.toMatchObject({ exit_code: 2 });
    expect(git('rev-parse', 'loadstar-history').trim()).toBe(commit.trim());
  });

  it('that cannot be asked is an error, and not an empty history; the token shows nowhere', async () => {
    const gone = { ...place, remote: 'http://x:hush-hush@127.0.0.1:1/acme/shop.git', token: 'very-secret' };
    const error = await withHistory(gone, async () => null).catch((it: unknown) => it);
    expect(error).toMatchObject({
      exit_code: 4,
      message: expect.stringContaining('http://127.0.0.1:1/acme/shop.git to answer'),
    });
    const said = [String(error), JSON.stringify(error)].join();
    expect(said).not.toMatch(/very-secret|hush-hush/);
  });

  it('leaves nothing behind in the temporary directory', async () => {
    // Other test files use the shared one meanwhile.
    const temporary = mkdtempSync(join(directory, 'tmp-'));
    vi.stubEnv('TMPDIR', temporary);
    try {
      await saveHistory(place, fileOf(run('a', 1)));
      expect(await ids()).toEqual(['a']);
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
