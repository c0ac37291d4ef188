/** A run in Kubernetes, without one: what the operator would start, on the real k6 and InfluxDB. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flux, InfluxDB } from '@influxdata/influxdb-client';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORG } from '../contract/buckets.ts';
import type { RunSummary } from '../contract/results.ts';
import { mergerUrl } from '../kubernetes/services/names.ts';
import { setUpInKubernetes } from '../kubernetes/setup-influxdb.ts';
import type { TestRun } from '../kubernetes/test-run.ts';
import { manifestsOf } from '../kubernetes/testing/manifests.ts';
import { commandContext } from '../lib/context.ts';
import { findK6 } from '../stack/binaries/k6.ts';
import type { Demo } from '../stack/engine/engine.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { startDemoProcess } from '../stack/native/demo.ts';
import { startInflux } from '../stack/native/influxd.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';
import { type FakeCluster, runGenerators, runInitializer, runMerger } from './lib/operator.ts';
import { portForLater } from './lib/ports.ts';

let here: Machine;
let influx: Awaited<ReturnType<typeof startInflux>>;
let demo: Demo;
let directory: string;

beforeAll(async () => {
  here = await machine();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-cluster-'));
  influx = await startInflux(here.context);
  demo = await startDemoProcess(here.context, []);
}, 600_000);
afterAll(async () => {
  await demo?.stop();
  await here.dispose();
  rmSync(directory, { recursive: true, force: true });
});

const SERVICE = 'http://clinic.staging.svc:8080';
const DURATION_S = 6;
/** As long as the load: counted, it would halve every rate. */
const PAUSE_MS = DURATION_S * 1_000;

interface Generated {
  readonly test_run: TestRun;
  readonly merger: IJob;
  readonly config_maps: FakeCluster['config_maps'];
}

async function generated(): Promise<Generated> {
  const at = ['--base-url', SERVICE, '--allow-host', 'clinic.staging.svc'];
  const { code, stdout, stderr } = await here.loadstar([
    ...['k8s', 'search', '--parallelism', '2', '--duration', `${DURATION_S}s`],
    ...at,
  ]);
  expect(code, stderr).toBe(0);
  const manifests = manifestsOf(stdout);
  const maps = manifests.flatMap(({ kind, metadata, data = {} }) =>
    kind === 'ConfigMap' ? [[metadata.name, data]] : [],
  );
  return {
    test_run: manifests.find(({ kind }) => kind === 'TestRun') as unknown as TestRun,
    merger: manifests.find(
      ({ kind, metadata }) => kind === 'Job' && metadata.name.endsWith('-merger'),
    ) as unknown as IJob,
    config_maps: Object.fromEntries(maps),
  };
}

describe('the manifests of a run', () => {
  it('make two generators of one run, which share its users and have names of their own', async () => {
    const { test_run, merger, config_maps } = await generated();
    const merging_at = `127.0.0.1:${await portForLater()}`;
    const cluster: FakeCluster = {
      k6: (await findK6(here.context)).path,
      directory,
      config_maps,
      secrets: { 'loadstar-tokens': influx.tokens },
      instead: {
        [SERVICE]: demo.base_url,
        'http://loadstar-influxdb:8086': influx.url,
        [mergerUrl(test_run.metadata.annotations['loadstar/testid'] ?? '')]: `http://${merging_at}`,
        '0.0.0.0:8087': merging_at,
        '/loadstar/spool': join(directory, 'spool'),
        '/tmp/k6-summary.json': join(directory, 'k6-summary.json'),
        '/tmp/output-report.json': join(directory, 'output-report.json'),
      },
    };
    const { requirements, arguments: seen } = await runInitializer(cluster, test_run);
    // What the operator holds --parallelism against, and so does `loadstar k8s`.
    expect(requirements.maxVUs).toBe(5);
    expect(seen.join(' ')).not.toContain(influx.tokens.k6);

    const begun = Date.now();
    const merged = runMerger(cluster, merger);
    const ends = await runGenerators(cluster, test_run, PAUSE_MS);
    for (const { code, output } of ends) expect(code, output).toBe(0);
    // All of them have ended, and InfluxDB has their sums.
    expect(await merged).toMatchObject({ code: 0 });
    const testid = test_run.metadata.annotations['loadstar/testid'] ?? '';
    const sent = await requestsByInstance(testid);
    const name = test_run.metadata.name;
    expect([...sent.keys()].sort()).toEqual([`${name}-1-abcde`, `${name}-2-abcde`]);
    for (const requests of sent.values()) expect(requests).toBeGreaterThan(0);

    // Judged as the Job does it: over the load, without the time in which the pods waited.
    const asked = ['--scenario', 'search', '--profile', 'smoke', '--duration', `${DURATION_S}s`, '--instances', '2'];
    const finished = await here.loadstar([
      'finish',
      testid,
      ...asked,
      '--base-url',
      demo.base_url,
      '--k8s-namespace',
      'load',
    ]);
    expect(finished.code, finished.stderr).toBe(0);
    const summary = JSON.parse(readFileSync(join(here.results_dir, testid, 'summary.json'), 'utf8')) as RunSummary;
    // Iterations that are under way at the end of the load are part of it.
    expect(Math.abs(summary.duration_s - DURATION_S)).toBeLessThan(PAUSE_MS / 2 / 1_000);
    const requests = [...sent.values()].reduce((sum, of_one) => sum + of_one, 0);
    expect(summary).toMatchObject({ requests, status: 'passed', throughput_rps: requests / summary.duration_s });
    const planned_ms = Date.parse(summary.planned_end) - Date.parse(summary.started);
    expect(planned_ms).toBe(DURATION_S * 1_000);
    expect(Date.parse(summary.started)).toBeGreaterThanOrEqual(begun + PAUSE_MS);

    // The files are gone with the pod: any machine that reaches InfluxDB makes them again.
    expect(finished.stderr + finished.stdout).toContain(`npx @loadstar-hq/loadstar report ${testid}`);
    rmSync(join(here.results_dir, testid), { recursive: true });
    const reported = await here.loadstar(['report', testid]);
    expect(reported.code, reported.stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(here.results_dir, testid, 'summary.json'), 'utf8'))).toEqual(summary);
    expect(readFileSync(join(here.results_dir, testid, 'report.html'), 'utf8')).toContain(testid);
    const unknown = await here.loadstar(['report', '20261129T120000Z-search-smoke-none']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('expected the id of a run in results/ or in InfluxDB');
  });
});

