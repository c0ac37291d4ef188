/** What is kept of gRPC calls, WebSockets and pages: their failures, the slowest of them, and their traces. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Example } from '../contract/examples.ts';
import type { RunSummary } from '../contract/results.ts';
import { findBrowser } from '../stack/native/browser.ts';
import { goTool } from './lib/go-tool.ts';
import { type Machine, machine } from './lib/machine.ts';
import { portForLater } from './lib/ports.ts';

/** The server that implementations of gRPC are tested with: it answers with the status and the bytes that a call asks for. */
const CALLED = {
  name: 'grpc-interop-server',
  module: 'google.golang.org/grpc',
  version: '1.85.0',
  main: './interop/server',
} as const;

const PROTO = `syntax = "proto3";
package grpc.testing;
service TestService {
  rpc UnaryCall (SimpleRequest) returns (SimpleResponse) {}
  rpc FullDuplexCall (stream StreamRequest) returns (stream SimpleResponse) {}
}
message Payload { int32 type = 1; bytes body = 2; }
message EchoStatus { int32 code = 1; string message = 2; }
message SimpleRequest { int32 response_size = 2; EchoStatus response_status = 7; }
message SimpleResponse { Payload payload = 1; }
message ResponseParameters { int32 size = 1; }
message StreamRequest { repeated ResponseParameters response_parameters = 2; EchoStatus response_status = 7; }
`;

const CALLS = `import grpc from 'k6/net/grpc';
import { check } from 'k6';
import exec from 'k6/execution';
export const options = { iterations: 8, vus: 2 };
const client = new grpc.Client();
client.load([], 'called.proto');
const call = (request) => client.invoke('grpc.testing.TestService/UnaryCall', request);
export default function () {
  client.connect(__ENV.CALLED, { plaintext: true });
  call({ response_status: { code: 8, message: 'no bed is free' } });
  check(call({ response_size: 3 }), { 'has a name': ({ message }) => message.username !== undefined });
  client.connect(__ENV.LISTENER, { plaintext: true });
  call({});
  client.close();
}
`;

/** Calls that do not wait for their answer, and streams: one that ends well, and one that the server ends. */
const STREAMS = `import grpc from 'k6/net/grpc';
import { check } from 'k6';
export const options = { iterations: 4, vus: 2 };
const client = new grpc.Client();
client.load([], 'called.proto');
const call = (request) => client.asyncInvoke('grpc.testing.TestService/UnaryCall', request);
const stream = (request) =>
  new Promise((ended) => {
    const opened = new grpc.Stream(client, 'grpc.testing.TestService/FullDuplexCall', { tags: { kind: 'stream' } });
    let answers = 0;
    opened.on('data', () => (answers += 1));
    opened.on('error', () => ended(answers));
    opened.on('end', () => ended(answers));
    opened.write(request);
    opened.end();
  });
export default async function () {
  client.connect(__ENV.CALLED, { plaintext: true });
  await Promise.all([call({ response_size: 3 }), call({ response_status: { code: 8, message: 'no bed is free' } })]);
  const answers = await stream({ response_parameters: [{ size: 2 }, { size: 5 }] });
  check(answers, { 'two answers': (count) => count === 2 });
  await stream({ response_status: { code: 9, message: 'not in this state' } });
  client.close();
}
`;

const SOCKETS = `import ws from 'k6/ws';
import { WebSocket } from 'k6/websockets';
export const options = { iterations: 4, vus: 2 };
export default function () {
  const address = __ENV.BASE_URL.replace('http', 'ws');
  ws.connect(address + '/open', (socket) => socket.on('open', () => socket.close()));
  ws.connect(address + '/full', () => {});
  const socket = new WebSocket(address + '/full?token=t');
  socket.onerror = () => {};
}
`;

const PAGE = `import { browser } from 'k6/browser';
export const options = {
  scenarios: { page: { executor: 'shared-iterations', iterations: 1, options: { browser: { type: 'chromium' } } } },
};
export default async function () {
  const page = await browser.newPage();
  await page.goto(__ENV.BASE_URL + '/page', { waitUntil: 'networkidle' });
  await page.close();
}
`;

/** Not compressed, no bytes long: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const EMPTY_MESSAGE = Buffer.alloc(5);

let here: Machine;
let team: string;
let site: Server;
let listener: Http2Server;
let called: ChildProcess | null = null;
let called_port: number;
/** Trace contexts as they came. */
const arrived: string[] = [];

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  here = await machine();
  site = createServer((request, response) => {
    response.statusCode = request.url === '/prices' ? 404 : 200;
    response.setHeader('content-type', 'text/html');
    response.end('<link rel="icon" href="data:,"><script>fetch("/prices")</script>');
  }).listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ noServer: true });
  site.on('upgrade', (request, socket, head) => {
    arrived.push(request.headers.traceparent?.toString() ?? '');
    if (request.url === '/open') sockets.handleUpgrade(request, socket, head, () => {});
    else socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 17\r\n\r\nno socket is free');
  });
  listener = createHttp2Server().listen(0, '127.0.0.1');
  listener.on('stream', (stream, headers) => {
    arrived.push(headers.traceparent?.toString() ?? '');
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY_MESSAGE);
  });
  const program = await goTool(here, CALLED);
  called_port = await portForLater();
  if (program) called = spawn(program, ['-port', String(called_port)], { stdio: 'ignore' });

  team = mkdtempSync(join(tmpdir(), 'loadstar-protocols-'));
  writeFileSync(join(team, 'called.proto'), PROTO);
  for (const [name, text] of Object.entries({ calls: CALLS, streams: STREAMS, sockets: SOCKETS, page: PAGE }))
    writeFileSync(join(team, `${name}.js`), text);
  const traces = { sampled_share: 1, url: 'https://traces.example/{trace_id}' };
  const config = { targets: { traced: { base_url: `http://127.0.0.1:${portOf(site)}`, traces } } };
  writeFileSync(join(team, 'loadstar.config.ts'), `export default ${JSON.stringify(config)};`);
}, 600_000);
afterAll(async () => {
  called?.kill();
  listener.close();
  site.closeAllConnections();
  site.close();
  rmSync(team, { recursive: true, force: true });
  await here.dispose();
});

