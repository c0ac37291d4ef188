import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { PortableRun } from '../contract/portable-runs.ts';
import { importRuns } from './portable.ts';

/** More than the client of InfluxDB sends by itself: such batches fail unseen. */
const STAGES = 2_500;
const run: PortableRun = {
  testid: 'r',
  scenario: 's',
  profile: 'p',
  target: 't',
  branch: null,
  started: '2026-11-29T00:00:00.000Z',
  record: { text: { testid: 'r' } },
  details: Array.from({ length: STAGES }, (_, place) => ({
    measurement: 'run_stage',
    at: new Date(Date.UTC(2026, 10, 29) + place).toISOString(),
    fields: { text: { text: 'stage' } },
  })),
};

it.each([0, 1])('an import fails if InfluxDB refuses its batch %i', async (refused) => {
  let batches = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const is_refused = batches === refused;
      batches += 1;
      if (is_refused) response.writeHead(422).end('{"code":"unprocessable entity","message":"refused"}');
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await expect(importRuns({ url, org: 'o', token: 't' }, [run, run], 'shop')).rejects.toThrow('refused');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
