import { INBOX } from '../contract/alerting.ts';
import { fetchJson } from '../lib/http.ts';
import type { EngineContext } from './engine/engine.ts';
import { inboxUrl } from './native/inbox.ts';

interface Message {
  readonly received: string;
  readonly body: { readonly text?: string; readonly attachments?: readonly { readonly title?: string }[] };
}

/** The page of the inbox shows more. */
const SHOWN = 3;

/** Reads the newest messages of the local inbox, one line each, newest first. Empty without an inbox. */
export async function readNewestMessages(context: EngineContext): Promise<string[]> {
  const messages = (await fetchJson<Message[]>(inboxUrl(context) + INBOX.messages_path)) ?? [];
  return messages
    .slice(-SHOWN)
    .reverse()
    .map(({ received, body }) => `${received}  ${body.attachments?.[0]?.title ?? body.text ?? ''}`);
}
