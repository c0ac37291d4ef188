/** Two teams on one InfluxDB, with scenarios and targets of the same names: neither sees the runs of the other as its own. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS } from '../contract/buckets.ts';
import { K6_MODULE, PACKAGE } from '../contract/package-name.ts';
import type { RunSummary } from '../contract/results.ts';
import type { RunsComparison } from '../history/compare-runs.ts';
import { type InfluxConnection, queryApi } from '../influxdb/connection.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Shop, startShop } from './apps/shop.ts';
import { callLoadstar, type LoadstarResult } from './lib/loadstar-call.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

/** By the name of the project: the name in package.json, and the limit of the SLO. */
const TEAMS = {
  'acme-shop': { package_name: '@acme/shop', limit_ms: 5_000, code: 0 },
  'beta-shop': { package_name: '@beta/shop', limit_ms: 0.001, code: 99 },
} as const;
type Team = keyof typeof TEAMS;
const NAMES = Object.keys(TEAMS) as Team[];
const [ACME, BETA] = ['acme-shop', 'beta-shop'] as const;

let here: Machine;
let shop: Shop;
let directory: string;
let influx: InfluxConnection;
let operator_token: string;
/** Of each team, its runs in their order. */
const runs: Record<Team, RunSummary[]> = { 'acme-shop': [], 'beta-shop': [] };

beforeAll(async () => {
  shop = await startShop();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-teams-'));
  here = await machine();
  const stack = (await nativeEngine(here.context).up()).influx;
  influx = { url: stack.url, org: stack.org, token: stack.tokens.cli };
  operator_token = (await new SecretStore(here.state_dir).load()).operator_token;
  for (const team of NAMES) {
    mkdirSync(join(directory, team, 'loadtests'), { recursive: true });
    const write = (file: string, text: string) => writeFileSync(join(directory, team, file), text);
    write('package.json', JSON.stringify({ name: TEAMS[team].package_name }));
    write(
      'loadstar.config.ts',
      `import { defineConfig } from '${PACKAGE}';
       export default defineConfig({ targets: { demo: { base_url: '${shop.url}' } } });`,
    );
    write('loadtests/search.ts', scenario(TEAMS[team].limit_ms));
  }
  // Both at a time, twice: so that each has a history, and the other's is newer than its own.
  for (const _ of [1, 2]) {
    await Promise.all(
      NAMES.map(async (team) => {
        const { code, stdout, stderr } = await call(team, 'run', 'search', '--target', 'demo', '--json', ...SHORT);
        expect(code, stderr).toBe(TEAMS[team].code);
        runs[team].push(...(JSON.parse(stdout) as RunSummary[]));
      }),
    );
  }
});
afterAll(async () => {
  await shop.close();
  await here.dispose();
  rmSync(directory, { recursive: true, force: true });
});

const SHORT = ['--duration', '3s', '--confirm', '0'];

/** The name of a built-in scenario: the team's takes its place. */
function scenario(limit_ms: number): string {
  return `import { defineScenario } from '${K6_MODULE}';
    export default defineScenario({
      title: 'Search tea', journey: 'a search', requests: ['GET /api/products'],
      slos: [{ indicator: 'p95_ms', limit: ${limit_ms}, reason: 'test' }],
      run({ client }) { client.request({ method: 'GET', route: '/api/products' }); },
    });`;
}

async function call(team: Team, ...args: string[]): Promise<LoadstarResult> {
  const { LOADSTAR_HOME: _, RESULTS_DIR: __, ...env } = here.env;
  const external = { ENGINE: 'external', INFLUX_URL: influx.url, INFLUX_ORG: influx.org, INFLUX_TOKEN: operator_token };
  const place = { root: ROOT, cwd: join(directory, team), env: { ...env, ...external } };
  return await callLoadstar(place, args).ended;
}

