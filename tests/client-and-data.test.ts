/** What a team's scenarios send, read and measure, by the bytes that a target receives: two runs. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import { type Machine, machine } from './lib/machine.ts';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly type: string;
  readonly body: Buffer;
}

const PIXEL = Buffer.from([0, 255, 13, 10, 128, 26]);
const received: Received[] = [];
let here: Machine;
let target: Server;
let team: string;

beforeAll(async () => {
  target = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      // The call asks whether the target is there before it loads it.
      if (url !== '/') received.push({ method, url, type: headers['content-type'] ?? '', body: Buffer.concat(chunks) });
      if (url === '/slow') return void setTimeout(() => response.end(), 2_000).unref();
      response.end(url === '/pixel' ? PIXEL : '{"ok":true}');
    });
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  team = mkdtempSync(join(tmpdir(), 'loadstar-client-'));
  mkdirSync(join(team, 'loadtests', 'data'), { recursive: true });
  for (const [file, content] of Object.entries(FILES)) writeFileSync(join(team, file), content);
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  await here.dispose();
  target.closeAllConnections();
  target.close();
  rmSync(team, { recursive: true });
});

const scenario = (title: string, body: string) => `import { check } from 'k6';
import { SharedArray } from 'k6/data';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { defineScenario, json, think } from '@loadstar-hq/loadstar/k6';
${body.replace('define({', `export default defineScenario({ title: '${title}', journey: 'J',`)}`;

const FILES: Readonly<Record<string, string | Buffer>> = {
  'loadstar.config.ts': `import { defineConfig } from '@loadstar-hq/loadstar';
export default defineConfig({
  users: { file: 'users.csv' },
  profiles: {
    steps: { stages: [{ users: 2, duration: '0s' }, { users: 2, duration: '2s' }, { users: 0, duration: '500ms' }] },
  },
  mixes: { evening: { browse: 3, buy: 1 } },
});`,
  'users.csv': 'email;note\nann@example.com;"a;b"\nbob@example.com;c\n',
  'loadtests/data/pixel.bin': PIXEL,
  'loadtests/data/rows.csv': 'id,name\n1,tea\n2,mate\n',
  'loadtests/data/rows.json': '[{"name":"tea"}]',
  'loadtests/sends.ts': scenario(
    'Sends',
    `const pixel = open('./data/pixel.bin', 'b');
const csv = new SharedArray('rows', () => open('./data/rows.csv').trim().split('\\n').slice(1));
const rows = JSON.parse(open('./data/rows.json'));
const orders = new Counter('orders');
const stock = new Gauge('stock');
const sold = new Rate('sold');
const value = new Trend('cart_value');
export const options = {
  thresholds: {
    orders: ['count>=4'],
    stock: ['value>=7'],
    sold: ['rate>0.4'],
    cart_value: ['avg<=50'],
    'http_reqs{kind:tagged}': ['count>=2'],
    'http_req_failed{kind:timed-out}': ['rate>=1'],
  },
};
define({
  requests: [],
  slos: [{ indicator: 'error_rate', limit: 0.2, reason: 'one request times out on purpose' }],
  run({ client, user }) {
    client.request({ method: 'PUT', route: '/bytes', bytes: pixel, headers: { 'Content-Type': 'image/x-pixel' } });
    client.request({ method: 'POST', route: '/text', text: 'a=b&c' });
    client.request({ method: 'POST', route: '/form', form: { tag: ['a b', 'ü&'], one: 1 } });
    const file = (filename) => ({ data: pixel, filename, type: 'image/x-pixel' });
    client.request({ method: 'POST', route: '/files', multipart: { title: 'two', photos: [file('a.bin'), file('b.bin')] } });
    client.request({ method: 'HEAD', route: '/head' });
    client.request({ method: 'PROPFIND', route: '/any' });
    client.request({ method: 'GET', route: '/query', query: { id: ['1', '2'], q: 'ü' }, tags: { kind: 'tagged' } });
    client.request({ method: 'GET', route: '/slow', timeout_s: 0.2, tags: { kind: 'timed-out' } });
    const got = client.download({ method: 'GET', route: '/pixel' });
    check(got, {
      'bytes as sent': () => String(new Uint8Array(got.body)) === String(new Uint8Array(pixel)),
      'data of files': () => csv.join() === '1,tea,2,mate' && rows[0].name === 'tea',
      'a user of the file': () => ['a;b', 'c'].includes(user().note),
    });
    orders.add(2);
    stock.add(7);
    sold.add(__ITER % 2 === 0);
    value.add(40);
    think(0.1);
  },
});`,
  ),
  'loadtests/browse.ts': scenario(
    'Browse',
    `define({
  requests: ['GET /browse', 'POST /setup', 'POST /teardown'],
  slos: [{ indicator: 'p95_ms', limit: 5_000, request: 'GET /browse', reason: 'r' }],
  setup({ client }) {
    client.request({ method: 'POST', route: '/setup' });
    return { token: 'from-setup' };
  },
  run: ({ client }, { token }) => void client.request({ method: 'GET', route: '/browse', query: { token } }),
  teardown: ({ client }, { token }) => void client.request({ method: 'POST', route: '/teardown', query: { token } }),
});`,
  ),
  'loadtests/buy.ts': scenario(
    'Buy',
    `define({ requests: ['POST /buy'], slos: [], run: ({ client }) => void client.request({ method: 'POST', route: '/buy' }) });`,
  ),
};

async function run(...args: string[]) {
  received.length = 0;
  const { port } = target.address() as AddressInfo;
  const call = await here.loadstar(['run', ...args, '--base-url', `http://127.0.0.1:${port}`, '--json']);
  expect(call.code, call.stderr).toBe(0);
  const [summary] = JSON.parse(call.stdout) as RunSummary[];
  if (!summary) throw new Error('no summary');
  expect(summary.completeness.state).toBe('complete');
  return summary;
}

const to = (path: string) => received.filter(({ url }) => url.split('?')[0] === path);

describe('a scenario', () => {
  it('sends what it states, reads its files, and is judged by its own metrics', async () => {
    const summary = await run('sends', '--profile', 'steps');
    expect(summary).toMatchObject({ profile: 'steps', checks_rate: 1 });

    const iterations = to('/bytes').length;
    expect(iterations).toBeGreaterThan(2);
    for (const { method, type, body } of to('/bytes')) {
      expect([method, type]).toEqual(['PUT', 'image/x-pixel']);
      expect(body).toEqual(PIXEL);
    }
    expect(to('/text')[0]).toMatchObject({ type: expect.stringContaining('text/plain'), body: Buffer.from('a=b&c') });
    expect(to('/form')[0]).toMatchObject({ type: 'application/x-www-form-urlencoded' });
    expect([...new URLSearchParams(String(to('/form')[0]?.body))]).toEqual([
      ['tag', 'a b'],
      ['tag', 'ü&'],
      ['one', '1'],
    ]);
    const files = to('/files')[0];
    const form = await new Response(new Uint8Array(files?.body ?? []), {
      headers: { 'content-type': files?.type ?? '' },
    }).formData();
    expect([...form.keys()]).toEqual(['title', 'photos', 'photos']);
    const photos = form.getAll('photos') as File[];
    expect(photos.map(({ name, type }) => [name, type])).toEqual([
      ['a.bin', 'image/x-pixel'],
      ['b.bin', 'image/x-pixel'],
    ]);
    for (const photo of photos) expect(Buffer.from(await photo.arrayBuffer())).toEqual(PIXEL);
    expect(to('/head')[0]?.method).toBe('HEAD');
    expect(to('/any')[0]?.method).toBe('PROPFIND');
    expect(to('/query')[0]?.url).toBe(`/query?id=1&id=2&q=${encodeURIComponent('ü')}`);

    // The six thresholds, and the two SLOs on errors and exceptions.
    expect(summary.slos.filter(({ ok, value }) => ok && value !== null)).toHaveLength(8);
    const own_metrics = ['orders', 'stock', 'sold', 'cart_value'];
    expect(summary.slos.map(({ metric }) => metric)).toEqual(expect.arrayContaining(own_metrics));
    const page = readFileSync(join(here.results_dir, summary.testid, 'report.html'), 'utf8');
    for (const metric of own_metrics) expect(page).toContain(metric);
  }, 120_000);

  it('is mixed by weight, at a rate, by several generators that share one setup', async () => {
    const summary = await run('evening', '--rate', '40/s', '--duration', '3s', '--instances', '2');
    expect(summary).toMatchObject({ scenario: 'evening', profile: 'rate40s', generators: { expected: 2 } });
    expect(to('/setup')).toHaveLength(1);
    expect(to('/teardown').map(({ url }) => url)).toEqual(['/teardown?token=from-setup']);
    expect(received.at(0)?.url).toBe('/setup');
    expect(received.at(-1)?.url).toBe('/teardown?token=from-setup');
    const browsed = to('/browse');
    expect(new Set(browsed.map(({ url }) => url))).toEqual(new Set(['/browse?token=from-setup']));
    const bought = to('/buy').length;
    // k6 begins 40 journeys a second for three seconds; the last may be due at the very end.
    expect(Math.abs(browsed.length + bought - 120)).toBeLessThanOrEqual(3);
    // Each generator deals its own iterations evenly.
    expect(Math.abs(bought - (browsed.length + bought) / 4)).toBeLessThanOrEqual(6);
    expect(summary.requests).toBe(received.length);
    expect(summary.slos.map(({ request }) => request)).toContain('GET /browse');
  }, 120_000);
});
