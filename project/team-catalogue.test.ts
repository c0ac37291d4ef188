import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../contract/scenarios.ts';
import type { CatalogueScenario } from './catalogue.ts';
import { mergeTeam, readTeam, rememberTeam } from './team-catalogue.ts';

let state_dir: string;
beforeEach(() => {
  state_dir = mkdtempSync(join(tmpdir(), 'loadstar-state-'));
});
afterEach(() => rmSync(state_dir, { recursive: true }));

const own = (name: string, limit = 500): CatalogueScenario => ({
  name,
  title: name,
  journey: 'J',
  requests: ['GET /a'],
  slos: [{ indicator: 'p95_ms', limit, reason: 'r' }],
  file: `/team/${name}.ts`,
  has_setup: false,
  has_teardown: false,
  is_own: true,
});
const builtIn = (limit: number): CatalogueScenario => ({ ...own('search', limit), is_own: false });
const setting = (files: readonly string[], overrides: readonly string[] = []) => ({
  own_files: new Map(files.map((name) => [name, `/team/${name}.ts`])),
  overrides: Object.fromEntries(overrides.map((name) => [name, []])),
  root: '/',
  cwd: '/',
});

describe('what is known of a team', () => {
  it('is nothing at first; then its own scenarios and those with its limits, and no file names', async () => {
    expect(await readTeam(state_dir)).toEqual({});
    await rememberTeam(
      state_dir,
      [own('a'), builtIn(50), { ...own('checkout'), is_own: false }],
      setting(['a'], ['search']),
    );
    const known = await readTeam(state_dir);
    expect(Object.keys(known)).toEqual(['a', 'search']);
    expect(known.search?.slos[0]?.limit).toBe(50);
    expect(readFileSync(join(state_dir, 'catalogue.json'), 'utf8')).not.toContain('/team');
  });

  it('keeps what a call did not read, and drops what is gone', async () => {
    await rememberTeam(state_dir, [own('a'), own('b'), builtIn(50)], setting(['a', 'b'], ['search']));
    await rememberTeam(state_dir, [own('a', 300)], setting(['a', 'b']));
    const known = await readTeam(state_dir);
    expect(Object.keys(known).sort()).toEqual(['a', 'b']);
    expect(known.a?.slos[0]?.limit).toBe(300);
  });

  it('lies over the built-in scenarios', () => {
    const all = mergeTeam([own('a'), builtIn(50)]);
    expect(Object.keys(all)).toEqual([...Object.keys(SCENARIOS), 'a']);
    expect(all.search?.slos[0]?.limit).toBe(50);
  });
});
