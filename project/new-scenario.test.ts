import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { commandContext } from '../lib/context.ts';
import { type NewScenarioFlags, newScenario } from './new-scenario.ts';
import { loadProject } from './project.ts';

const team = mkdtempSync(join(tmpdir(), 'loadstar-new-'));
const loadtests = join(team, 'loadtests');
beforeEach(() => rmSync(loadtests, { recursive: true, force: true }));
afterAll(() => rmSync(team, { recursive: true }));

const { signal } = new AbortController();
const stream = { write: () => true };
const context = commandContext({
  args: [],
  env: {},
  cwd: team,
  root: fileURLToPath(new URL('..', import.meta.url)),
  node_path: process.execPath,
  stdout: stream,
  stderr: stream,
  stop: signal,
  force: signal,
});

async function write(flags: NewScenarioFlags) {
  return await newScenario(context, await loadProject(context, undefined), 'home', flags);
}

it('a recording without usable requests writes no file, and leaves the name free', async () => {
  const fromHar = join(team, 'x.har');
  const request = { method: 'POST', url: 'http://a/x', postData: { mimeType: 'multipart/form-data', text: 'x' } };
  const entry = { startedDateTime: '2026-03-01T10:00:00Z', request, response: { status: 200 } };
  writeFileSync(fromHar, JSON.stringify({ log: { entries: [entry] } }));
  await expect(write({ fromHar })).rejects.toMatchObject({
    exit_code: 2,
    found: 'left out: POST /x, whose body is an upload that was not recorded',
  });
  expect(await write({})).toBe(join(loadtests, 'home.ts'));
  const written = readFileSync(join(loadtests, 'home.ts'), 'utf8');
  await expect(write({ fromHar, force: true })).rejects.toMatchObject({ exit_code: 2 });
  expect(readFileSync(join(loadtests, 'home.ts'), 'utf8')).toBe(written);
});

it('an existing file is replaced only with --force, and nothing else is left in the directory', async () => {
  const file = await write({});
  writeFileSync(file, 'mine');
  await expect(write({})).rejects.toMatchObject({ exit_code: 2, next: expect.stringContaining('--force') });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  await write({ force: true });
  expect(readFileSync(file, 'utf8')).toContain('defineScenario');
  expect(readdirSync(loadtests)).toEqual(['home.ts']);
});
