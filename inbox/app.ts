import Fastify, { type FastifyInstance } from 'fastify';
import { INBOX } from '../contract/alerting.ts';
import { isOurHost } from '../contract/ports.ts';
import { renderPage } from './page.ts';
import type { MessageStore } from './store.ts';

/** Grafana's longest messages have a few hundred alerts. */
const LONGEST_MESSAGE = 256 * 2 ** 10;
/** Nobody reads more messages on one page. */
const SHOWN = 100;

/** The page runs no scripts, loads nothing, and cannot be framed. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/**
 * Creates the server of the inbox. It has no login, so it answers only under names of this machine and accepts only JSON,
 * which a browser does not send for another site without permission.
 * @param names additional host names, such as that of its container
 */
export function createInbox(store: MessageStore, names: readonly string[]): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: LONGEST_MESSAGE });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async ({ headers }, reply) => {
    reply.headers(HEADERS);
    if (!isOurHost(headers.host, names)) await reply.code(403).send({ error: 'expected a host name of this machine' });
  });
  // Slack's own answer to an incoming webhook.
  app.post(INBOX.webhook_path, async ({ body }) => {
    await store.add(body, new Date());
    return 'ok';
  });
  app.get(INBOX.messages_path, async () => await store.list());
  app.get(INBOX.health_path, async () => ({ status: 'ok' }));
  app.get('/', async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(renderPage((await store.list()).slice(-SHOWN))),
  );
  return app;
}
