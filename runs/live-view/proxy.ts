import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { isOurHost, LOOPBACK } from '../../contract/ports.ts';

/**
 * k6's web dashboard waits at its end until every browser tab has gone, and has no option against it. This proxy stands
 * between: when the dashboard's event stream says `stop`, it passes that on and closes the stream on both sides, so
 * that tabs keep their last picture and k6 can end.
 */
export interface LiveView {
  readonly url: string;
  close(): Promise<void>;
}

/** The dashboard ends an event with an empty line (server-sent events, WHATWG HTML §9.2). */
const STOP_EVENT = /^event: ?stop$/m;
const LONGEST_MARK = 'event: stop\n'.length;

/** @param dashboardPort tells where k6 serves its dashboard. @throws the server's error, as EADDRINUSE where `port` is taken. */
export async function startLiveView(port: number, dashboardPort: () => number): Promise<LiveView> {
  const server = createServer((incoming, outgoing) => {
    if (refuseForeign(incoming, outgoing)) return;
    const upstream = request(
      {
        host: LOOPBACK,
        port: dashboardPort(),
        path: incoming.url,
        method: incoming.method,
        headers: { ...incoming.headers, 'accept-encoding': 'identity' },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, sameOriginHeaders(answer.headers));
        const is_stream = String(answer.headers['content-type']).startsWith('text/event-stream');
        if (is_stream) forwardUntilStop(answer, outgoing, () => upstream.destroy());
        else answer.pipe(outgoing);
      },
    );
    upstream.on('error', () => answerNotYet(outgoing));
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, LOOPBACK, () => listening());
  });
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** It is looked at, under this machine's own name, and nothing else. */
function refuseForeign({ headers, method }: IncomingMessage, outgoing: ServerResponse): boolean {
  if (isOurHost(headers.host) && (method === 'GET' || method === 'HEAD')) return false;
  outgoing.writeHead(isOurHost(headers.host) ? 405 : 403, { 'content-type': 'text/plain; charset=utf-8' });
  outgoing.end('expected GET under a loopback address\n');
  return true;
}

/** k6 lets pages of any origin read its dashboard, and frame it. */
function sameOriginHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...Object.fromEntries(kept), 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' };
}

function forwardUntilStop(answer: NodeJS.ReadableStream, outgoing: ServerResponse, hangUp: () => void): void {
  let tail = '';
  answer.on('data', (chunk: Buffer) => {
    outgoing.write(chunk);
    const text = tail + chunk.toString();
    if (STOP_EVENT.test(text)) {
      outgoing.end('\n\n');
      hangUp();
    }
    tail = text.slice(-LONGEST_MARK);
  });
  answer.on('end', () => outgoing.end());
  answer.on('error', () => outgoing.end());
}

/** k6 may still be starting, or be gone: a page that reloads itself beats a browser's error page. */
function answerNotYet(outgoing: ServerResponse): void {
  if (outgoing.headersSent) return void outgoing.end();
  outgoing.writeHead(503, { 'content-type': 'text/html; charset=utf-8', refresh: '1' });
  outgoing.end('<!doctype html><title>Loadstar</title><p>k6 is not running (yet): this page reloads itself.</p>');
}
