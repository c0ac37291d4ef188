import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/environment.ts';
import { FAILED_RUN } from '../../report/example-run.ts';
import { slackMessage } from '../../report/slack/slack-message.ts';
import { postToSlack, requireSlack, type SlackAddress, slackAddress } from './slack.ts';

const MESSAGE = slackMessage(FAILED_RUN, { report: 'results/x' });
const TIMING = { retries: 3, first_wait_ms: 5, answer_timeout_ms: 2_000 };
const never = new AbortController().signal;

let server: Server | undefined;
afterEach(() => new Promise((closed) => (server ? server.close(closed) : closed(undefined))));

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  readonly hang?: true;
}

/** A Slack that gives these answers, one a request, the last for ever. */
async function slack(...answers: Answer[]) {
  const requests: { url: string; authorization: string | undefined; body: Record<string, unknown>; at_ms: number }[] =
    [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { url = '', headers } = request;
    requests.push({ url, authorization: headers.authorization, body: JSON.parse(body), at_ms: Date.now() });
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? {};
    if (answer.hang) return;
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? 'ok');
  };
  server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { requests, base, webhook: { kind: 'webhook', url: `${base}/services/T0/B0/secret` } as SlackAddress };
}

const bot = (base: string): SlackAddress => ({
  kind: 'bot',
  url: `${base}/api`,
  token: 'xoxb-secret',
  channel: '#load',
});

describe('a webhook', () => {
  it('gets the message once', async () => {
    const { requests, webhook } = await slack({});
    await postToSlack(webhook, MESSAGE, never, TIMING);
    expect(requests).toMatchObject([{ url: '/services/T0/B0/secret', body: MESSAGE }]);
    expect(requests[0]?.authorization).toBeUndefined();
  });

  it('that has a fault is tried again, with growing waits', async () => {
    const { requests, webhook } = await slack({ status: 503 }, { status: 500 }, { hang: true }, {});
    await postToSlack(webhook, MESSAGE, never, { ...TIMING, first_wait_ms: 40 });
    expect(requests).toHaveLength(4);
    const waits = requests.slice(1).map((it, index) => it.at_ms - (requests[index]?.at_ms ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(39);
    expect(waits[1]).toBeGreaterThanOrEqual(79);
  });

  it('that asks to wait is waited for', async () => {
    const { requests, webhook } = await slack({ status: 429, headers: { 'retry-after': '1' } }, {});
    await postToSlack(webhook, MESSAGE, never, TIMING);
    expect((requests[1]?.at_ms ?? 0) - (requests[0]?.at_ms ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('that is dead is given up after four tries', async () => {
    const { requests, webhook } = await slack({ status: 502, body: 'bad gateway' });
    await expect(postToSlack(webhook, MESSAGE, never, TIMING)).rejects.toThrow('Slack answered 502: bad gateway');
    expect(requests).toHaveLength(4);
  });

  it('that refuses is not asked again, and the reason is said', async () => {
    const { requests, webhook } = await slack({ status: 404, body: 'no_service' });
    await expect(postToSlack(webhook, MESSAGE, never, TIMING)).rejects.toThrow('Slack answered 404: no_service');
    expect(requests).toHaveLength(1);
  });

  it('never shows in an error, whatever the answer repeats', async () => {
    const { webhook } = await slack({ status: 400, body: 'no such hook: /services/T0/B0/secret' });
    const error = await postToSlack(webhook, MESSAGE, never, TIMING).catch((it: Error) => it);
    expect(String(error)).toContain('Slack answered 400');
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('secret');
    const gone: SlackAddress = { kind: 'webhook', url: 'http://127.0.0.1:1/services/secret' };
    const refused = await postToSlack(gone, MESSAGE, never, TIMING).catch((it: Error) => it);
    expect(String(refused)).toMatch(/ECONNREFUSED/);
    expect(String(refused)).not.toContain('secret');
  });

  it('is not waited for once the user stops', async () => {
    const { webhook } = await slack({ hang: true });
    const stop = new AbortController();
    setTimeout(() => stop.abort('SIGINT'), 30);
    const started_ms = Date.now();
    await expect(postToSlack(webhook, MESSAGE, stop.signal, { ...TIMING, answer_timeout_ms: 5_000 })).rejects.toThrow();
    expect(Date.now() - started_ms).toBeLessThan(1_000);
  });
});

describe('a bot', () => {
  it('posts to its channel with its token', async () => {
    const { requests, base } = await slack({ body: '{"ok":true}' });
    await postToSlack(bot(base), MESSAGE, never, TIMING);
    expect(requests).toMatchObject([
      { authorization: 'Bearer xoxb-secret', body: { channel: '#load', text: MESSAGE.text } },
    ]);
  });

  it('that is refused in a good answer has failed; what passes is tried again', async () => {
    const refused = await slack({ body: '{"ok":false,"error":"channel_not_found"}' });
    await expect(postToSlack(bot(refused.base), MESSAGE, never, TIMING)).rejects.toThrow('channel_not_found');
    expect(refused.requests).toHaveLength(1);
    await new Promise((closed) => server?.close(closed));
    const busy = await slack({ body: '{"ok":false,"error":"internal_error"}' }, { body: '{"ok":true}' });
    await postToSlack(bot(busy.base), MESSAGE, never, TIMING);
    expect(busy.requests).toHaveLength(2);
  });
});

describe('where messages go', () => {
  const inbox = { url: 'http://127.0.0.1:1', webhook_url: 'http://127.0.0.1:1/slack' };
  const kind = (env: Record<string, string>, to: typeof inbox | null = inbox) =>
    slackAddress(readEnvironment(env), to)?.kind ?? null;

  it('is the webhook, else the bot, else the inbox, else nowhere', () => {
    const hook = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/x' };
    const token = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_CHANNEL: '#load' };
    expect(kind({ ...hook, ...token })).toBe('webhook');
    expect(kind(token)).toBe('bot');
    expect(kind({ SLACK_BOT_TOKEN: 'xoxb-1' })).toBe('inbox');
    expect(kind({})).toBe('inbox');
    expect(kind({}, null)).toBeNull();
  });

  it('is refused before a run where it is no address, without showing it', () => {
    for (const url of ['hooks.slack.com/secret', 'file:///secret']) {
      let refusal: unknown;
      try {
        requireSlack(readEnvironment({ SLACK_WEBHOOK_URL: url }));
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ exit_code: 2 });
      expect(JSON.stringify([refusal, String(refusal)])).not.toContain('/secret');
    }
    expect(() => requireSlack(readEnvironment({ SLACK_WEBHOOK_URL: 'https://hooks.slack.com/x' }))).not.toThrow();
  });
});
