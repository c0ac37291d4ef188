import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/**
 * What happens to a request: `pass` it on · `stall`: take it and never answer · `cut` the connection before InfluxDB has
 * seen it · `cut answer`: let InfluxDB take it, and cut the connection within the answer.
 */
export type Fault = 'pass' | 'stall' | 'cut' | 'cut answer';

export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Of the body, unpacked. */
  readonly text: string;
}

export interface InfluxProxy {
  readonly url: string;
  /** Requests that met each fault. */
  readonly counts: Readonly<Record<Fault, number>>;
  close(): void;
}

/** Between Loadstar and a real InfluxDB: the network that goes wrong where a test wants it to. */
export async function influxProxy(
  port: number,
  decide: (asked: ProxiedRequest) => Fault | Promise<Fault>,
): Promise<InfluxProxy> {
  const counts = { pass: 0, stall: 0, cut: 0, 'cut answer': 0 };
  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming);
    const text = String(incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    const fault = await decide({ method: incoming.method ?? '', path: incoming.url ?? '', text });
    counts[fault] += 1;
    if (fault === 'stall') return;
    if (fault === 'cut') return void incoming.socket.destroy();
    forward(port, incoming, body, (answer, text) => {
      if (fault === 'pass') return void outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
      cutWithin(outgoing);
    }).once('error', () => incoming.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function forward(
  port: number,
  { method, url: path, headers }: IncomingMessage,
  body: Buffer,
  answered: (answer: IncomingMessage, text: Buffer) => void,
) {
  const passed_on = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    bodyOf(answer).then((text) => answered(answer, text));
  });
  passed_on.end(body);
  return passed_on;
}

/** The head promises more than comes. */
function cutWithin(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-length': '1000' });
  outgoing.write('{', () => outgoing.destroy());
}
