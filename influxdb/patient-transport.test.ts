import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { influxClient } from './connection.ts';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const CSV = '#datatype,string,long,double\n#group,false,false,false\n#default,_result,,\n,result,table,_value\n,,0,7\n';
const PATIENCE = { write_ms: 5_000, other_ms: 5_000, unsaid_ms: 20 };

/** Refuses with these statuses and headers first, then takes everything. */
async function limiting(refusals: readonly [status: number, retry_after: string | null][], patience = PATIENCE) {
  const at_ms: number[] = [];
  server = createServer((request, response) => {
    request.resume();
    const [status, retry_after] = refusals[at_ms.length] ?? [null, null];
    at_ms.push(Date.now());
    if (status === null) {
      const query = request.url?.startsWith('/api/v2/query');
      return void response.writeHead(query ? 200 : 204, { 'content-type': 'text/csv' }).end(query ? CSV : '');
    }
    const headers = { 'content-type': 'application/json', ...(retry_after ? { 'retry-after': retry_after } : {}) };
    response.writeHead(status, headers).end('{"code":"too many requests","message":"limit"}');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = influxClient({ url, org: 'o', token: 't' }, 5_000, patience);
  return {
    at_ms,
    query: () => client.getQueryApi('o').collectRows('x'),
    async write() {
      const writer = client.getWriteApi('o', 'b', 'ms', { maxRetries: 0 });
      writer.writeRecord('m v=1');
      await writer.close();
    },
  };
}

describe('a server that limits rates', () => {
  it('is asked again after the seconds that it named, by reads and by writes', async () => {
    for (const call of ['query', 'write'] as const) {
      const influx = await limiting([[429, '1']]);
      const answer = await influx[call]();
      expect(influx.at_ms).toHaveLength(2);
      expect((influx.at_ms[1] ?? 0) - (influx.at_ms[0] ?? 0)).toBeGreaterThanOrEqual(990);
      if (call === 'query') expect(answer).toMatchObject([{ _value: 7 }]);
      server.close();
    }
  });

  it('is asked again when it did not say how long, and when it is overloaded and did', async () => {
    const influx = await limiting([
      [429, null],
      [503, '1'],
    ]);
    expect(await influx.query()).toHaveLength(1);
    expect(influx.at_ms).toHaveLength(3);
  });

  it('that asks for more than there is time for is an error at once', async () => {
    const influx = await limiting([[429, '600']]);
    await expect(influx.query()).rejects.toThrow('limit');
    expect(influx.at_ms).toHaveLength(1);
  });

  it('is not what any other refusal is', async () => {
    for (const [status, retry_after] of [
      [503, null],
      [401, '1'],
      [500, '1'],
    ] as const) {
      const influx = await limiting([[status, retry_after]]);
      await expect(influx.write()).rejects.toThrow();
      expect(influx.at_ms).toHaveLength(1);
      server.close();
    }
  });
});
