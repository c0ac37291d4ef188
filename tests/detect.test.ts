import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import sap from '../analysis/fixtures/sap-small-2021.json' with { type: 'json' };
import { ROOT } from './lib/machine.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-detect-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(text: string): string {
  const path = join(directory, `history-${Math.random().toString(36).slice(2)}.csv`);
  writeFileSync(path, text);
  return path;
}

function column(values: readonly (number | string)[]): string {
  return file(`run,"p95, ms"\n${values.map((value, place) => `"run ""${place}""",${value}`).join('\n')}\n`);
}

/** A process of its own, as a user would start it. */
async function detect(path: string, ...args: string[]) {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(ROOT, 'cli', 'loadstar.js'), 'detect', path, ...args],
    { reject: false, env: { PATH: process.env.PATH }, extendEnv: false },
  );
  return { code: exitCode, stdout, stderr };
}

const P95 = ['--column', 'p95, ms'] as const;
const shifted = sap.series.find(({ name }) => name === 'sap_small_0011')?.values ?? [];
const calm = Array.from({ length: 20 }, (_, place) => 100 + (place % 4));

it('prints the shifts as JSON, and as a table', async () => {
  const json = await detect(column(shifted), ...P95, '--direction', 'up', '--json');
  expect(json).toMatchObject({ code: 0, stderr: '' });
  const found = JSON.parse(json.stdout) as Record<string, number>[];
  expect(found.map(({ index }) => index)).toEqual([93]);
  expect(Object.keys(found[0] ?? {}).sort()).toEqual(['after', 'before', 'change', 'index']);
  const plain = await detect(column(shifted), ...P95);
  expect(plain.stdout).toMatch(/93 +95 +802 +1,377 +\+71\.6 %/);
});

it('reports shifts of the worse direction alone', async () => {
  const down = await detect(column(shifted), ...P95, '--direction', 'down', '--json');
  expect(JSON.parse(down.stdout)).toEqual([]);
});

it('judges the last value: exit code 3 for regressed alone', async () => {
  const regressed = await detect(column([...calm, 120, 121, 120]), ...P95, '--last', '--direction', 'up', '--json');
  expect(regressed.code).toBe(3);
  expect(JSON.parse(regressed.stdout)).toMatchObject({ verdict: 'regressed', since: 20 });
  const suspected = await detect(column([...calm, 120]), ...P95, '--last', '--direction', 'up');
  expect(suspected).toMatchObject({ code: 0, stdout: expect.stringMatching(/^suspected: The value is 120, /) });
  const few = await detect(column([1, 2]), ...P95, '--last', '--direction', 'up');
  expect(few).toMatchObject({ code: 0, stdout: expect.stringMatching(/^not enough runs/) });
});

it('judges the last value only if told which way is worse', async () => {
  const better = column([...calm, 80, 81, 80, 81]);
  const unsaid = await detect(better, ...P95, '--last');
  expect(unsaid).toMatchObject({ code: 2, stdout: '' });
  expect(unsaid.stderr).toMatch(/add --direction up .* or down/);
  const up = await detect(better, ...P95, '--last', '--direction', 'up');
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^improved/) });
  expect((await detect(better, ...P95, '--last', '--direction', 'down')).code).toBe(3);
  expect((await detect(better, ...P95, '--last', '--direction', 'both')).code).toBe(3);
});

it('says which values are missing, and keeps the rows of the file', async () => {
  const gaps = await detect(column([...calm, '', ...calm.map((value) => value * 2)]), ...P95, '--json');
  expect(gaps.stderr).toContain('1 row has no value in p95, ms (line 22)');
  expect((JSON.parse(gaps.stdout) as { index: number }[]).map(({ index }) => index)).toEqual([21]);
});

it.each([
  ['a word', 'a,b\n1,2\n3,x\n', 'a number in column b, line 3'],
  ['hexadecimal', 'b\n0x10\n', 'a number in column b, line 2'],
  ['infinity', 'b\n1e999\n', 'a number in column b, line 2'],
  ['another column', 'a,c\n1,2\n', 'a column b'],
  ['the column twice', 'b,b\n1,2\n', 'one column b'],
  ['a ragged row', 'a,b\n1,2\n3\n', 'well-formed'],
  ['an open quote', 'a,b\n1,"2\n', 'well-formed'],
  ['nothing', '', 'a header line'],
])('refuses %s with exit code 2, without a stack trace', async (_, text, expected) => {
  const { code, stderr, stdout } = await detect(file(text), '--column', 'b');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(expected);
  expect(stderr).not.toMatch(/\n\s+at /);
});

it('refuses a file that is not there, and a call that is incomplete', async () => {
  expect((await detect(join(directory, 'none.csv'), '--column', 'b')).code).toBe(2);
  expect((await detect(column(calm))).code).toBe(2);
  expect((await detect(column(calm), ...P95, '--direction', 'sideways')).code).toBe(2);
});
