/** What a company puts between its people and a server: a TLS front, and a proxy. Real ones, in this process. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Certificate } from './certificates.ts';

export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

/** @returns true: it has answered by itself, or will */
export type Intercept = (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

export interface FrontOptions {
  /** Plain HTTP without one. */
  readonly certificate?: Certificate;
  /** Where the server lives below the front's root. */
  readonly base_path?: string;
  /** Headers that its answers have instead of the server's own. */
  readonly headers?: () => Readonly<Record<string, string>>;
  readonly intercept?: Intercept;
}

/** Passes everything below its base path on to `target`, and answers 404 with a web page to all else. */
export async function front(target: string, options: FrontOptions = {}): Promise<Front> {
  const { certificate, base_path = '', headers = () => ({}), intercept } = options;
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (!incoming.url?.startsWith(`${base_path}/`)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<title>Nothing here</title>');
      return;
    }
    if (intercept?.(incoming, response, body)) return;
    passOn(target, incoming.url.slice(base_path.length), incoming, body, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...headers() });
      answer.pipe(response);
    });
  };
  const server = certificate ? createTlsServer({ ...certificate }, handle) : createServer(handle);
  return await listening(server as Server);
}

/** One request of a front's, sent on. */
export function passOn(
  target: string,
  path: string,
  { method = 'GET', headers }: IncomingMessage,
  body: Buffer,
  onAnswer: (answer: IncomingMessage) => void,
): void {
  const { host: _, 'transfer-encoding': __, ...kept } = headers;
  const onward = request(
    target + path,
    { method, headers: { ...kept, 'content-length': String(body.length) } },
    onAnswer,
  );
  onward.on('error', () => undefined);
  onward.end(body);
}

export interface Proxy extends Front {
  /** `CONNECT influx.test:443` and `GET http://…`, in order. */
  readonly asked: string[];
}

/**
 * A forward proxy to which every name ending in `.test` is this machine. @param refusal answers instead, to all
 * @param login `user:password` that it wants
 */
export async function forwardProxy({ refusal, login }: { refusal?: number; login?: string } = {}): Promise<Proxy> {
  const asked: string[] = [];
  const wanted = login ? `Basic ${Buffer.from(login).toString('base64')}` : null;
  const refusalOf = (incoming: IncomingMessage) =>
    refusal ?? (wanted && incoming.headers['proxy-authorization'] !== wanted ? 407 : null);
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const status = refusalOf(incoming);
    if (status) return void response.writeHead(status).end('no');
    const { pathname, search, port } = new URL(incoming.url ?? '');
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () =>
      passOn(`http://127.0.0.1:${port}`, pathname + search, incoming, Buffer.concat(chunks), (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    client.on('error', () => undefined);
    const status = refusalOf(incoming);
    if (status) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const port = Number(incoming.url?.split(':')[1]);
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('close', () => onward.destroy());
  });
  return { ...(await listening(server)), asked };
}

export async function listening(server: Server): Promise<Front> {
  // closeAllConnections() forgets those that a CONNECT has taken over.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
