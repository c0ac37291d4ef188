import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { LOOPBACK } from '../contract/ports.ts';

export interface Counted {
  readonly url: string;
  /** Lines of line protocol, and bytes of bodies as they were sent. */
  counts(): { readonly points: number; readonly bytes: number };
  close(): void;
}

/** Stands before InfluxDB and counts what an output writes: the same measure for every output. */
export async function countingProxy(influx_url: string): Promise<Counted> {
  const { hostname, port } = new URL(influx_url);
  let points = 0;
  let bytes = 0;
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      if (incoming.url?.includes('write')) {
        const lines = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
        points += lines.toString().split('\n').filter(Boolean).length;
        bytes += body.length;
      }
      const { method, url: path, headers } = incoming;
      const upstream = request({ hostname, port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      upstream.end(body);
    });
  });
  await new Promise<void>((listening) => server.listen(0, LOOPBACK, listening));
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    counts: () => ({ points, bytes }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
