/** Grafana beside InfluxDB, and servers that a team already has. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect(await health.json()).toMatchObject({ status: 'OK', message: expect.stringContaining('3 buckets') });
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
