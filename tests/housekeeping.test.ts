/** Retention, pruning, back-up and restore, deleting the data, and what the disk holds: on a real InfluxDB. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { BucketsAPI } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORG } from '../contract/buckets.ts';
import { BaselineStore } from '../influxdb/baselines.ts';
import { RunStore } from '../influxdb/runs.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { endOf, startOf } from './lib/records.ts';

/** So old that no real run is: those of this checkout stay out of it. */
const OLD = {
  plain: '20010101T000000Z-search-smoke-bbbb',
  baseline: '20010201T000000Z-search-smoke-cccc',
  under_way: '20010301T000000Z-search-smoke-dddd',
  younger: '20010401T000000Z-search-smoke-ffff',
} as const;
const NOTES = 'notes-of-a-person';
const OLDER_THAN = ['--older-than', '1000w'];
const DAY_S = 86_400;

let here: Machine;
const path = (name: string) => join(here.results_dir, name);

beforeAll(async () => {
  here = await machine();
  const { influx } = await nativeEngine(here.context).up();
  const connection = { url: influx.url, org: influx.org, token: influx.tokens.cli };
  const store = new RunStore(connection);
  const histograms = {
    '': { counts: { b10: 3, 'b-2': 1, z: 2 }, min: 0, max: 1.23 },
    'GET /api/search': { counts: { b10: 3 }, min: 1.22, max: 1.23 },
  };
  for (const [place, testid] of Object.values(OLD).entries()) {
    const run = startOf(testid, { age_s: 7_200 - place, branch: 'main' });
    await store.end(run, { ...endOf(run), histograms });
    if (testid !== OLD.baseline) continue;
    const { project, scenario, profile, target, branch } = run;
    const pinned = { testid, project, scenario, profile, target, branch, started: run.started.toISOString() };
    await new BaselineStore(connection).set({ ...pinned, set_at: run.started.toISOString(), who: 'me', why: 'good' });
  }
  for (const name of [...Object.values(OLD), NOTES]) mkdirSync(path(name), { recursive: true });
  for (const name of [OLD.plain, OLD.baseline, OLD.younger]) {
    writeFileSync(join(path(name), 'summary.json'), '{}');
    writeFileSync(join(path(name), 'report.html'), 'x'.repeat(10_000));
  }
  writeFileSync(join(path(OLD.under_way), 'k6.log'), '');
});
afterAll(async () => {
  for (const name of [...Object.values(OLD), NOTES]) rmSync(path(name), { recursive: true, force: true });
  await here.dispose();
});

async function retentions_s(): Promise<Record<string, number>> {
  const token = (await new SecretStore(here.state_dir).load()).operator_token;
  const client = new InfluxDB({ url: `http://127.0.0.1:${here.env.INFLUX_PORT}`, token });
  const { buckets = [] } = await new BucketsAPI(client).getBuckets({ org: ORG });
  const own = buckets.filter(({ name }) => !name.startsWith('_'));
  return Object.fromEntries(own.map(({ name, retentionRules: [rule] }) => [name, rule?.everySeconds ?? 0]));
}

describe('retention', () => {
  const first = { k6: 30 * DAY_S, k6_raw: 7 * DAY_S, k6_runs: 0, target: 90 * DAY_S };

  it('is what the contract says at first, and changes for buckets that are there, aloud', async () => {
    expect(await retentions_s()).toEqual(first);
    const up = await here.loadstar(['up'], { env: { RETENTION_LIVE: '12h', RETENTION_RUNS: '52w' } });
    expect(up.code, up.stderr).toBe(0);
    expect(up.stderr).toContain('the bucket k6 keeps 12h from now on, before 30d: what is older is deleted');
    expect(up.stderr).toContain('the bucket k6_runs keeps 364d from now on, before forever: what is older is deleted');
    expect(await retentions_s()).toEqual({ ...first, k6: DAY_S / 2, k6_runs: 364 * DAY_S });
  });

  it('stays where a call says nothing of it, and comes from the configuration too, which the environment overrides', async () => {
    const config = join(here.state_dir, 'loadstar.config.ts');
    writeFileSync(config, "export default { retention: { live: '1h', raw: '2d', runs: 'forever' } };");
    const env = { LOADSTAR_CONFIG: config, RETENTION_LIVE: '30d' };
    const up = await here.loadstar(['up'], { env });
    expect(up.code, up.stderr).toBe(0);
    expect(up.stderr).toContain('the bucket k6_runs keeps forever from now on, before 364d\n');
    const changed = { ...first, k6_raw: 2 * DAY_S };
    expect(await retentions_s()).toEqual(changed);
    const quiet = await here.loadstar(['runs']);
    expect(quiet.stderr).not.toContain('keeps');
    expect(await retentions_s()).toEqual(changed);
    const wrong = await here.loadstar(['up'], { env: { RETENTION_RAW: '7' } });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('RETENTION_RAW to be a time such as 30d')]);
  });
});

