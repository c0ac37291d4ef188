/** The main job on real parts: `make load-test` and what it leaves behind. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { flux, InfluxDB } from '@influxdata/influxdb-client';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS, type Bucket, type BucketKey, ORG, TOKENS, type TokenKey } from '../contract/buckets.ts';
import type { K6Summary, K6Trend } from '../contract/k6-summary.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { LoadTestResult, RunSummary } from '../contract/results.ts';
import { RunStore } from '../influxdb/runs.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

const read = <T>(testid: string, file: string) =>
  JSON.parse(readFileSync(join(here.results_dir, testid, file), 'utf8')) as T;
const influxUrl = () => `http://127.0.0.1:${here.env.INFLUX_PORT}`;
const tokens = async () => (await new SecretStore(here.state_dir).load()).tokens as Record<string, string>;

describe('make load-test', () => {
  let summary: RunSummary;

  beforeAll(() => {
    const made = spawnSync('make', ['load-test'], {
      cwd: ROOT,
      env: { ...here.env, APP_COMMIT: 'abc123' },
      encoding: 'utf8',
    });
    expect(made.status, made.stderr).toBe(0);
    expect(made.stdout).toContain('PASSED');
    expect(made.stderr).not.toContain('PASSED');
    const [testid] = readdirSync(here.results_dir);
    summary = read(testid ?? '', 'summary.json');
  });

  it('runs the reference test with the smoke profile and passes', () => {
    expect(summary).toMatchObject({
      scenario: 'appointment-availability',
      profile: 'smoke',
      status: 'passed',
      exit_code: 0,
    });
    expect(summary.requests).toBeGreaterThan(50);
    expect(summary.testid).toMatch(/^\d{8}T\d{6}Z-appointment-availability-smoke-\w{4}$/);
  });

  it('writes a summary that its published schema accepts', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'contract', 'summary.schema.json'), 'utf8'));
    const validate = new Ajv({ validateFormats: false }).compile(schema);
    expect(validate(summary), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...summary, requests: 'many' })).toBe(false);
  });

  it('takes p95 from k6, to the digit, and results.json has just its fields', () => {
    const k6 = read<K6Summary>(summary.testid, 'k6-summary.json');
    const trend = k6.metrics.http_req_duration as K6Trend;
    expect(summary.latency?.p95_ms).toBe(trend.values['p(95)']);
    const [result, ...more] = read<LoadTestResult[]>(summary.testid, 'results.json');
    expect(more).toEqual([]);
    expect(result).toEqual({
      timestamp: summary.started,
      scenario: 'appointment-availability',
      p50: trend.values['p(50)'],
      p95: trend.values['p(95)'],
      p99: trend.values['p(99)'],
      throughput: summary.throughput_rps,
      errorRate: 0,
    });
  });

  it('finds every sample in InfluxDB', () => {
    expect(summary.completeness.state).toBe('complete');
    expect(summary.completeness.samples_stored).toBe(summary.completeness.samples_sent);
    const metrics = new Set(summary.completeness.rows.map((row) => row.metric));
    for (const metric of [
      'http_reqs',
      'http_req_duration',
      'http_req_failed',
      'checks',
      'iterations',
      'vus',
      'data_sent',
    ]) {
      expect(metrics).toContain(metric);
    }
  });

  it('tags samples as designed: the run, the route pattern, no URL', async () => {
    const query = new InfluxDB({ url: influxUrl(), token: (await tokens()).cli ?? '' }).getQueryApi(ORG);
    const rows = await query.collectRows<Record<string, string>>(
      flux`from(bucket: "k6") |> range(start: -10m)
        |> filter(fn: (r) => r._measurement == "http_req_duration" and r.testid == ${summary.testid}) |> limit(n: 1)`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const tags = Object.keys(rows[0] ?? {}).filter(
      (key) => !key.startsWith('_') && key !== 'result' && key !== 'table',
    );
    expect(tags.sort()).toEqual(['instance', 'method', 'name', 'project', 'scenario', 'status', 'testid']);
    expect(rows[0]?.name).toBe('GET /api/appointments/available');
    expect(rows[0]?.scenario).toBe('appointment-availability');
  });

  it('leaves a record of the run, with the app under test', async () => {
    const store = new RunStore({ url: influxUrl(), org: ORG, token: (await tokens()).cli ?? '' });
    const [record] = await store.list(1, OWN_PROJECT);
    expect(record).toMatchObject({
      testid: summary.testid,
      status: 'passed',
      requests: summary.requests,
      target: 'demo',
    });
    expect(summary.app.commit).toBe('abc123');
  });

  it('leaves the demo stopped and InfluxDB up', async () => {
    await expect(fetch(`http://127.0.0.1:${here.env.DEMO_PORT}/healthz`)).rejects.toThrow();
    expect((await fetch(`${influxUrl()}/health`)).status).toBe(200);
  });

  it('keeps secrets to their owner', () => {
    expect(statSync(join(here.state_dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(here.state_dir, 'influxdb', 'log')).mode & 0o077).toBe(0);
  });
});

describe('a run whose target is slow', () => {
  it('exits 99, names the SLO, and says so in the record', async () => {
    const fault = ['--demo-fault', 'GET /api/appointments/available latency_ms=700'];
    const run = await here.loadstar(['run', '--duration', '8s', '--json', ...fault]);
    expect(run.code, run.stderr).toBe(99);
    expect(run.stderr).toMatch(/✗ failed p95 ≤ 500 ms: 7\d\d ms/);
    expect(run.stderr).toContain('FAILED');
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary).toMatchObject({ status: 'failed', k6_exit_code: 99 });
    const listed = await here.loadstar(['runs', '--json', '--limit', '1']);
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ testid: summary?.testid, status: 'failed' });
  });

  it('by errors: exits 99, and the error rate is the injected one', async () => {
    const run = await here.loadstar([
      'run',
      'search',
      '--duration',
      '8s',
      '--json',
      '--demo-fault',
      'GET /api/search status=503',
    ]);
    expect(run.code, run.stderr).toBe(99);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary?.error_rate).toBe(1);
    expect(summary?.completeness.state).toBe('complete');
  });
});

describe('several scenarios', () => {
  it('run one after the other, a run each, one table, one exit code', async () => {
    const run = await here.loadstar(['run', 'appointment-booking,search', '--duration', '6s', '--json']);
    expect(run.code, run.stderr).toBe(0);
    const summaries = JSON.parse(run.stdout) as RunSummary[];
    expect(summaries.map((summary) => summary.scenario)).toEqual(['appointment-booking', 'search']);
    expect(summaries.every((summary) => summary.completeness.state === 'complete')).toBe(true);
  });
});

describe('outputs for other dashboards', () => {
  it('feed the raw bucket beside our own, and alone', async () => {
    const both = await here.loadstar(['run', '--duration', '5s', '--json', '--output', 'loadstar,influxdb']);
    expect(both.code, both.stderr).toBe(0);
    const [summary] = JSON.parse(both.stdout) as RunSummary[];
    expect(summary).toMatchObject({
      outputs: ['loadstar', 'influxdb'],
      completeness: { state: 'complete', tolerance: 0 },
    });
    const query = new InfluxDB({ url: influxUrl(), token: (await tokens()).cli ?? '' }).getQueryApi(ORG);
    const [raw] = await query.collectRows<{ _value: number }>(
      flux`from(bucket: "k6_raw") |> range(start: -10m)
        |> filter(fn: (r) => r._measurement == "http_reqs" and r.testid == ${summary?.testid ?? ''}) |> group() |> sum()`,
    );
    expect(raw?._value).toBe(summary?.requests);

    const alone = await here.loadstar(['run', '--duration', '5s', '--json', '--output', 'influxdb']);
    expect(alone.code, alone.stderr).toBe(0);
    const [stock] = JSON.parse(alone.stdout) as RunSummary[];
    expect(stock).toMatchObject({
      output: null,
      generator: null,
      completeness: { state: 'complete', tolerance: 0.01 },
    });
  });
});

describe('tokens', () => {
  const NAMES = ['k6', 'k6_raw', 'k6_runs', 'target'];

  it('may do what they are for, and nothing else', async () => {
    const all = await tokens();
    const write = (token: string, bucket: string) =>
      fetch(`${influxUrl()}/api/v2/write?org=${ORG}&bucket=${bucket}`, {
        method: 'POST',
        headers: { authorization: `Token ${token}` },
        body: 'probe,testid=none value=1',
      }).then((response) => response.status);
    const reads = async (token: string, bucket: string) => {
      const response = await fetch(`${influxUrl()}/api/v2/query?org=${ORG}`, {
        method: 'POST',
        headers: { authorization: `Token ${token}`, 'content-type': 'application/vnd.flux' },
        body: `from(bucket: "${bucket}") |> range(start: -1h) |> limit(n: 1)`,
      });
      return response.ok;
    };
    const rights = async (token = '') => ({
      write: (await Promise.all(NAMES.map((name) => write(token, name)))).map((code) => code === 204),
      read: await Promise.all(NAMES.map((name) => reads(token, name))),
    });
    const none = [false, false, false, false];
    const every = [true, true, true, true];
    expect(await rights(all.k6)).toEqual({ write: [true, true, false, false], read: none });
    expect(await rights(all.telegraf)).toEqual({ write: [false, false, false, true], read: none });
    expect(await rights(all.grafana)).toEqual({ write: none, read: every });
    expect(await rights(all.cli)).toEqual({ write: [false, false, true, true], read: every });
  });

  it('delete nothing, make no token, bucket or user, and see none of the others', async () => {
    const all = await tokens();
    const { operator_token } = await new SecretStore(here.state_dir).load();
    const ask = async (token: string, method: string, path: string, body?: object) => {
      const answer = await fetch(influxUrl() + path, {
        method,
        headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const span = { start: '1970-01-01T00:00:00Z', stop: '2100-01-01T00:00:00Z' };
    const { orgs } = JSON.parse((await ask(operator_token, 'GET', '/api/v2/orgs')).text) as { orgs: { id: string }[] };
    const orgID = orgs[0]?.id;
    for (const [name, token] of Object.entries(all) as [TokenKey, string][]) {
      const written: readonly BucketKey[] = TOKENS[name].write;
      for (const [key, bucket] of Object.entries(BUCKETS) as [BucketKey, Bucket][]) {
        // What may be written may be deleted: InfluxDB knows no right between.
        if (written.includes(key)) continue;
        const deleted = await ask(token, 'POST', `/api/v2/delete?org=${ORG}&bucket=${bucket.name}`, span);
        expect(deleted.status, `${name} deletes from ${bucket.name}`).toBeGreaterThanOrEqual(400);
      }
      const list = await ask(token, 'GET', '/api/v2/authorizations');
      for (const other of [operator_token, ...Object.values(all)]) expect(list.text, name).not.toContain(other);
      for (const [path, body] of [
        ['/api/v2/authorizations', { orgID, permissions: [{ action: 'write', resource: { type: 'buckets', orgID } }] }],
        ['/api/v2/buckets', { orgID, name: 'another', retentionRules: [] }],
        ['/api/v2/users', { name: 'somebody' }],
      ] as const) {
        expect((await ask(token, 'POST', path, body)).status, `${name} ${path}`).toBeGreaterThanOrEqual(401);
      }
    }
  });
});
