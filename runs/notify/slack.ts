import pRetry, { AbortError } from 'p-retry';
import { type Dispatcher, request } from 'undici';
import { readUpTo } from '../../lib/bounded.ts';
import type { Environment } from '../../lib/environment.ts';
import { messageOf, usageError } from '../../lib/errors.ts';
import type { SlackMessage } from '../../report/slack/slack-message.ts';
import type { Stack } from '../../stack/engine/engine.ts';

/** Where messages go. Secret, but for the inbox's. */
export type SlackAddress =
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'bot'; readonly url: string; readonly token: string; readonly channel: string }
  | { readonly kind: 'inbox'; readonly url: string; readonly page: string };

export const POST_MESSAGE_URL = 'https://slack.com/api/chat.postMessage';

/** A webhook before a bot, as one message is enough; the local inbox where there is no Slack. @returns null: nowhere */
export function slackAddress(environment: Environment, inbox: Stack['inbox']): SlackAddress | null {
  const { SLACK_WEBHOOK_URL, SLACK_BOT_TOKEN, SLACK_CHANNEL } = environment;
  if (SLACK_WEBHOOK_URL) return { kind: 'webhook', url: SLACK_WEBHOOK_URL };
  if (SLACK_BOT_TOKEN && SLACK_CHANNEL) {
    return { kind: 'bot', url: POST_MESSAGE_URL, token: SLACK_BOT_TOKEN, channel: SLACK_CHANNEL };
  }
  return inbox ? { kind: 'inbox', url: inbox.webhook_url, page: inbox.url } : null;
}

/** A typo must show before the run, not after it. @throws LoadstarError (usage), without the secret */
export function requireSlack({ SLACK_WEBHOOK_URL: url }: Environment): void {
  if (!url || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) return;
  throw usageError(
    'SLACK_WEBHOOK_URL to be a URL',
    'something else (it is secret, so not shown)',
    'copy it from Slack: https://hooks.slack.com/services/…; or NOTIFY=never',
  );
}

export interface DeliveryTiming {
  readonly retries: number;
  readonly first_wait_ms: number;
  readonly answer_timeout_ms: number;
}

/** Four tries within seconds: a short outage is bridged, a dead address does not hold the run up. */
const TIMING: DeliveryTiming = { retries: 3, first_wait_ms: 500, answer_timeout_ms: 5_000 };
/** Slack says how long to wait (Retry-After, s); longer than this nobody waits at the end of a run. */
const LONGEST_WAIT_S = 10;
const TOO_MANY = 429;
const SERVER_FAULT = 500;
const MS_PER_S = 1_000;
const MOST_ANSWER = 200;

/** Answers of chat.postMessage that a later try may change, https://api.slack.com/methods/chat.postMessage#errors */
const PASSING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
];

/**
 * Posts a message. Faults that pass are tried again, with growing waits; a doubled message, where an answer got lost, is
 * better than none.
 * @throws Error with what went wrong at last, never with the address or the token
 */
export async function postToSlack(
  address: SlackAddress,
  message: SlackMessage,
  signal: AbortSignal,
  timing: DeliveryTiming = TIMING,
): Promise<void> {
  try {
    await pRetry(() => postOnce(address, message, signal, timing), {
      retries: timing.retries,
      minTimeout: timing.first_wait_ms,
      factor: 2,
      signal,
      onFailedAttempt: ({ error, retriesLeft }) => (retriesLeft > 0 ? waitAsAsked(error, signal) : undefined),
    });
  } catch (error) {
    throw new Error(withoutSecrets(messageOf(error), address));
  }
}

class SlackRefusal extends Error {
  readonly retry_after_s: number;

  constructor(message: string, retry_after_s = 0) {
    super(message);
    this.retry_after_s = retry_after_s;
  }
}

async function postOnce(address: SlackAddress, message: SlackMessage, signal: AbortSignal, timing: DeliveryTiming) {
  const answer = await request(address.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(address.kind === 'bot' ? { authorization: `Bearer ${address.token}` } : {}),
    },
    body: JSON.stringify(address.kind === 'bot' ? { channel: address.channel, ...message } : message),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timing.answer_timeout_ms)]),
  });
  const text = await readUpTo(answer.body, MOST_ANSWER);
  if (answer.statusCode >= SERVER_FAULT || answer.statusCode === TOO_MANY) {
    throw new SlackRefusal(`Slack answered ${answer.statusCode}: ${text}`, retryAfter_s(answer));
  }
  if (answer.statusCode !== 200) throw new AbortError(`Slack answered ${answer.statusCode}: ${text}`);
  if (address.kind === 'bot') requireOk(text);
}

/** chat.postMessage answers 200 to everything, and says in the body what was wrong. */
function requireOk(text: string): void {
  if (/"ok"\s*:\s*true/.test(text)) return;
  const error = /"error"\s*:\s*"(?<name>\w+)"/.exec(text)?.groups?.name ?? text;
  if (PASSING.includes(error)) throw new SlackRefusal(`Slack answered ${error}`);
  throw new AbortError(`Slack answered ${error}`);
}

function retryAfter_s({ headers }: Dispatcher.ResponseData): number {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) ? seconds : 0;
}

async function waitAsAsked(error: Error, signal: AbortSignal): Promise<void> {
  const wait_s = error instanceof SlackRefusal ? Math.min(error.retry_after_s, LONGEST_WAIT_S) : 0;
  if (wait_s <= 0) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(done, wait_s * MS_PER_S);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });
}

function withoutSecrets(text: string, address: SlackAddress): string {
  const secrets = [
    address.kind === 'bot' ? address.token : '',
    address.kind === 'inbox' ? '' : webhookPath(address.url),
  ];
  return secrets.filter(Boolean).reduce((safe, secret) => safe.replaceAll(secret, '…'), text);
}

function webhookPath(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname.length > 1 ? pathname + search : '';
}
