/** k6 scripts of a team, as they stand: options, thresholds, functions, files and modules are those of k6. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { flux, InfluxDB } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS } from '../contract/buckets.ts';
import { MEASUREMENT } from '../contract/live-schema.ts';
import type { RunSummary } from '../contract/results.ts';
import { sloState } from '../contract/slo-text.ts';
import { LOADSTAR_SCHEMA } from '../grafana/builder/schemas/loadstar.ts';
import { requestTable } from '../grafana/dashboards/live/queries.ts';
import { startInflux } from '../stack/native/influxd.ts';
import { interpolated } from './lib/dashboards.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
let team: string;
let server: Server;

beforeAll(async () => {
  server = createServer((_, response) => response.end('{"id": 1}')).listen(0, '127.0.0.1');
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'));
  team = mkdtempSync(join(tmpdir(), 'loadstar-scripts-'));
  here = await machine();
  const { port } = server.address() as AddressInfo;
  write('load/shop.test.ts', SHOP);
  write(
    'load/lib/checks.ts',
    `import { check } from 'k6';\nexport const isOk = (r: { status: number }) => check(r, { ok: () => r.status === 200 });`,
  );
  write('load/data/users.json', '[{ "name": "ann" }, { "name": "bob" }]');
  write('load/data/words.csv', 'word\nbread\n');
  write('load/old.js', OLD);
  write('load/counting.js', COUNTING);
  write('load/sockets.js', SOCKETS);
  write('load/webpack.config.js', 'export default { entry: {} };');
  write('remote.js', `import { x } from 'https://no-such-host.invalid/x.js';\nexport default function () { x(); }`);
  const call = ['run', join(team, 'load'), '-e', `APP=http://127.0.0.1:${port}`, '-e', `OUT=${team}`, '--json'];
  result = await here.loadstar(call, { env: { STAGE: 'test' } });
  summaries = JSON.parse(result.stdout || '[]') as RunSummary[];
});
afterAll(async () => {
  server.close();
  rmSync(team, { recursive: true, force: true });
  await here.dispose();
});

let result: Awaited<ReturnType<Machine['loadstar']>>;
let summaries: RunSummary[];

function write(file: string, text: string): void {
  mkdirSync(dirname(join(team, file)), { recursive: true });
  writeFileSync(join(team, file), text);
}

const SHOP = `import http from 'k6/http';
import { group, sleep } from 'k6';
import exec from 'k6/execution';
import { SharedArray } from 'k6/data';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { isOk } from './lib/checks.js';

const users = new SharedArray('users', () => JSON.parse(open('./data/users.json')) as { name: string }[]);
const words = open('data/words.csv');
const orders = new Counter('orders');
const queue = new Gauge('queue');
const bought = new Rate('bought');
const checkout = new Trend('checkout_time', true);

export const options: Options = {
  scenarios: {
    readers: { executor: 'constant-vus', vus: 2, duration: '3s', exec: 'read', tags: { kind: 'reader' }, env: { WHO: 'reader' } },
    writers: { executor: 'constant-arrival-rate', rate: 5, duration: '3s', preAllocatedVUs: 2, exec: 'write' },
  },
  tags: { team: 'shop' },
  summaryTrendStats: ['med', 'p(99.9)'],
  thresholds: {
    http_req_duration: ['p(95)<5000', 'avg<5000'],
    'http_req_duration{scenario:readers}': ['max<5000'],
    'http_reqs{team:shop}': ['count>10'],
    'checks{kind:reader}': ['rate==1.0'],
    orders: ['count>0'],
    queue: ['value<100'],
    bought: ['rate>0.5'],
    checkout_time: ['p(99.9)<5000'],
    'http_req_duration{kind:nobody}': ['p(95)<1'],
  },
};

export function setup() {
  return { token: words.split('\\n')[1] };
}
export function read(data: { token: string }) {
  if (data.token !== 'bread' || __ENV.WHO !== 'reader' || __ENV.STAGE !== 'test') throw new Error('data');
  group('look', () => isOk(http.get(__ENV.APP + '/items/' + (1000 + exec.vu.iterationInScenario) + '?user=' + users[0].name)));
  sleep(0.1);
}
export function write() {
  const started = Date.now();
  http.post(__ENV.APP + '/orders', '{}', { tags: { name: 'POST /orders' } });
  orders.add(1);
  queue.add(3);
  bought.add(true);
  checkout.add(Date.now() - started);
}
export function teardown(data: { token: string }) {
  console.log('torn down with ' + data.token);
}
export function handleSummary(data: { metrics: Record<string, { values: object }>; setup_data: object }) {
  const { checkout_time } = data.metrics;
  return {
    stdout: 'orders of the team: ' + JSON.stringify(data.metrics.orders.values),
    [__ENV.OUT + '/own.json']: JSON.stringify({ statistics: Object.keys(checkout_time.values), setup: data.setup_data }),
  };
}
`;

const OLD = `const http = require('k6/http');
exports.options = {
  vus: 1,
  duration: '20s',
  thresholds: { 'http_req_duration{name:slow}': [{ threshold: 'p(90)<0.0001', abortOnFail: true }] },
};
exports.default = function () {
  http.get(__ENV.APP + '/', { tags: { name: 'slow' } });
};
`;

const COUNTING = `import { Counter } from 'k6/metrics';
import { open as openFile } from 'k6/experimental/fs';
const counted = new Counter('counted');
const file = await openFile('data/words.csv');
export const options = { iterations: 4, vus: 2, thresholds: { counted: ['count==4'] } };
export default async function () { if ((await file.stat()).size === 11) counted.add(1); }
`;

const SOCKETS = `import { WebSocket } from 'k6/websockets';
export const options = { iterations: 4, vus: 2, thresholds: { ws_req_duration: ['p(95)<60000'] } };
export default function () {
  const socket = new WebSocket(__ENV.APP.replace('http', 'ws') + '/rooms/' + (1000 + __VU));
  socket.onerror = () => {};
}
`;

describe('a directory of k6 scripts', () => {
  it('runs each of them, without helpers and other files, and ends with the worst code', () => {
    expect(result.code, result.stderr).toBe(99);
    expect(summaries.map(({ scenario, status }) => `${scenario}: ${status}`)).toEqual([
      'counting: passed',
      'old: failed',
      'shop: passed',
      'sockets: failed',
    ]);
    expect(summaries.every(({ profile, target }) => profile === 'script' && target.name === 'script')).toBe(true);
    expect(summaries.every(({ completeness }) => completeness.state === 'complete')).toBe(true);
  });

  it('judges thresholds of any metric, statistic and selector as k6 does', () => {
    const shop = summaries.find(({ scenario }) => scenario === 'shop');
    const shown = shop?.slos.map(({ indicator, metric, expression }) => [indicator, metric, expression ?? null]);
    expect(shown).toEqual([
      ['p95_ms', null, null],
      ['avg_ms', null, null],
      ['threshold', 'http_req_duration{scenario:readers}', 'max<5000'],
      ['threshold', 'http_reqs{team:shop}', 'count>10'],
      ['threshold', 'checks{kind:reader}', 'rate==1.0'],
      ['threshold', 'orders', 'count>0'],
      ['threshold', 'queue', 'value<100'],
      ['threshold', 'bought', 'rate>0.5'],
      ['threshold', 'checkout_time', 'p(99.9)<5000'],
      ['threshold', 'http_req_duration{kind:nobody}', 'p(95)<1'],
      ['error_rate', null, null],
    ]);
  });

  it('says which threshold saw no sample, and what its selector misses', () => {
    const shop = summaries.find(({ scenario }) => scenario === 'shop');
    const without = shop?.slos.filter((slo) => sloState(slo) === 'no_data') ?? [];
    expect(without.map(({ metric, hint }) => [metric, hint])).toEqual([
      ['http_req_duration{kind:nobody}', 'no sample has kind:nobody; kind is reader'],
    ]);
    expect(shop?.verdict).toMatch(/^10 of 11 SLOs passed over \d+ requests, 1 without a sample$/);
    expect(result.stderr).toMatch(/warning: k6 passed 1 threshold without a sample\. .*kind is reader/);
  });

  it('stores what each threshold compares with its limit, for dashboards and alerts during the run', async () => {
    const shop = summaries.find(({ scenario }) => scenario === 'shop');
    const { url, org, tokens } = await startInflux(here.context);
    const rows = await new InfluxDB({ url, token: tokens.cli })
      .getQueryApi(org)
      .collectRows<{ threshold: string; value: number; ok: boolean }>(
        flux`from(bucket: ${BUCKETS.live.name})
          |> range(start: -1h)
          |> filter(fn: (r) => r._measurement == ${MEASUREMENT.threshold} and r.testid == ${shop?.testid})
          |> pivot(rowKey: ["_time", "threshold"], columnKey: ["_field"], valueColumn: "_value")
          |> group()`,
      );
    const stored = new Map(rows.map(({ threshold, value }) => [threshold, value]));
    const judged = shop?.slos.filter(({ indicator, value }) => indicator === 'threshold' && value !== null) ?? [];
    expect(judged).toHaveLength(7);
    for (const { metric, expression, value } of judged) {
      const found = stored.get(`${metric}: ${expression}`) ?? Number.NaN;
      expect(Math.abs(found - (value ?? 0)), `${metric}: ${expression} is ${found}`).toBeLessThanOrEqual(
        0.01 * (value ?? 0),
      );
    }
    expect(rows.every(({ ok }) => ok)).toBe(true);
  });

  it('says that a threshold ended a run', () => {
    const old = summaries.find(({ scenario }) => scenario === 'old');
    expect(old?.verdict).toMatch(/^p90 < 0\S* ms for slow is .*, and the run was ended there/);
    expect(old?.duration_s).toBeLessThan(15);
    expect(old?.k6_exit_code).toBe(99);
  });

  it('accepts a script without requests', () => {
    const counting = summaries.find(({ scenario }) => scenario === 'counting');
    expect(counting).toMatchObject({ requests: 0, iterations: 4, verdict: '1 of 1 SLOs passed over 4 iterations' });
  });

  it('counts WebSockets as requests, and those that were refused as errors', () => {
    const sockets = summaries.find(({ scenario }) => scenario === 'sockets');
    expect(sockets).toMatchObject({ protocol: 'ws', requests: 4, error_rate: 1, checks_rate: null });
    expect(sockets?.verdict).toContain('error rate ≤ 1 % of ws_req_failed is 100 %');
    expect(sockets?.slos[0]).toMatchObject({ indicator: 'p95_ms', metric: 'ws_req_duration', value: null, ok: false });
    expect(sockets?.failures?.answers).toMatchObject([{ error: '403 Forbidden', count: 4, of: 4 }]);
    const rows = sockets?.by_request.map(({ name, requests }) => [name.replace(/127\.0\.0\.1:\d+/, 'app'), requests]);
    expect(rows).toEqual([['WS app/rooms/:id', 4]]);
  });

  it('shows requests on Live with the others of their protocol alone', async () => {
    const { url, org, tokens } = await startInflux(here.context);
    const api = new InfluxDB({ url, token: tokens.grafana }).getQueryApi(org);
    const [run, scenario] = [summaries.find((it) => it.scenario === 'sockets')?.testid ?? '', 'sockets'];
    const names = async (protocol: 'http' | 'ws') => {
      const choice = {
        run,
        scenario,
        protocol,
        against: '',
        target: 'script',
        from: new Date(0),
        to: new Date(),
        step: '1s',
      };
      const rows = await api.collectRows<{ name: string }>(interpolated(requestTable(LOADSTAR_SCHEMA), choice));
      return rows.map(({ name }) => name.replace(/127\.0\.0\.1:\d+/, 'app'));
    };
    expect(await names('ws')).toEqual(['WS app/rooms/:id']);
    expect(await names('http')).toEqual([]);
  });

  it('keeps setup, teardown and handleSummary', () => {
    expect(result.stderr).toMatch(/orders of the team: \{.*"count":\d+/);
    expect(JSON.parse(readFileSync(join(team, 'own.json'), 'utf8'))).toEqual({
      statistics: expect.arrayContaining(['med', 'p(99.9)']),
      setup: { token: 'bread' },
    });
    const shop = summaries.find(({ scenario }) => scenario === 'shop');
    const directory = join(here.results_dir, shop?.testid ?? '');
    expect(readFileSync(join(directory, 'k6.log'), 'utf8')).toContain('torn down with bread');
    expect(existsSync(join(directory, 'report.html'))).toBe(true);
  });

  it('groups requests without a name by pattern, and says so', () => {
    const shop = summaries.find(({ scenario }) => scenario === 'shop');
    const names = shop?.by_request.map(({ name }) => name.replace(/127\.0\.0\.1:\d+/, 'app')).sort();
    expect(names).toEqual(['GET app/items/:id', 'POST /orders']);
    expect(result.stderr).toMatch(/\d+ URLs of requests without a name are grouped as `GET \S+\/items\/:id`/);
  });
});

it.each([
  [['run', 'load/shop.test.ts', '--instances', '2'], 'one generator for the thresholds of shop'],
  [['run', 'load/old.js', '--profile', 'breakpoint'], 'a scenario of Loadstar for the profile breakpoint'],
  [
    ['ab', 'load/old.js', '--base', 'http://127.0.0.1:1', '--head', 'http://127.0.0.1:2'],
    'the comparison of two builds',
  ],
  [['k8s', 'load/old.js', '--parallelism', '1', '--base-url', 'http://app'], 'a scenario of Loadstar for Kubernetes'],
])('%s is refused before anything starts', async (args, says) => {
  const [command = '', file = '', ...more] = args;
  const { code, stderr } = await here.loadstar([command, join(team, file), ...more], { env: { ALLOW_HOSTS: 'app' } });
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(says);
  expect(stderr).toMatch(/found: .*\n {2}next: /);
});

it('a module at an address that k6 cannot fetch is refused before anything starts', async () => {
  const { code, stderr } = await here.loadstar(['run', join(team, 'remote.js')]);
  expect(code, stderr).toBe(4);
  expect(stderr).toContain('https://no-such-host.invalid/x.js, which ');
  expect(stderr).toContain('keep a copy: curl');
});
