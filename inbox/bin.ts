/** The local Slack inbox: takes what Grafana sends to Slack where there is no Slack, keeps and shows it. */
import { parseArgs } from 'node:util';
import Fastify from 'fastify';
import { INBOX } from '../contract/alerting.ts';
import { LOOPBACK, PORTS } from '../contract/ports.ts';
import { page } from './page.ts';
import { MessageStore } from './store.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: String(PORTS.inbox) },
    host: { type: 'string', default: LOOPBACK },
    file: { type: 'string', default: 'messages.jsonl' },
  },
});
const store = new MessageStore(values.file);
const app = Fastify({ logger: false });

// Slack's own answer to an incoming webhook.
app.post(INBOX.webhook_path, async ({ body }) => {
  await store.add(body, new Date());
  return 'ok';
});
app.get(INBOX.messages_path, async () => await store.list());
app.get(INBOX.health_path, async () => ({ status: 'ok' }));
app.get('/', async (_request, reply) => await reply.type('text/html; charset=utf-8').send(page(await store.list())));

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
await app.listen({ port: Number(values.port), host: values.host });
