/** A run loads loopback and allowed hosts only: k6 itself refuses the rest, whatever code and protocol. */

import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import { findBrowser } from '../stack/native/browser.ts';
import { type Machine, machine } from './lib/machine.ts';

/** An address of this machine that is not loopback: it would answer if k6 connected. */
const OWN_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let here: Machine;
let team: string;
let server: Server;
/** Local addresses of the connections that arrived. */
const arrived = new Set<string | undefined>();
/** Hosts that the server was asked for as a proxy. */
const proxied = new Set<string>();
let datagrams: Socket;
let has_datagram = false;

/** Every protocol, past every client of ours. */
const PROTOCOLS = `import { sleep } from 'k6';
import http from 'k6/http';
import grpc from 'k6/net/grpc';
import ws from 'k6/ws';
import { WebSocket } from 'k6/websockets';
import { defineScenario } from '@loadstar-hq/loadstar/k6';

const quietly = (attempt) => { try { attempt(); } catch (error) { console.log(String(error)); } };

export default defineScenario({
  title: 'Protocols', journey: 'It asks where it should not.', requests: ['GET /ok'],
  slos: [{ indicator: 'error_rate', limit: 1, reason: 'k6 refuses most of it' }],
  run({ client, base_url }) {
    client.request({ method: 'GET', route: '/ok' });
    const port = /\\d+$/.exec(base_url)[0];
    const { OWN, NAME } = __ENV;
    http.get('http://http.invalid/');
    http.get('https://https.invalid/');
    http.get(base_url + '/redirect');
    http.get(\`http://\${OWN}:\${port}/literal\`);
    http.get(\`http://[::ffff:\${OWN}]:\${port}/ipv6\`);
    http.get(\`http://\${NAME}:\${port}/name\`);
    http.get(\`http://0.0.0.0:\${port}/any\`);
    quietly(() => ws.connect('ws://ws.invalid/', {}, () => {}));
    quietly(() => new grpc.Client().connect('grpc.invalid:443', { timeout: '1s' }));
    const socket = new WebSocket('wss://websockets.invalid/');
    socket.onerror = () => {};
    sleep(0.2);
  },
});
`;

const PAGE = `import { browser } from 'k6/browser';
import { defineScenario } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Page', journey: 'A page with parts of other hosts.', requests: ['GET /page'], needs_browser: true,
  slos: [{ indicator: 'p95_ms', limit: 30000, metric: 'browser_http_req_duration', reason: 'any time will do' }],
  async run({ base_url }) {
    const page = await browser.newPage();
    try {
      await page.goto(base_url + '/page', { waitUntil: 'load' });
      await page.waitForTimeout(500);
    } finally {
      await page.close();
    }
  },
});
`;

/** A k6 script as it stands: nothing of ours is in it. */
const PLAIN = `import http from 'k6/http';
export const options = { vus: 1, iterations: 2, thresholds: { iterations: ['count>=2'] } };
export function setup() { http.get('http://setup.invalid/'); }
export default function () { http.get('http://plain.invalid/'); }
`;

function page(port: number): string {
  const parts = [
    '<img src="http://img.invalid/a.png">',
    '<script src="https://cdn.invalid/a.js"></script>',
    `<img src="http://${OWN_ADDRESS}:${port}/picture">`,
    '<img src="/own.png">',
  ];
  const scripts = [
    `new WebSocket('ws://${OWN_ADDRESS}:${port}/socket');`,
    `const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:${OWN_ADDRESS}:${datagrams.address().port}' }] });`,
    "peer.createDataChannel('x');",
    'peer.createOffer().then((offer) => peer.setLocalDescription(offer));',
  ];
  return `<title>Page</title>${parts.join('')}<script>${scripts.join('\n')}</script>`;
}

