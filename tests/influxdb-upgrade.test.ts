/** The state of an earlier InfluxDB under the pinned one: data and tokens survive, and the way back is refused. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizationsAPI, HealthAPI } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKETS } from '../contract/buckets.ts';
import { VERSIONS } from '../contract/versions.ts';
import { influxClient, queryApi } from '../influxdb/connection.ts';
import { RunStore } from '../influxdb/runs.ts';
import { isAtLeast } from '../stack/binaries/go.ts';
import { INFLUXD_CACHE_KEY } from '../stack/binaries/influxd.ts';
import type { EngineContext, InfluxAccess, Stack } from '../stack/engine/engine.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { endOf, startOf } from './lib/records.ts';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadstar');
/** The newest InfluxDB before the pinned one that this machine has built; none where it has only one of them. */
const [earlier] = (existsSync(join(cache, INFLUXD_CACHE_KEY)) ? readdirSync(cache) : [])
  .flatMap((name) => /^influxd-(\d+\.\d+\.\d+)$/.exec(name)?.[1] ?? [])
  .filter((version) => !isAtLeast(version, VERSIONS.influxdb))
  .sort((a, b) => (isAtLeast(a, b) ? -1 : 1));
const REASON = `no earlier InfluxDB beside ${VERSIONS.influxdb} in ${cache}`;

let here: Machine;
let of_earlier: EngineContext;
let before: Stack;
let fields: string[];
let secrets: string;

/** Every field of every bucket. */
async function readFields({ url, org }: InfluxAccess): Promise<string[]> {
  const token = (JSON.parse(readFileSync(join(here.state_dir, 'secrets.json'), 'utf8')) as { operator_token: string })
    .operator_token;
  const rows = await Promise.all(
    Object.values(BUCKETS).map(({ name }) =>
      queryApi({ url, org, token }).collectRows(
        `from(bucket: "${name}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)`,
      ),
    ),
  );
  return rows
    .flat()
    .map((row) => JSON.stringify(row))
    .sort();
}

const versionOf = async ({ url }: InfluxAccess) =>
  (await new HealthAPI(influxClient({ url, org: '', token: '' })).getHealth()).version;

async function countAuthorizations({ url, org }: InfluxAccess): Promise<number> {
  const { operator_token: token } = JSON.parse(secrets) as { operator_token: string };
  const api = new AuthorizationsAPI(influxClient({ url, org, token }));
  return ((await api.getAuthorizations({ org })).authorizations ?? []).length;
}

async function writeRun({ url, org, tokens }: InfluxAccess, testid: string): Promise<void> {
  const store = new RunStore({ url, org, token: tokens.cli });
  const run = startOf(testid, { age_s: 3_600 });
  await store.begin(run, { stages: [] });
  await store.end(run, endOf(run));
  const live = influxClient({ url, org, token: tokens.k6 }).getWriteApi(org, BUCKETS.live.name, 'ms');
  live.writeRecord(`k6,testid=${testid} value=1.5 ${run.started.getTime()}`);
  await live.close();
}

beforeAll(async () => {
  if (!earlier) return;
  here = await machine();
  // The engine finds the earlier server under the name of the pinned one, as an earlier version of Loadstar would.
  const cache_dir = mkdtempSync(join(tmpdir(), 'loadstar-cache-'));
  symlinkSync(join(cache, `influxd-${earlier}`), join(cache_dir, INFLUXD_CACHE_KEY));
  of_earlier = { ...here.context, cache_dir };
  before = await nativeEngine(of_earlier).up();
  await writeRun(before.influx, 'before');
  fields = await readFields(before.influx);
  secrets = readFileSync(join(here.state_dir, 'secrets.json'), 'utf8');
}, 120_000);
afterAll(async () => {
  if (!earlier) return;
  await here.dispose();
  rmSync(of_earlier.cache_dir, { recursive: true });
});

it('keeps data and tokens, and says that the earlier server still runs', async ({ skip }) => {
  if (!earlier) return skip(REASON);
  expect(await versionOf(before.influx)).toContain(earlier);
  expect(fields.length).toBeGreaterThan(10);

  const stale = await here.loadstar(['up']);
  expect(stale.code, stale.stderr).toBe(0);
  expect(stale.stderr + stale.stdout).toMatch(
    new RegExp(`InfluxDB ${earlier} is still running, and this version of Loadstar uses ${VERSIONS.influxdb}: .*down`),
  );
  expect((await here.loadstar(['down'])).code).toBe(0);
  const { code, stdout, stderr } = await here.loadstar(['up']);
  expect(code, stderr).toBe(0);
  expect(stdout + stderr).not.toContain('still running');

  const { influx } = await nativeEngine(here.context).up();
  expect(await versionOf(influx)).toContain(VERSIONS.influxdb);
  expect(influx.tokens).toEqual(before.influx.tokens);
  expect(readFileSync(join(here.state_dir, 'secrets.json'), 'utf8')).toBe(secrets);
  expect(await readFields(influx)).toEqual(fields);
  await writeRun(influx, 'after');
  expect((await readFields(influx)).length).toBe(2 * fields.length);
  const listed = await here.loadstar(['runs', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ testid: 'after' }, { testid: 'before' }]);
}, 120_000);

it('makes no new tokens at later starts, although the server no longer shows them', async ({ skip }) => {
  if (!earlier) return skip(REASON);
  const { influx } = await nativeEngine(here.context).up();
  const count = await countAuthorizations(influx);
  expect(count).toBe(1 + Object.keys(influx.tokens).length);
  // A token that the server does not know is replaced, and only that one.
  const broken = { ...JSON.parse(secrets), tokens: { ...influx.tokens, grafana: 'unknown' } };
  writeFileSync(join(here.state_dir, 'secrets.json'), JSON.stringify(broken));
  const again = (await nativeEngine(here.context).up()).influx;
  expect(await countAuthorizations(again)).toBe(count + 1);
  expect({ ...again.tokens, grafana: '' }).toEqual({ ...influx.tokens, grafana: '' });
  expect(again.tokens.grafana).not.toBe('unknown');
}, 120_000);

it('refuses the way back without harm', async ({ skip }) => {
  if (!earlier) return skip(REASON);
  const kept = await readFields((await nativeEngine(here.context).up()).influx);
  await nativeEngine(here.context).down();
  await expect(nativeEngine(of_earlier).up()).rejects.toMatchObject({ exit_code: 4 });
  await nativeEngine(of_earlier).down();
  expect(await readFields((await nativeEngine(here.context).up()).influx)).toEqual(kept);
}, 120_000);
