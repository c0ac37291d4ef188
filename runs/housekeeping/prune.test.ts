import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PruneLimits, planPrune } from './prune.ts';

const NOW = new Date('2026-11-30T00:00:00Z');
const DAY_S = 86_400;
const ids = [20, 22, 24, 26, 28].map((day) => `202611${day}T000000Z-search-smoke-bb${day}`);
const [d20, d22, d24, d26, d28] = ids as [string, string, string, string, string];
const WISH: PruneLimits = { keep: null, older_than_s: null, sacred: new Set(), now: NOW };

let results: string;
beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), 'loadstar-prune-'));
  for (const id of ids) {
    mkdirSync(join(results, id));
    writeFileSync(join(results, id, 'summary.json'), 'x'.repeat(5_000));
  }
  for (const other of ['notes', '20261101T000000Z-x']) mkdirSync(join(results, other));
  writeFileSync(join(results, 'index.html'), '');
  symlinkSync(results, join(results, '20261101T000000Z-search-smoke-bbbb'));
});
afterEach(() => rmSync(results, { recursive: true }));

async function removed(wish: Partial<PruneLimits>): Promise<string[]> {
  return (await planPrune(results, { ...WISH, ...wish })).remove.map(({ testid }) => testid);
}

it('keeps the newest, the young, and where both are asked for, either', async () => {
  expect(await removed({ keep: 2 })).toEqual([d24, d22, d20]);
  expect(await removed({ older_than_s: 5 * DAY_S })).toEqual([d24, d22, d20]);
  expect(await removed({ keep: 4, older_than_s: 5 * DAY_S })).toEqual([d20]);
  expect(await removed({ keep: 1, older_than_s: 9 * DAY_S })).toEqual([d20]);
  expect(await removed({ keep: 9 })).toEqual([]);
});

it('spares baselines and runs under way, and says so; they take no place of another', async () => {
  rmSync(join(results, d22, 'summary.json'));
  const plan = await planPrune(results, { ...WISH, keep: 1, sacred: new Set([d26]), now: new Date() });
  expect(plan.spared).toEqual([d26, d22]);
  expect(plan.remove.map(({ testid }) => testid)).toEqual([d24, d20]);
  expect(plan.remove[0]?.bytes).toBeGreaterThanOrEqual(5_000);
  expect(plan.found).toBe(5);
  expect(plan.remove.map(({ testid }) => testid)).not.toContain(d28);
});

it('takes a run without a summary that nobody has touched for a day as one that has died', async () => {
  rmSync(join(results, d20, 'summary.json'));
  const long_ago = new Date(Date.now() - 2 * DAY_S * 1_000);
  utimesSync(join(results, d20), long_ago, long_ago);
  expect(await removed({ keep: 4, now: new Date() })).toEqual([d20]);
});

it('finds nothing where there is nothing', async () => {
  const plan = await planPrune(join(results, 'nowhere'), { ...WISH, keep: 0 });
  expect(plan).toEqual({ remove: [], spared: [], found: 0 });
});