beforeAll(async () => {
  datagrams = createSocket('udp4').on('message', () => {
    has_datagram = true;
  });
  await new Promise<void>((bound) => datagrams.bind(0, bound));
  server = createServer((request, response) => {
    if (request.url?.startsWith('http')) {
      proxied.add(new URL(request.url).host);
      request.url = new URL(request.url).pathname;
    }
    if (request.url === '/redirect') {
      response.writeHead(302, { location: 'http://redirect.invalid/' }).end();
      return;
    }
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/page' ? page((server.address() as AddressInfo).port) : 'ok');
  });
  server.on('connect', (request, socket) => {
    proxied.add(String(request.url));
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  server.on('connection', (socket) => arrived.add(socket.localAddress?.replace('::ffff:', '')));
  await new Promise<void>((listening) => server.listen(0, listening));
  team = mkdtempSync(join(tmpdir(), 'loadstar-host-guard-'));
  mkdirSync(join(team, 'loadtests'));
  writeFileSync(join(team, 'loadtests', 'protocols.ts'), PROTOCOLS.replace('(attempt)', '(attempt: () => void)'));
  writeFileSync(join(team, 'loadtests', 'page.ts'), PAGE);
  writeFileSync(join(team, 'plain.js'), PLAIN);
  writeFileSync(join(team, 'loadstar.config.ts'), `export default { secrets: ['OWN', 'NAME'] };`);
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  await here.dispose();
  server.closeAllConnections();
  server.close();
  datagrams.close();
  rmSync(team, { recursive: true });
});

it('refuses every protocol, redirects, addresses and names; counts them; and the run fails', async ({ skip }) => {
  if (!OWN_ADDRESS) return skip('this machine has loopback addresses only');
  const has_browser = (await findBrowser(here.context)) !== null;
  const { port } = server.address() as AddressInfo;
  const scenarios = ['protocols', ...(has_browser ? ['page'] : [])];
  const call = ['run', ...scenarios, '--base-url', `http://127.0.0.1:${port}`];
  const env = { OWN: OWN_ADDRESS, NAME: hostname() };
  const run = await here.loadstar([...call, '--duration', '5s', '--json'], { env });
  expect(run.code, run.stderr).toBe(99);
  const [protocols, in_browser] = JSON.parse(run.stdout) as RunSummary[];
  const attempts = new Map(protocols?.refused_hosts?.map((refused) => [refused.host, refused.attempts]));
  const names = ['http', 'https', 'redirect', 'ws', 'grpc', 'websockets'].map((name) => `${name}.invalid`);
  expect([...attempts.keys()].sort()).toEqual([...new Set([...names, OWN_ADDRESS, hostname(), '0.0.0.0'])].sort());
  for (const [host, count] of attempts) expect(count, host).toBeGreaterThan(0);
  expect(protocols?.verdict).toMatch(/^the script tried hosts that this run must not load: .*ALLOW_HOSTS/);
  const log = readFileSync(join(here.results_dir, protocols?.testid ?? '', 'k6.log'), 'utf8');
  expect(log).toContain('redirect.invalid is refused: a run loads loopback and allowed hosts only');
  // Nothing has left: not even to this machine's own other addresses, which would have answered.
  expect([...arrived]).toEqual(['127.0.0.1']);
  expect(protocols?.completeness.state).toBe('complete');

  if (!has_browser) return skip('no chromium on PATH: the browser was not tried');
  const parts = new Map(in_browser?.refused_hosts?.map((one) => [one.host, one.browser_requests]));
  expect([...parts.keys()].sort()).toEqual([OWN_ADDRESS, 'cdn.invalid', 'img.invalid'].sort());
  for (const [host, count] of parts) expect(count, host).toBeGreaterThan(0);
  expect([in_browser?.exit_code, in_browser?.verdict]).toEqual([0, expect.stringContaining('SLOs passed')]);
  expect(run.stderr).toContain('did not send requests of pages to hosts that are not allowed');
  expect(has_datagram, 'WebRTC').toBe(false);
});

it('lets a browser ask a proxy for allowed hosts alone', async ({ skip }) => {
  if (!OWN_ADDRESS || (await findBrowser(here.context)) === null) return skip('no chromium on PATH, or loopback alone');
  proxied.clear();
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = ['run', 'page', '--base-url', 'http://shop.invalid', '--allow-host', 'shop.invalid', '--vus', '1'];
  const run = await here.loadstar([...call, '--duration', '2s', '--json'], {
    env: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
  });
  expect([run.code, [...proxied]], run.stderr).toEqual([0, ['shop.invalid']]);
});

it('refuses what a k6 script as it stands tries, in setup too', async () => {
  const run = await here.loadstar(['run', join(team, 'plain.js'), '--json']);
  expect(run.code, run.stderr).toBe(99);
  const [plain] = JSON.parse(run.stdout) as RunSummary[];
  expect(plain?.refused_hosts).toEqual([
    { host: 'plain.invalid', attempts: 2, browser_requests: 0 },
    { host: 'setup.invalid', attempts: 1, browser_requests: 0 },
  ]);
  expect(plain?.verdict).toContain('plain.invalid (2 attempts)');
});