describe('loadstar prune', () => {
  it('needs to be told what may go', async () => {
    const none = await here.loadstar(['prune']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--keep or --older-than')]);
    const unsure = await here.loadstar(['prune', ...OLDER_THAN]);
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining('no terminal to ask on, and no --yes')]);
    const dry = await here.loadstar(['prune', ...OLDER_THAN, '--dry-run']);
    expect(dry.stdout).toContain('would delete the files of 2 runs');
    expect(existsSync(path(OLD.plain))).toBe(true);
  });

  it('deletes old runs, and never a baseline, a run under way, or what is no run', async () => {
    const runs = readdirSync(here.results_dir).filter((name) => /^\d{8}T\d{6}Z-/.test(name)).length;
    // All but the three oldest are kept: the plain one is due, and so are two that are spared.
    const pruned = await here.loadstar(['prune', ...OLDER_THAN, '--keep', String(runs - 3), '--yes']);
    expect(pruned.code, pruned.stderr).toBe(0);
    expect(pruned.stdout).toMatch(/deleted the files of 1 run, \d+ KiB; \d+ runs remain/);
    expect(existsSync(path(OLD.plain))).toBe(false);
    for (const name of [OLD.baseline, OLD.under_way, OLD.younger, NOTES])
      expect(existsSync(path(name)), name).toBe(true);
    const index = readFileSync(path('index.html'), 'utf8');
    expect(index).toContain(`${OLD.younger}/report.html`);
    expect(index).toContain(OLD.plain);
    expect(index).not.toContain(`${OLD.plain}/report.html`);
  });
});

describe('loadstar status', () => {
  it('says what takes how much of the disk', async () => {
    const { stdout } = await here.loadstar(['status', '--json']);
    const { disk, room } = JSON.parse(stdout) as {
      disk: { part: string; bytes: number }[];
      room: { free_bytes: number };
    };
    const bytes = Object.fromEntries(disk.map((part) => [part.part, part.bytes]));
    expect(Object.keys(bytes)).toEqual(['InfluxDB', 'Grafana', 'logs', 'spool', 'results', 'binaries']);
    expect(bytes.InfluxDB).toBeGreaterThan(10_000);
    expect(bytes.binaries).toBeGreaterThan(10_000_000);
    expect(bytes.results).toBeGreaterThanOrEqual(20_000);
    expect(room.free_bytes).toBeGreaterThan(0);
    expect((await here.loadstar(['status'])).stdout).toMatch(/binaries +[\d.]+ [MG]iB\nfree +[\d.]+ \wiB of/);
  });

  it('warns where the disk is nearly full', async ({ skip }) => {
    const disk = mkdtempSync(join(tmpdir(), 'loadstar-small-'));
    try {
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]);
      if (mounted.status !== 0) skip('mounting a small disk needs root');
      const { code, stderr } = await here.loadstar(['status'], { env: { LOADSTAR_HOME: disk } });
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/the disk of .* is nearly full \(64 MiB free\)/);
    } finally {
      spawnSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

describe('back-up, deleting, and restore', () => {
  const file = () => join(here.state_dir, 'back-up.jsonl');

  it('deletes nothing without a confirmation', async () => {
    const unsure = await here.loadstar(['down', '--delete-data']);
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining('no terminal to ask on, and no --yes')]);
    expect((await fetch(`http://127.0.0.1:${here.env.INFLUX_PORT}/health`)).ok).toBe(true);
  });

  it('brings everything back: records, histograms, baselines', async () => {
    const out = await here.loadstar(['runs', 'export', '--out', file()]);
    expect([out.code, out.stdout]).toEqual([0, expect.stringContaining('wrote 4 runs')]);
    const text = readFileSync(file(), 'utf8');
    expect(text).toContain('"measurement":"baseline"');
    expect(text).toContain('"measurement":"run_histogram"');
    const before = await here.loadstar(['baseline', 'show', '--json']);
    expect(before.stdout).toContain(OLD.baseline);

    const down = await here.loadstar(['down', '--delete-data', '--yes']);
    expect(down.code, down.stderr).toBe(0);
    expect(down.stdout).toContain('results/ is kept');
    expect(readdirSync(here.state_dir).sort()).toEqual(['back-up.jsonl', 'loadstar.config.ts']);
    expect(existsSync(path(OLD.younger))).toBe(true);

    const into = await here.loadstar(['runs', 'import', file()]);
    expect([into.code, into.stdout]).toEqual([0, expect.stringContaining('4 of them new')]);
    const again = await here.loadstar(['runs', 'export']);
    expect(again.stdout).toBe(text);
    expect((await here.loadstar(['baseline', 'show', '--json'])).stdout).toBe(before.stdout);
  });
});
