/** Telemetry of a run with a real Telegraf: what it makes of endpoints, good and bad, and that it ends with its call. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import type { RunSummary } from '../contract/results.ts';
import { queryApi } from '../influxdb/connection.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { callLoadstar } from './lib/loadstar-call.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

const SECRET = 'word-that-nobody-may-see';
const LINES = 200_000;
let scrapes = 0;

/** By path. The app itself answers everything else. */
const ENDPOINTS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/good': (_, response) => {
    scrapes += 1;
    response.end(
      [
        '# TYPE shop_db_connections_in_use gauge',
        `shop_db_connections_in_use ${scrapes % 20}`,
        '# TYPE shop_db_connections_max gauge',
        'shop_db_connections_max 20',
        '# TYPE shop_worker_queue_depth gauge',
        'shop_worker_queue_depth NaN',
        '# TYPE shop_mail_pending gauge',
        'shop_mail_pending +Inf',
        // A clock that is wrong by an hour.
        `shop_orders_pending 7 ${Date.now() - 3_600_000}`,
        '# TYPE shop_payments_errors_total counter',
        // Reset at every fourth scrape: increases are 10, or unknown, never negative.
        `shop_payments_errors_total ${(scrapes % 4) * 10}`,
        '',
      ].join('\n'),
    );
  },
  '/secret': ({ headers }, response) => {
    response.statusCode = headers.authorization === `Bearer ${SECRET}` ? 200 : 401;
    response.end(
      [
        '# TYPE vault_pool_active gauge',
        'vault_pool_active 3',
        'vault_pool_max 5',
        '# TYPE executor_active_threads gauge',
        'executor_active_threads{name="tasks"} 4',
        '# TYPE executor_pool_max_threads gauge',
        'executor_pool_max_threads{name="tasks"} 2.147483647E9',
        '# TYPE pg_stat_activity_count gauge',
        'pg_stat_activity_count{state="active",wait_event_type="Client"} 9',
        '',
      ].join('\n'),
    );
  },
  '/denied': (_, response) => void response.writeHead(401).end(),
  '/broken': (_, response) => void response.end('<html><body>sign in</body></html>'),
  '/huge': (_, response) => {
    const line = 'a_metric_with_a_long_name{label="a-value-that-is-long-enough",number="';
    response.write('# TYPE a_metric_with_a_long_name gauge\n');
    for (let index = 0; index < LINES; index += 1) response.write(`${line}${index}"} 1\n`);
    response.end();
  },
  '/many': (_, response) => {
    const lines = Array.from({ length: 600 }, (_it, index) => `many_item${index}_pending 1`);
    response.end(`${lines.join('\n')}\n`);
  },
  '/hangs': () => undefined,
  '/moved': (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/metrics' }).end(),
  // Another origin, though it is the same server.
  '/away': ({ socket }, response) =>
    void response.writeHead(307, { location: `http://localhost:${socket.localPort}/elsewhere?a=1` }).end(),
};
const SECRETS: Readonly<Record<string, object>> = {
  '/secret': { token_from_env: 'METRICS_TOKEN' },
  '/away': { headers_from_env: { 'X-Api-Key': 'METRICS_TOKEN' } },
};
const asked_elsewhere: IncomingMessage['headers'][] = [];

let here: Machine;
let server: Server;
let app: string;
let project: string;
let run: LoadstarResult;
let summary: RunSummary;

beforeAll(async () => {
  here = await machine();
  server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    if (request.url?.startsWith('/elsewhere')) asked_elsewhere.push(request.headers);
    const endpoint = ENDPOINTS[request.url ?? ''];
    if (endpoint) endpoint(request, response);
    else response.end('ok');
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  app = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  project = mkdtempSync(join(tmpdir(), 'loadstar-telemetry-'));
  const scrape = [
    ...Object.keys(ENDPOINTS).map((url) => ({ url, instance: url.slice(1) })),
    { url: 'http://127.0.0.1:9/metrics', instance: 'nobody' },
  ].map((it) => ({ ...it, ...SECRETS[it.url] }));
  const telemetry = { around_s: 4, every_s: 1, host: true, scrape };
  const config = { name: 'shop', targets: { shop: { base_url: app, telemetry } } };
  writeFileSync(join(project, 'loadstar.config.ts'), `export default ${JSON.stringify(config)};`);
  writeFileSync(
    join(project, 'home.js'),
    "import http from 'k6/http';\nexport const options = { vus: 1, duration: '5s' };\n" +
      "export default function () { http.get(__ENV.BASE_URL + '/'); }\n",
  );
  run = await here.loadstar(['run', join(project, 'home.js'), '--target', 'shop', '--json'], { env: environment() });
  summary = (JSON.parse(run.stdout || '[{}]') as RunSummary[])[0] as RunSummary;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await here.dispose();
  rmSync(project, { recursive: true, force: true });
});

const environment = () => ({ METRICS_TOKEN: SECRET, LOADSTAR_CONFIG: join(project, 'loadstar.config.ts') });

interface Row {
  readonly _time: string;
  readonly _field: 'value' | 'limit';
  readonly _value: number;
  readonly instance?: string;
  readonly component: string;
  readonly series: string;
}