async function run(script: string, variables: readonly string[] = []) {
  arrived.length = 0;
  const result = await here.loadstar(
    ['run', join(team, `${script}.js`), '--target', 'traced', '--json', ...variables.flatMap((it) => ['-e', it])],
    { env: { LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') } },
  );
  const [summary] = JSON.parse(result.stdout || '[]') as RunSummary[];
  if (!summary) throw new Error(result.stderr);
  return { ...result, summary, examples: summary.examples ?? { failed: [], slowest: [] } };
}

/** Each is in the example of a request, and has come to the server as it is there. */
function expectTraces(examples: readonly Example[]): void {
  expect(examples.length).toBeGreaterThan(0);
  for (const { trace_id, trace_url } of examples) {
    expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(trace_url).toBe(`https://traces.example/${trace_id}`);
  }
}

describe('examples', () => {
  it('of gRPC calls have what the server said, the answer to a failed check, and their traces', async ({ skip }) => {
    if (!called) skip('no Go to build a gRPC server');
    await until(() => isOpen(called_port));
    const { summary, examples, stderr } = await run('calls', [
      `CALLED=127.0.0.1:${called_port}`,
      `LISTENER=127.0.0.1:${portOf(listener)}`,
    ]);
    expect(summary).toMatchObject({ protocol: 'grpc', requests: 24 });
    const name = '/grpc.testing.TestService/UnaryCall';
    const refused = examples.failed.filter(({ check }) => check === undefined);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({
      ...{ protocol: 'grpc', name, method: 'UnaryCall', url: `grpc://127.0.0.1:${called_port}${name}` },
      ...{ status: 8, error: 'no bed is free' },
    });
    const nameless = examples.failed.filter(({ check }) => check === 'has a name');
    expect(nameless).toHaveLength(3);
    for (const { body } of nameless) expect(JSON.parse(body ?? '')).toEqual({ payload: { body: 'AAAA' } });
    expect(stderr).toContain('answer: no bed is free');
    expectTraces([...examples.failed, ...examples.slowest]);
    expect(examples.slowest[0]?.duration_ms).toBeCloseTo(summary.latency?.max_ms ?? 0, 3);
    expect(arrived).toHaveLength(8);
    for (const context of arrived) expect(context).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('of gRPC streams and of calls that nobody waits for are those of requests', async ({ skip }) => {
    if (!called) skip('no Go to build a gRPC server');
    await until(() => isOpen(called_port));
    const { summary, examples } = await run('streams', [`CALLED=127.0.0.1:${called_port}`]);
    // A stream is one request, however many messages it has.
    expect(summary).toMatchObject({ protocol: 'grpc', requests: 16, error_rate: 0.5, checks_rate: 1 });
    const service = '/grpc.testing.TestService';
    expect(
      new Set(examples.failed.map(({ name, method, status, error }) => [name, method, status, error].join())),
    ).toEqual(
      new Set([
        `${service}/UnaryCall,UnaryCall,8,no bed is free`,
        `${service}/FullDuplexCall,FullDuplexCall,9,not in this state`,
      ]),
    );
    expect(examples.failed).toHaveLength(6);
    const names = examples.slowest.map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set([`${service}/UnaryCall`, `${service}/FullDuplexCall`]));
    expectTraces([...examples.failed, ...examples.slowest]);
    expect(summary.by_request.map(({ name, requests, error_rate }) => [name, requests, error_rate]).sort()).toEqual([
      [`${service}/FullDuplexCall`, 8, 0.5],
      [`${service}/UnaryCall`, 8, 0.5],
    ]);
  });

  it('of WebSockets have the answer to those that were refused, of both modules', async () => {
    const { summary, examples, stderr } = await run('sockets');
    expect(summary).toMatchObject({ protocol: 'ws', requests: 12 });
    expect(examples.failed).toHaveLength(3);
    for (const one of examples.failed)
      expect(one).toMatchObject({ protocol: 'ws', status: 503, name: 'WS /full', body: 'no socket is free' });
    expect(stderr).toContain('answer: no socket is free');
    expect(new Set(examples.slowest.map(({ name }) => name))).toEqual(new Set(['WS /full', 'WS /open']));
    expect(examples.slowest.some(({ url }) => url.includes('token'))).toBe(false);
    expectTraces([...examples.failed, ...examples.slowest]);
    const ids = new Set(arrived.map((context) => context.split('-')[1]));
    expect(ids.size).toBe(12);
    for (const { trace_id } of examples.slowest) expect(ids).toContain(trace_id);
  });

  it('of a page are the requests that failed, without their answers', async ({ skip }) => {
    if (!(await findBrowser(here.context))) skip('no Chromium');
    const { examples } = await run('page');
    expect(examples.failed.map(({ protocol, name, status }) => [protocol, name, status])).toEqual([
      ['browser', 'GET /prices', 404],
    ]);
    expect(examples.slowest.map(({ name }) => name).sort()).toEqual(['GET /page', 'GET /prices']);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < 100 && !(await holds()); tried += 1) await sleep(50);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => answer(socket.destroy() !== undefined));
    socket.on('error', () => answer(false));
  });
}
