import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Slo } from '../../contract/slo.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import type { AbortWatch } from './abort-watch.ts';
import { type MergerAccess, stopGenerators, waitUntilSlo } from './stop-generators.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Asked {
  readonly path: string | undefined;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** A merger that answers with these codes, one after the other, and then as the last one. */
async function mergerThat(...codes: number[]): Promise<MergerAccess & { readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ path: request.url, token: request.headers.authorization, body: JSON.parse(text) });
    response.writeHead(codes[Math.min(asked.length, codes.length) - 1] ?? 200).end('{"message":"not yet"}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'reading', asked };
}

function warnings(): { readonly ui: Ui; readonly said: string[] } {
  const said: string[] = [];
  return { said, ui: { warn: (text: string) => void said.push(text) } as unknown as Ui };
}

const slo: Slo = { indicator: 'p95_ms', limit: 400, over: '10s', abort: true, reason: 'r' };
const watch: AbortWatch = {
  slos: [slo],
  readable: async () => new Date(),
  readWindow: async () => ({ value: 900 }),
  onUnreadable: (error) => expect.unreachable(messageOf(error)),
  every_ms: 5,
};

it('ends all generators by the SLO, and says why', async () => {
  const merger = await mergerThat(200);
  const { ui, said } = warnings();
  const { outcome, breach } = await waitUntilSlo(
    { ...watch, end: (reason, ended) => stopGenerators(merger, { testid: 'run-1', reason, ui }, ended) },
    async (onLoad) => {
      onLoad(new Date(Date.now() - 60_000));
      await expect.poll(() => merger.asked.length).toBe(1);
      return 'they have ended';
    },
  );
  expect(outcome).toBe('they have ended');
  expect(breach).toMatchObject({ indicator: 'p95_ms', value: 900 });
  const body = { run: 'run-1', reason: expect.stringContaining('p95') };
  expect(merger.asked).toEqual([{ path: '/api/generators/stop', token: 'Token reading', body }]);
  expect(said).toEqual([]);
});

it('ends none where nobody watches, or no SLO ends the run', async () => {
  const merger = await mergerThat(200);
  const { ui } = warnings();
  const end = (reason: string, ended: AbortSignal) => stopGenerators(merger, { testid: 'run-1', reason, ui }, ended);
  for (const none of [null, { ...watch, slos: [{ ...slo, limit: 1_000 }], end }]) {
    const { breach } = await waitUntilSlo(none, async (onLoad) => {
      onLoad(new Date(Date.now() - 60_000));
      await new Promise((done) => setTimeout(done, 100));
    });
    expect(breach).toBeNull();
  }
  expect(merger.asked).toEqual([]);
});

it('asks a merger that is away until it is back, and warns once', async () => {
  const merger = await mergerThat(503, 503, 200);
  const { ui, said } = warnings();
  const request = { testid: 'run-1', reason: 'r', ui };
  await stopGenerators(merger, request, new AbortController().signal);
  expect(merger.asked).toHaveLength(3);
  expect(said).toEqual([expect.stringContaining('found HTTP 503: {"message":"not yet"}')]);
  const nowhere = { url: 'http://127.0.0.1:1', token: 'reading' };
  await stopGenerators(nowhere, request, AbortSignal.timeout(100));
  expect(said).toHaveLength(2);
});
