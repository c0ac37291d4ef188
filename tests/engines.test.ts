/** Grafana beside InfluxDB, and servers that a team already has. */
import { InfluxDB } from '@influxdata/influxdb-client';
import { AuthorizationsAPI, BucketsAPI, OrgsAPI } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { GRAFANA } from '../contract/grafana.ts';
import type { RunSummary } from '../contract/results.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { findGrafana } from '../stack/native/grafana.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {});
});
afterAll(() => here.dispose());

describe('the stack', () => {
  it('comes up, says so, and comes up again at once without changing anything', async () => {
    const first = await here.loadstar(['up']);
    expect(first.code, first.stderr).toBe(0);
    const secrets = await new SecretStore(here.state_dir).load();
    const again = await here.loadstar(['up']);
    expect(again.code, again.stderr).toBe(0);
    expect(await new SecretStore(here.state_dir).load()).toEqual(secrets);
    const status = await here.loadstar(['status', '--json']);
    expect(JSON.parse(status.stdout).services[0]).toMatchObject({ service: 'influxdb', state: 'running' });
  });

  it('goes down, and keeps its data', async () => {
    await here.loadstar(['down']);
    const status = await here.loadstar(['status', '--json']);
    expect(JSON.parse(status.stdout).services[0]).toMatchObject({ service: 'influxdb', state: 'stopped' });
    expect((await here.loadstar(['up'])).code).toBe(0);
  });

  it('says whose InfluxDB it is when the secrets are lost', async () => {
    const store = new SecretStore(here.state_dir);
    const secrets = await store.load();
    await store.save({ ...secrets, operator_token: 'other' });
    const run = await here.loadstar(['up']);
    await store.save(secrets);
    expect(run.code).toBe(4);
    expect(run.stderr).toContain('secrets.json');
  });
});

describe('a state of a version without the bucket of telemetry', () => {
  it('gets the bucket, and tokens that have its rights in place of those that lack them', async () => {
    const url = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
    const store = new SecretStore(here.state_dir);
    const { operator_token, ...secrets } = await store.load();
    const operator = new InfluxDB({ url, token: operator_token });
    const { orgs = [] } = await new OrgsAPI(operator).getOrgs({ org: ORG });
    const orgID = String(orgs[0]?.id);
    const buckets = new BucketsAPI(operator);
    const { buckets: found = [] } = await buckets.getBuckets({ orgID, limit: 100 });
    const idOf = (name: string) => String(found.find((bucket) => bucket.name === name)?.id);
    // As that version has made it: no such bucket, and tokens for the other three.
    await buckets.deleteBucketsID({ bucketID: idOf(BUCKETS.target.name) });
    const permit = (action: 'read' | 'write', name: string) => ({
      action,
      resource: { type: 'buckets' as const, id: idOf(name), orgID },
    });
    const read_all = ['k6', 'k6_raw', 'k6_runs'].map((name) => permit('read', name));
    const create = async (permissions: ReturnType<typeof permit>[]) =>
      String((await new AuthorizationsAPI(operator).postAuthorizations({ body: { orgID, permissions } })).token);
    const before = {
      k6: await create([permit('write', 'k6'), permit('write', 'k6_raw')]),
      grafana: await create(read_all),
      cli: await create([...read_all, permit('write', 'k6_runs')]),
    };
    await store.save({ ...secrets, operator_token, tokens: before });

    const up = await here.loadstar(['up']);
    expect(up.code, up.stderr).toBe(0);
    const { tokens } = await store.load();
    expect(tokens.k6).toBe(before.k6);
    const write = async (token = '') => {
      const path = `/api/v2/write?${new URLSearchParams({ org: ORG, bucket: BUCKETS.target.name })}`;
      const headers = { authorization: `Token ${token}` };
      return (await fetch(url + path, { method: 'POST', headers, body: 'probe value=1' })).status;
    };
    expect([await write(before.cli), await write(tokens.cli), await write(tokens.telegraf)]).toEqual([403, 204, 204]);
    const seen = await new BucketsAPI(new InfluxDB({ url, token: String(tokens.grafana) })).getBuckets({});
    expect(seen.buckets?.map(({ name }) => name)).toContain(BUCKETS.target.name);

    expect((await here.loadstar(['up'])).code).toBe(0);
    expect((await store.load()).tokens).toEqual(tokens);
  });
});

describe('Grafana', () => {
  it('has the data source, which reads through a token that may only read', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    expect((await here.loadstar(['up'])).code).toBe(0);
    const { grafana_password } = await new SecretStore(here.state_dir).load();
    const url = `http://127.0.0.1:${here.env.GRAFANA_PORT}`;
    const authorization = `Basic ${Buffer.from(`admin:${grafana_password}`).toString('base64')}`;
    const health = await fetch(`${url}/api/datasources/uid/${GRAFANA.datasource.uid}/health`, {
      headers: { authorization },
    });
    expect(await health.json()).toMatchObject({ status: 'OK', message: expect.stringContaining('4 buckets') });
    // Without a password nothing may be read or changed.
    const anonymous = await fetch(`${url}/api/datasources`, { method: 'POST', body: '{}' });
    expect(anonymous.status).toBe(401);
    expect((await fetch(`${url}/api/health`)).ok).toBe(true);
  });

  it('that is missing is said, with the way to get it, and costs no run', async () => {
    const run = await here.loadstar(['run', '--duration', '3s'], { env: { GRAFANA_HOME: '/nowhere' } });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('GRAFANA_HOME=/nowhere has no bin/grafana');
  });
});

describe('engine external', () => {
  const external = async () => {
    const { operator_token } = await new SecretStore(here.state_dir).load();
    const url = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
    return {
      ENGINE: 'external',
      INFLUX_URL: url,
      INFLUX_TOKEN: operator_token,
      GRAFANA_URL: 'http://127.0.0.1:1',
    };
  };

  it('runs against an InfluxDB that is already there', async () => {
    const run = await here.loadstar(['run', '--duration', '4s', '--json'], { env: await external() });
    expect(run.code, run.stderr).toBe(0);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary).toMatchObject({ engine: 'external', completeness: { state: 'complete' } });
  });
});
