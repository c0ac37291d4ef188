/** The local Slack inbox: takes what Grafana sends to Slack where there is no Slack, keeps and shows it. */
import { parseArgs } from 'node:util';
import { LOOPBACK, PORTS } from '../contract/ports.ts';
import { createInbox } from './app.ts';
import { MessageStore } from './store.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: String(PORTS.inbox) },
    host: { type: 'string', default: LOOPBACK },
    file: { type: 'string', default: 'messages.jsonl' },
    /** Names that requests come under, besides those of loopback. */
    'allow-host': { type: 'string', multiple: true, default: [] },
  },
});
const store = new MessageStore(values.file);
const app = createInbox(store, values['allow-host']);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
await app.listen({ port: Number(values.port), host: values.host });
