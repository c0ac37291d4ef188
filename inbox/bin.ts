/** The local Slack inbox: receives, stores and shows messages if no Slack is configured. */
import { parseArgs } from 'node:util';
import { LOOPBACK, PORTS } from '../contract/ports.ts';
import { createInbox } from './app.ts';
import { MessageStore } from './store.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: String(PORTS.inbox) },
    host: { type: 'string', default: LOOPBACK },
    file: { type: 'string', default: 'messages.jsonl' },
    /** Host names of requests, in addition to loopback. */
    'allow-host': { type: 'string', multiple: true, default: [] },
  },
});
const store = new MessageStore(values.file);
const app = createInbox(store, values['allow-host']);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
await app.listen({ port: Number(values.port), host: values.host });
