import { INBOX } from '../contract/alerting.ts';
import { fetchJson } from '../lib/http.ts';
import type { EngineContext } from './engine/engine.ts';
import { inboxUrl } from './native/inbox.ts';

interface Message {
  readonly received: string;
  readonly body: { readonly text?: string; readonly attachments?: readonly { readonly title?: string }[] };
}

/** More are on the page of the inbox. */
const SHOWN = 3;

/** What has come to the local inbox last, a line a message, newest first; nothing where no inbox runs. */
export async function readNewestMessages(context: EngineContext): Promise<string[]> {
  const messages = (await fetchJson<Message[]>(inboxUrl(context) + INBOX.messages_path)) ?? [];
  return messages
    .slice(-SHOWN)
    .reverse()
    .map(({ received, body }) => `${received}  ${body.attachments?.[0]?.title ?? body.text ?? ''}`);
}