/** By the generators' own count: what they measured is merged. */
async function requestsByInstance(testid: string): Promise<Map<string, number>> {
  const api = new InfluxDB({ url: influx.url, token: influx.tokens.cli }).getQueryApi(ORG);
  const rows = await api.collectRows<{ instance: string; _value: number }>(
    flux`from(bucket: "k6") |> range(start: -10m)
      |> filter(fn: (r) => r.testid == ${testid} and r._measurement == "loadstar.sent")
      |> filter(fn: (r) => r.metric == "http_reqs" and r._field == "received")
      |> group(columns: ["instance"]) |> sum()`,
  );
  return new Map(rows.map(({ instance, _value }) => [instance, _value]));
}

describe('the set-up job', () => {
  it('keeps working tokens in the Secret, and the same ones the next time', async () => {
    const secrets = join(directory, 'influxdb');
    mkdirSync(secrets);
    const { operator_token, influx_password } = await new SecretStore(here.state_dir).load();
    writeFileSync(join(secrets, 'operator_token'), `${operator_token}\n`);
    writeFileSync(join(secrets, 'password'), influx_password);
    const api = await kubernetesApi();
    let output = '';
    const stderr = {
      write(text: string) {
        output += text;
        return true;
      },
    };
    const signal = new AbortController().signal;
    const context = commandContext({
      ...{ args: [], env: {}, cwd: ROOT, root: ROOT, node_path: '' },
      ...{ stdout: stderr, stderr, stop: signal, force: signal },
    });
    const cluster = { url: api.url, namespace: 'loadstar', token: API_TOKEN, ca: null };
    try {
      await setUpInKubernetes(context, { url: influx.url, secrets }, cluster);
      const first = api.tokens();
      expect(Object.keys(first).sort()).toEqual(['cli', 'grafana', 'k6', 'telegraf']);
      for (const [key, token] of Object.entries(first)) {
        expect(await mayWrite(token, 'k6'), key).toBe(key === 'k6');
        expect(await mayWrite(token, 'k6_runs'), key).toBe(key === 'cli');
        expect(output).not.toContain(token);
      }
      await setUpInKubernetes(context, { url: influx.url, secrets }, cluster);
      expect(api.tokens()).toEqual(first);
      const stranger = { ...cluster, token: 'another' };
      await expect(setUpInKubernetes(context, { url: influx.url, secrets }, stranger)).rejects.toMatchObject({
        exit_code: 4,
        found: expect.stringContaining('HTTP 403'),
      });
      expect(output).not.toContain(operator_token);
    } finally {
      await api.close();
    }
  });
});

async function mayWrite(token: string, bucket: string): Promise<boolean> {
  const url = `${influx.url}/api/v2/write?org=${ORG}&bucket=${bucket}`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Token ${token}` },
    body: 'probe value=1',
  });
  return answer.ok;
}

const API_TOKEN = 'account-of-the-set-up-job';

/** As much of Kubernetes as the job uses: one Secret, to be read and patched. */
async function kubernetesApi() {
  let data: Record<string, string> = {};
  const server = createServer(async (request, response) => {
    const allowed = request.headers.authorization === `Bearer ${API_TOKEN}`;
    const known = request.url === '/api/v1/namespaces/loadstar/secrets/loadstar-tokens';
    let body = '';
    for await (const chunk of request) body += chunk;
    const merges = request.headers['content-type'] === 'application/merge-patch+json';
    if (allowed && known && request.method === 'PATCH' && merges) {
      data = { ...data, ...(JSON.parse(body) as { data: Record<string, string> }).data };
    }
    response.writeHead(allowed ? (known ? 200 : 404) : 403).end(JSON.stringify({ kind: 'Secret', data }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: () =>
      Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()])),
    close: () => new Promise<void>((done) => server.close(() => done())),
  };
}
