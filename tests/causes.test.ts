/** Causes of a real run, beside telemetry that is written as Telegraf writes it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { EXIT } from '../contract/exit-codes.ts';
import type { RunSummary } from '../contract/results.ts';
import { TELEMETRY_POINT } from '../contract/telemetry.ts';
import { influxClient } from '../influxdb/connection.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { type Machine, machine } from './lib/machine.ts';

const FAST_MS = 20;
const SLOW_MS = 500;
const SLOW_FROM_S = 15;
const POOL = 20;
const EVERY_MS = 500;
const MS_PER_S = 1_000;

let here: Machine;
let target: Server;
let team: string;
let first_ms = 0;

const isSlow = () => first_ms > 0 && Date.now() - first_ms >= SLOW_FROM_S * MS_PER_S;

beforeAll(async () => {
  target = createServer((request, response) => {
    if (request.headers['user-agent']?.includes('k6')) first_ms ||= Date.now();
    setTimeout(() => response.end('{}'), isSlow() ? SLOW_MS : FAST_MS);
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  team = mkdtempSync(join(tmpdir(), 'loadstar-causes-'));
  mkdirSync(join(team, 'loadtests'));
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    `export default { scenarios_dir: 'loadtests', targets: { own: { base_url: '${url}' } } };`,
  );
  writeFileSync(
    join(team, 'loadtests', 'page.ts'),
    `import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Page', journey: 'A page.', requests: ['GET /'],
  slos: [{ indicator: 'p95_ms', limit: 200, reason: 'r' }],
  run({ client }) { client.request({ method: 'GET', route: '/' }); think(0.2); },
});`,
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

/** @param in_use connections of a pool, read twice a second */
async function run(in_use: () => number) {
  const up = await here.loadstar(['up']);
  expect(up.code, up.stderr).toBe(EXIT.passed);
  const { tokens } = await new SecretStore(here.state_dir).load();
  const connection = { url: `http://127.0.0.1:${here.env.INFLUX_PORT}`, org: ORG, token: tokens.cli ?? '' };
  const { measurement, fields } = TELEMETRY_POINT;
  const before = runsIn(here.results_dir);
  const writing: Promise<void>[] = [];
  const timer = setInterval(() => {
    const testid = runsIn(here.results_dir).find((it) => !before.includes(it));
    if (!testid) return;
    const tags = { testid, component: 'db', series: 'connections in use', kind: 'utilisation', unit: 'count' };
    const point = new Point(measurement).floatField(fields.value, in_use()).floatField(fields.limit, POOL);
    for (const [name, value] of Object.entries(tags)) point.tag(name, value);
    const writer = influxClient(connection).getWriteApi(ORG, BUCKETS.target.name, 'ms');
    writer.writePoint(point.timestamp(new Date()));
    writing.push(writer.close());
  }, EVERY_MS);
  try {
    const args = ['run', 'page', '--target', 'own', '--profile', 'ci', '--duration', '30s'];
    return await here.loadstar([...args, '--notify', 'never', '--json']);
  } finally {
    clearInterval(timer);
    await Promise.all(writing);
  }
}

function runsIn(results_dir: string): string[] {
  try {
    return readdirSync(results_dir).filter((name) => name.includes('-page-'));
  } catch {
    return [];
  }
}

function onlySummary({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): RunSummary {
  const [summary] = stdout ? (JSON.parse(stdout) as RunSummary[]) : [];
  if (!summary) throw new Error(`expected a summary, found: ${stderr}`);
  return summary;
}

it('names a pool that is full when the target is slow', async () => {
  const result = await run(() => (isSlow() ? POOL : 4 + Math.round(Math.random() * 4)));
  expect(result.code).toBe(EXIT.thresholds);
  const { causes } = onlySummary(result);
  expect(causes).toMatchObject({ symptom: { kind: 'slo', metric: 'p95_ms', limit: 200 }, series: 1 });
  expect(causes?.ranked).toMatchObject([{ component: 'db', change: 'limit', value: POOL, limit: POOL }]);
  const apart_ms = Date.parse(causes?.ranked[0]?.at ?? '') - (first_ms + SLOW_FROM_S * MS_PER_S);
  expect(Math.abs(apart_ms)).toBeLessThanOrEqual(2 * MS_PER_S);
  expect(causes?.ranked[0]?.sentence).toMatch(/^`db` connections in use reached 20 of 20 at .* passed 200 ms; before/);
});

it('names nothing where a pool does what it did before', async () => {
  const result = await run(() => 4 + Math.round(Math.random() * 4));
  expect(result.code).toBe(EXIT.thresholds);
  expect(onlySummary(result).causes).toMatchObject({ ranked: [], series: 1 });
});
