import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isOurHost } from '../../contract/ports.ts';
import { type LiveView, startLiveView } from './proxy.ts';

let dashboard: Server;
let view: LiveView;
beforeAll(async () => {
  dashboard = createServer((_, response) => response.writeHead(200, { 'access-control-allow-origin': '*' }).end('k6'));
  await new Promise<void>((listening) => dashboard.listen(0, '127.0.0.1', listening));
  view = await startLiveView(0, () => (dashboard.address() as AddressInfo).port);
});
afterAll(async () => {
  await view.close();
  dashboard.close();
});

async function ask(method: string, host?: string) {
  return await new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]> }>((done, failed) => {
    const asked = request(view.url, { method, ...(host ? { headers: { host } } : {}) }, (answer) => {
      answer.resume();
      done({ status: answer.statusCode, headers: answer.headers });
    });
    asked.on('error', failed).end();
  });
}

it('shows the dashboard to this machine, to no other page, and in no frame', async () => {
  const { status, headers } = await ask('GET');
  expect(status).toBe(200);
  expect(headers['access-control-allow-origin']).toBeUndefined();
  expect(headers['x-frame-options']).toBe('DENY');
});

it('answers nobody who comes under another name (DNS rebinding), and takes nothing', async () => {
  expect((await ask('GET', 'rebound.example.com:15665')).status).toBe(403);
  expect((await ask('POST')).status).toBe(405);
});

it.each(['127.0.0.1:1', '127.9.9.9', 'localhost', 'LOCALHOST:80', '[::1]:8080'])('%s is this machine', (host) => {
  expect(isOurHost(host)).toBe(true);
});

it.each(['127.0.0.1.example.com', 'localhost.example.com', 'example.com', '', '127.0.0.1@x', 'inbox', '0.0.0.0'])(
  '%s is not',
  (host) => expect(isOurHost(host)).toBe(false),
);

it('a name that was given is ours too', () => {
  expect(isOurHost('inbox:15680', ['inbox'])).toBe(true);
  expect(isOurHost(undefined, ['inbox'])).toBe(false);
});
