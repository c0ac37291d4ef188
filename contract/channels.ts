/** Where alerts can go. A channel is on when all that it needs is set; several may be on at once. */
import type { EnvName } from './env.ts';

export interface Channel {
  /** Grafana's name of the integration. */
  readonly type: 'slack' | 'email' | 'teams' | 'pagerduty' | 'webhook';
  readonly needs: readonly EnvName[];
  /** Grafana's setting → the variable that it is taken from. */
  readonly settings: Readonly<Record<string, EnvName>>;
  /** Settings that take our message templates. */
  readonly title: string;
  readonly text: string;
}

export const CHANNELS = {
  /** Without a webhook and without a bot, its URL is that of the local inbox: the path is always alive. */
  slack: {
    type: 'slack',
    needs: ['SLACK_WEBHOOK_URL'],
    settings: { url: 'SLACK_WEBHOOK_URL' },
    title: 'title',
    text: 'text',
  },
  'slack-bot': {
    type: 'slack',
    needs: ['SLACK_BOT_TOKEN', 'SLACK_CHANNEL'],
    settings: { token: 'SLACK_BOT_TOKEN', recipient: 'SLACK_CHANNEL' },
    title: 'title',
    text: 'text',
  },
  email: {
    type: 'email',
    needs: ['ALERT_EMAIL', 'SMTP_HOST'],
    settings: { addresses: 'ALERT_EMAIL' },
    title: 'subject',
    text: 'message',
  },
  teams: {
    type: 'teams',
    needs: ['TEAMS_WEBHOOK_URL'],
    settings: { url: 'TEAMS_WEBHOOK_URL' },
    title: 'title',
    text: 'message',
  },
  pagerduty: {
    type: 'pagerduty',
    needs: ['PAGERDUTY_KEY'],
    settings: { integrationKey: 'PAGERDUTY_KEY' },
    title: 'summary',
    text: 'details',
  },
  webhook: {
    type: 'webhook',
    needs: ['ALERT_WEBHOOK_URL'],
    settings: { url: 'ALERT_WEBHOOK_URL' },
    title: 'title',
    text: 'message',
  },
} as const satisfies Record<string, Channel>;

export type ChannelName = keyof typeof CHANNELS;

/** Grafana reads a variable of ours under this name; the GF_ prefix lets its image take it from a file. */
export function grafanaVariable(name: EnvName): string {
  return `GF_LOADSTAR_${name}`;
}

/** Mail is Grafana's own setting. */
export const SMTP = {
  SMTP_HOST: 'GF_SMTP_HOST',
  SMTP_FROM: 'GF_SMTP_FROM_ADDRESS',
  SMTP_USER: 'GF_SMTP_USER',
  SMTP_PASSWORD: 'GF_SMTP_PASSWORD',
} as const satisfies Partial<Record<EnvName, string>>;