async function json<T>(team: Team, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await call(team, ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

const idsOf = (team: Team) => runs[team].map(({ testid }) => testid);
const listed = async (team: Team, ...args: string[]) =>
  (await json<RunRecord[]>(team, 'runs', '--json', ...args)).map(({ testid }) => testid).sort();

describe('runs of two projects', () => {
  it('are judged by the SLOs of their own, and against the history of their own alone', () => {
    for (const team of NAMES) {
      const [first, second] = runs[team];
      expect([first?.project, second?.project]).toEqual([team, team]);
      expect(first?.slos.find(({ indicator }) => indicator === 'p95_ms')?.limit).toBe(TEAMS[team].limit_ms);
      expect(first?.comparison?.sentence).toContain('0 of 3 comparable runs');
      expect(second?.comparison?.sentence).toContain('1 of 3 comparable runs');
      expect(second?.target).toMatchObject({ name: 'demo', base_url: shop.url });
    }
  });

  it('carry their project on every live sample', async () => {
    const rows = await queryApi(influx).collectRows<{ testid: string; project?: string }>(
      `from(bucket: "${BUCKETS.live.name}") |> range(start: -1h) |> group(columns: ["testid", "project"]) |> count() |> group()`,
    );
    const found = rows.map(({ testid, project }) => `${testid} ${project}`).sort();
    expect([...new Set(found)]).toEqual(NAMES.flatMap((team) => idsOf(team).map((id) => `${id} ${team}`)).sort());
  });

  it('are listed by project, unless all are asked for', async () => {
    const [acme, beta, all, nobody] = await Promise.all([
      listed(ACME),
      listed(ACME, '--project', BETA),
      call(ACME, 'runs', '--all-projects'),
      call(BETA, 'runs', '--project', 'nobody'),
    ]);
    expect(acme).toEqual(idsOf(ACME).sort());
    expect(beta).toEqual(idsOf(BETA).sort());
    for (const team of NAMES) {
      for (const id of idsOf(team)) expect(all.stdout).toMatch(new RegExp(`${id} +${team} `));
    }
    expect(nobody).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no runs of the project nobody yet'),
    });
  });

  it('are on the page of their own project alone', () => {
    const page = (team: Team) => readFileSync(join(directory, team, 'results', 'index.html'), 'utf8');
    expect(page(ACME)).toContain(idsOf(ACME)[0]);
    expect(page(ACME)).not.toContain(idsOf(BETA)[0]);
    expect(page(BETA)).not.toContain(idsOf(ACME)[0]);
  });

  it('are compared within a project, and across projects with a warning', async () => {
    const across = [idsOf(BETA)[0] ?? '', idsOf(ACME)[0] ?? ''];
    const [own, other] = await Promise.all([
      json<RunsComparison>(ACME, 'compare', 'previous', 'newest', '--json'),
      json<RunsComparison>(ACME, 'compare', ...across, '--json'),
    ]);
    expect([own.before.runs[0]?.testid, own.after.runs[0]?.testid]).toEqual(idsOf(ACME));
    expect(own.warnings).toEqual([]);
    expect(other.warnings).toContain('the runs differ in their project: beta-shop / acme-shop');
  });

  it('can be a baseline of their own project alone', async () => {
    const [, pinned = ''] = idsOf(ACME);
    expect((await call(ACME, 'baseline', 'set', pinned, '--who', 'ada')).code).toBe(0);
    const kinds = async (team: Team) =>
      (await json<{ project: string; kind: string }[]>(team, 'baseline', 'show', '--json')).map(
        ({ project, kind }) => `${project} ${kind}`,
      );
    const [acme, beta, cleared] = await Promise.all([kinds(ACME), kinds(BETA), call(BETA, 'baseline', 'clear')]);
    expect([...acme, ...beta]).toEqual(['acme-shop pinned', 'beta-shop rolling']);
    expect(cleared.stdout).toContain('no baseline is set');
  });

  it('cannot be finished by another project', async () => {
    const [id = ''] = idsOf(BETA);
    const refused = await call(ACME, 'finish', id, '--scenario', 'search', '--target', 'demo');
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toContain('which is of the project beta-shop');
  });

  it('are exported with their project, and keep it where another project imports them', async () => {
    const { stdout } = await call(ACME, 'runs', 'export');
    const exported = stdout.trim().split('\n').slice(1);
    expect(exported.map((line) => (JSON.parse(line) as RunRecord).project)).toEqual([ACME, ACME]);
    const file = join(directory, 'acme.jsonl');
    writeFileSync(file, stdout);
    const imported = await call(BETA, 'runs', 'import', file);
    expect(imported.stdout).toContain('imported 2 runs');
    expect(`${imported.stdout}${imported.stderr}`).toContain('2 of them of the project acme-shop');
    expect(await listed(BETA)).toEqual(idsOf(BETA).sort());
  });

  it('lose their files to the housekeeping of their own project alone', async () => {
    const kept = (team: Team) => idsOf(team).map((id) => existsSync(join(directory, team, 'results', id)));
    expect((await call(BETA, 'prune', '--keep', '0', '--yes')).code).toBe(0);
    expect([kept(BETA), kept(ACME)]).toEqual([
      [false, false],
      [true, true],
    ]);
    expect((await call(ACME, 'prune', '--keep', '0', '--yes')).code).toBe(0);
    expect(kept(ACME)).toEqual([false, true]);
  });
});
