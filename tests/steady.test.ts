/** Stages, steady state and windows of an SLO, on a target that begins cold, or that breaks in the middle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flux } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { EXIT } from '../contract/exit-codes.ts';
import type { RunSummary } from '../contract/results.ts';
import { LOADSTAR_SCHEMA } from '../grafana/builder/schemas/loadstar.ts';
import { sloTable } from '../grafana/dashboards/live/slos.ts';
import { states } from '../grafana/dashboards/slos/queries.ts';
import { queryApi } from '../influxdb/connection.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { interpolated } from './lib/dashboards.ts';
import { type Machine, machine } from './lib/machine.ts';

const FAST_MS = 20;
const SLOW_MS = 500;
const MS_PER_S = 1_000;

let here: Machine;
let target: Server;
let team: string;
/** Seconds since k6's first request in which answers are slow. */
let slow: readonly [from_s: number, to_s: number] = [0, 0];
let first_ms = 0;

beforeAll(async () => {
  target = createServer((request, response) => {
    // Loadstar asks before the load whether the target answers.
    if (request.headers['user-agent']?.includes('k6')) first_ms ||= Date.now();
    const age_s = first_ms === 0 ? 0 : (Date.now() - first_ms) / MS_PER_S;
    setTimeout(() => response.end('{}'), age_s >= slow[0] && age_s < slow[1] ? SLOW_MS : FAST_MS);
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  team = mkdtempSync(join(tmpdir(), 'loadstar-steady-'));
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    `export default { scenarios_dir: '.', targets: { own: { base_url: '${url}' } } };`,
  );
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  rmSync(team, { recursive: true });
  target.closeAllConnections();
  target.close();
  await here.dispose();
});
beforeEach(() => {
  first_ms = 0;
});

async function run(slos: string, args: readonly string[]) {
  writeFileSync(
    join(team, 'page.ts'),
    `import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Page', journey: 'A page.', requests: ['GET /'], slos: [${slos}],
  run({ client }) { client.request({ method: 'GET', route: '/' }); think(0.2); },
});`,
  );
  const result = await here.loadstar(['run', 'page', '--target', 'own', ...args, '--notify', 'never', '--json']);
  const [summary] = result.stdout ? (JSON.parse(result.stdout) as RunSummary[]) : [];
  if (!summary) throw new Error(`expected a summary, found: ${result.stderr}`);
  return { ...result, summary };
}

const slo = (limit: number, more = '') => `{ indicator: 'p95_ms', limit: ${limit}, reason: 'r'${more} }`;

async function influx() {
  const { tokens } = await new SecretStore(here.state_dir).load();
  const url = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
  return queryApi({ url, org: ORG, token: (tokens as Record<string, string>).cli ?? '' });
}

async function stagesOf(testid: string) {
  const rows = await (await influx()).collectRows<{
    _time: string;
    stage?: string;
    instance?: string;
  }>(flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: -1h)
    |> filter(fn: (r) => r._measurement == "http_reqs.scenario" and r._field == "count" and r.testid == ${testid})
    |> group()
    |> keep(columns: ["_time", "stage", "instance"])
    |> sort(columns: ["_time"])`);
  return rows;
}

describe('a target that begins cold', () => {
  it('fails the SLO of the whole run, and passes that of the steady state', async () => {
    slow = [0, 6];
    const slos = [slo(200), slo(200, ", during: 'steady'")].join();
    // The more windows, the surer a warm-up is found.
    const { code, summary } = await run(slos, ['--profile', 'ci', '--duration', '45s']);
    expect(code).toBe(EXIT.thresholds);
    const [whole, steady] = summary.slos;
    expect(whole).toMatchObject({ limit: 200, ok: false });
    expect(steady, JSON.stringify(summary.plateaus)).toMatchObject({ during: 'steady', ok: true });
    expect(steady?.value).toBeLessThan(200);
    expect(summary.verdict).not.toContain('steady');
  });
});

describe('a target that breaks in the middle', () => {
  it('ends the run by its last seconds, where the run as a whole still passes', async () => {
    slow = [12, 60];
    const sliding = slo(300, ", over: '5s', abort: true");
    const { code, summary, stderr } = await run([slo(450), sliding].join(), ['--profile', 'ci', '--duration', '60s']);
    expect(code).toBe(EXIT.thresholds);
    expect(stderr).toContain('ended early: p95 ≤ 300 ms (any 5 s) is');
    expect(summary.slos.find(({ over }) => over === '5s')).toMatchObject({ ok: false });
    expect(summary.verdict).toMatch(/p95 ≤ 300 ms \(any 5 s\) is .* ms, and the run was ended there/);
    // Some windows after the fault began, and long before the plan's end.
    expect(summary.duration_s).toBeGreaterThan(12);
    expect(summary.duration_s).toBeLessThan(30);
  });

  it('fails the SLO of its windows after the run where it is over by then', async () => {
    slow = [8, 14];
    const { code, summary } = await run([slo(600), slo(300, ", over: '5s'")].join(), ['--profile', 'ci']);
    expect(code).toBe(EXIT.thresholds);
    expect(summary.duration_s).toBeGreaterThan(19);
    const [whole, sliding] = summary.slos;
    expect(whole).toMatchObject({ ok: true });
    expect(sliding).toMatchObject({ over: '5s', ok: false });
    expect(sliding?.value).toBeGreaterThan(SLOW_MS * 0.98);
  });
});

describe('the dashboards', () => {
  it('show SLOs of parts in rows of their own', async () => {
    slow = [0, 0];
    const { summary } = await run([slo(300), slo(200, ", during: 'steady'")].join(), ['--profile', 'smoke']);
    const scope = { run: summary.testid, scenario: 'page', target: 'own', from: new Date(summary.started) };
    const rows = async (text: string) => {
      const shown = interpolated(text, { ...scope, against: '', to: new Date(), step: '10s' });
      const found = await (await influx()).collectRows<{ for: string; SLO: string }>(shown);
      return found.filter(({ SLO }) => SLO === 'p95').map((row) => row.for);
    };
    expect((await rows(sloTable(LOADSTAR_SCHEMA))).sort()).toEqual(['all requests', 'all requests, steady']);
    expect(await rows(states())).toContain('all requests, steady');
  });
});

describe('two generators', () => {
  it('tag their windows by stage, and are judged where both were in it', async () => {
    // Slow on the second plateau alone: 11.25 to 17.5 s.
    slow = [11, 60];
    const slos = [slo(300, ", during: 'plateau 1'"), slo(300, ", during: 'plateau 2'")];
    const args = ['--profile', 'load', '--duration', '20s', '--scale', '0.2', '--instances', '2'];
    const { code, summary } = await run(slos.join(), args);
    expect(code).toBe(EXIT.thresholds);
    expect(summary.slos.filter(({ during }) => during)).toMatchObject([
      { during: 'plateau 1', ok: true },
      { during: 'plateau 2', ok: false },
    ]);
    // Of both together.
    expect(summary.plateaus?.map(({ name, users }) => [name, users])).toEqual([
      ['plateau 1', 10],
      ['plateau 2', 20],
    ]);
    const rows = await stagesOf(summary.testid);
    // Merged: no series is of one generator, and a window in which they were in two stages has a point of each.
    expect(rows.filter(({ instance }) => instance !== undefined)).toEqual([]);
    const windows_of = new Map<string, Set<string>>();
    for (const { _time, stage = '' } of rows) windows_of.set(_time, (windows_of.get(_time) ?? new Set()).add(stage));
    const stages = [...windows_of.values()].flatMap(([stage = '', ...others]) =>
      stage !== '' && others.length === 0 ? [stage] : [],
    );
    expect([...new Set(stages)]).toEqual(['ramp 1', 'plateau 1', 'ramp 2', 'plateau 2', 'ramp 3']);
    // 6.25 s at most: windows that two stages share have no tag.
    for (const plateau of ['plateau 1', 'plateau 2']) {
      const windows = stages.filter((stage) => stage === plateau).length;
      expect(windows, plateau).toBeGreaterThanOrEqual(4);
      expect(windows, plateau).toBeLessThanOrEqual(6);
    }
  });
});
