import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PASSED_RUN, REGRESSED_RUN } from '../example-run.ts';
import { readSummaries, readSummary, readSummaryOrNone } from './read-summary.ts';

const results = mkdtempSync(join(tmpdir(), 'loadstar-results-'));
afterAll(() => rmSync(results, { recursive: true }));

function written(directory: string, summary: unknown): string {
  mkdirSync(join(results, directory), { recursive: true });
  writeFileSync(
    join(results, directory, 'summary.json'),
    typeof summary === 'string' ? summary : JSON.stringify(summary),
  );
  return directory;
}

it('is read where it lies', async () => {
  expect(await readSummary(results, written(PASSED_RUN.testid, PASSED_RUN))).toEqual(PASSED_RUN);
});

it('are those of a results directory, whatever else lies in it; of one that is not there, none', async () => {
  const directory = join(results, 'of-a-job');
  mkdirSync(join(directory, 'stopped-before-its-summary'), { recursive: true });
  writeFileSync(join(directory, 'index.html'), '<!doctype html>');
  written(join('of-a-job', REGRESSED_RUN.testid), REGRESSED_RUN);
  expect(await readSummaries(directory)).toEqual([REGRESSED_RUN]);
  expect(await readSummaries(join(results, 'nowhere'))).toEqual([]);
});

it('that says it is of another run is refused: its page would be written where it says', async () => {
  const directory = written('innocent', { ...REGRESSED_RUN, testid: '../../elsewhere' });
  await expect(readSummary(results, directory)).rejects.toThrow('to be of run innocent');
  expect(await readSummaryOrNone(results, directory)).toBeNull();
});

it.each(['../innocent', '..', '.', '', 'a/b', '/etc', 'a\\b', 'x\n'])('is not looked for at %j', async (testid) => {
  expect(await readSummary(results, testid)).toBeNull();
});

it.each([
  ['no JSON', '{'],
  ['another thing', '[]'],
  ['a figure that is none', { ...REGRESSED_RUN, requests: 'many' }],
  ['a time that is none', { ...REGRESSED_RUN, started: 'yesterday' }],
  ['a document without end', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
])('that is %s is refused, and prevents no page over many runs', async (_, content) => {
  const directory = written('bad', content);
  await expect(readSummary(results, directory)).rejects.toMatchObject({ exit_code: 2 });
  expect(await readSummaryOrNone(results, directory)).toBeNull();
});
