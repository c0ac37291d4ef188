import Fastify, { type FastifyInstance } from 'fastify';
import { INBOX } from '../contract/alerting.ts';
import { isOurHost } from '../contract/ports.ts';
import { renderPage } from './page.ts';
import type { MessageStore } from './store.ts';

/** Grafana's longest messages have a few hundred alerts. */
const LONGEST_MESSAGE = 256 * 2 ** 10;
/** More on one page nobody reads, and a browser would have to hold. */
const SHOWN = 100;

/** The page runs nothing, loads nothing, and is part of no other page. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/**
 * The inbox as a server. It has no login: so it answers under names of this machine alone, and takes JSON alone, which a
 * browser sends for another page only when it may.
 * @param names others that it is reached by, such as that of its container
 */
export function createInbox(store: MessageStore, names: readonly string[]): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: LONGEST_MESSAGE });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async ({ headers }, reply) => {
    reply.headers(HEADERS);
    if (!isOurHost(headers.host, names)) await reply.code(403).send({ error: 'expected the name of this machine' });
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
