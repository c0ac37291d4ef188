import { join } from 'node:path';
import { INBOX } from '../../contract/alerting.ts';
import { LOOPBACK } from '../../contract/ports.ts';
import { isReachable } from '../../lib/http.ts';
import type { EngineContext, Stack } from '../engine/engine.ts';
import { isInboxUsed } from '../engine/provisioning.ts';
import { ensureService } from './service.ts';

const START_TIMEOUT_MS = 20_000;

export function inboxDirectory(context: EngineContext): string {
  return join(context.state_dir, 'inbox');
}

export function inboxUrl(context: Pick<EngineContext, 'ports'>): string {
  return `http://${LOOPBACK}:${context.ports.inbox}`;
}

/** The webhook URL of the inbox. */
export function inboxWebhook(context: Pick<EngineContext, 'ports'>): string {
  return inboxUrl(context) + INBOX.webhook_path;
}

/** Starts the local inbox. @returns null if messages go to Slack */
export async function startInbox(context: EngineContext): Promise<Stack['inbox']> {
  if (!isInboxUsed(context.env)) return null;
  const directory = inboxDirectory(context);
  const file = join(directory, 'messages.jsonl');
  await ensureService(
    {
      name: 'the Slack inbox',
      port: context.ports.inbox,
      port_variable: 'INBOX_PORT',
      directory,
      program: context.node_path,
      args: ['--import', 'tsx', join('inbox', 'bin.ts'), '--port', String(context.ports.inbox), '--file', file],
      cwd: context.root,
      env: { PATH: context.env.PATH },
      healthy: () => isReachable(inboxUrl(context) + INBOX.health_path),
      start_timeout_ms: START_TIMEOUT_MS,
    },
    context.signal,
  );
  return { url: inboxUrl(context), webhook_url: inboxWebhook(context) };
}