async function readRows(filter: string): Promise<Row[]> {
  const { tokens } = await new SecretStore(here.state_dir).load();
  const url = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
  return await queryApi({ url, org: ORG, token: String(tokens.cli) }).collectRows<Row>(
    `from(bucket: "${BUCKETS.target.name}") |> range(start: -1h)
      |> filter(fn: (r) => r.testid == "${summary.testid}" and ${filter})`,
  );
}

describe('a run with telemetry', () => {
  it('passes, whatever its endpoints answer, and says which it scrapes', () => {
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain(`telemetry: scraping ${app}/good, ${app}/secret`);
    expect(run.stderr).toMatch(/telemetry: \d+ series of 9 endpoints, the machine/);
  });

  it.each([
    ['denied', 'it answers 401 Unauthorized'],
    ['broken', 'its answer is no Prometheus format'],
    ['huge', 'its answer is larger than 8 MiB'],
    ['hangs', 'no answer in time'],
    ['moved', 'connection refused'],
  ])('says of /%s how often it was not read, and why', (path, reason) => {
    const [line = ''] = run.stderr.split('\n').filter((text) => text.includes(`${app}/${path} was not read`));
    expect(line).toMatch(/was not read (\d+) of \1 times/);
    expect(line).toContain(reason);
  });

  it('stores series with their limits from before the load until after it, on its own clock', async () => {
    const rows = await readRows('r.instance == "good" and r.component == "db"');
    const values = rows.filter(({ _field }) => _field === 'value');
    expect(new Set(rows.filter(({ _field }) => _field === 'limit').map(({ _value }) => _value))).toEqual(new Set([20]));
    expect(values[0]?.series).toBe('connections in use');
    const times_ms = values.map(({ _time }) => new Date(_time).getTime());
    expect(Math.min(...times_ms)).toBeLessThan(new Date(summary.started).getTime() - 1_000);
    expect(Math.max(...times_ms)).toBeGreaterThan(new Date(summary.ended).getTime() + 1_000);
    const orders = await readRows('r.instance == "good" and r.component == "orders"');
    expect(orders.map(({ _value }) => _value)).toContain(7);
  });

  it('leaves out values that are none, and counters that were reset', async () => {
    expect(await readRows('r.instance == "good" and (r.component == "worker" or r.component == "mail")')).toEqual([]);
    const errors = await readRows('r.instance == "good" and r.component == "payments"');
    expect(errors.length).toBeGreaterThan(2);
    for (const { _value } of errors) expect(_value).toBeGreaterThan(0);
  });

  it('takes the largest number for no limit, and a state that nothing is in for zero', async () => {
    const threads = await readRows('r.series == "active threads"');
    expect(new Set(threads.map(({ _field, _value }) => `${_field} ${_value}`))).toEqual(new Set(['value 4']));
    const waiting = await readRows('r.series == "sessions that wait for a lock"');
    expect(new Set(waiting.map(({ _value }) => _value))).toEqual(new Set([0]));
  });

  it('stores no more series than it says, and counts the rest aloud', async () => {
    const rows = await readRows('r._field == "value"');
    const series = new Set(
      rows.map(({ component, series: name, instance = '' }) => [component, name, instance].join()),
    );
    expect(series.size).toBeLessThanOrEqual(500);
    // Its share of 500, of nine endpoints and the machine.
    expect([...series].filter((it) => it.endsWith(',many')).length).toBe(50);
    expect(run.stderr).toContain('telemetry: 550 series were left out');
  });

  it('sends the secret of an endpoint to it, and shows it nowhere', async () => {
    expect((await readRows('r.instance == "secret"')).length).toBeGreaterThan(0);
    expect(run.stderr + run.stdout).not.toContain(SECRET);
    // It ends with 1 where it finds nothing.
    const search = () => execFileSync('grep', ['-rlF', SECRET, here.state_dir, here.results_dir]);
    expect(search).toThrow(expect.objectContaining({ status: 1 }));
  });

  it('leaves an endpoint out that would pass its secret on, and says so', () => {
    const next = 'name the final address in `scrape`';
    const [line = ''] = run.stderr.split('\n').filter((text) => text.includes(`${app}/away is left out`));
    expect(line).toMatch(new RegExp(`found a redirect to http://localhost:\\d+/elsewhere; ${next}`));
    expect(asked_elsewhere).toEqual([]);
  });

  it('collects nothing with --telemetry off', async () => {
    const off = await here.loadstar(['run', join(project, 'home.js'), '--target', 'shop', '--telemetry', 'off'], {
      env: environment(),
    });
    expect(off.code, off.stderr).toBe(0);
    expect(off.stderr).not.toContain('telemetry');
  });
});

it('Telegraf ends with its call, also if that is killed', async () => {
  const running = () =>
    execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .filter((line) => line.includes(`${here.state_dir}/telegraf`));
  const place = { root: ROOT, env: { ...here.env, ...environment() } };
  let seen = '';
  const call = callLoadstar(place, ['run', join(project, 'home.js'), '--target', 'shop'], (stderr) => {
    seen = stderr;
  });
  while (!seen.includes('before the load')) await sleep(100);
  expect(running().length).toBeGreaterThan(0);
  process.kill(call.pid, 'SIGKILL');
  await call.ended;
  for (let waited = 0; running().length > 0 && waited < 50; waited += 1) await sleep(100);
  expect(running()).toEqual([]);
});
