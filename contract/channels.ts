/** Notification channels for alerts. A channel is active if all variables that it needs are set; several may be active. */
import type { EnvName } from './env.ts';

export interface Channel {
  /** Name of the integration in Grafana. */
  readonly type: 'slack' | 'email' | 'teams' | 'pagerduty' | 'webhook';
  readonly needs: readonly EnvName[];
  /** Setting in Grafana → variable that holds its value. */
  readonly settings: Readonly<Record<string, EnvName>>;
  /** Settings that take Loadstar's message templates. */
  readonly title: string;
  readonly text: string;
}

export const CHANNELS = {
  /** Without a webhook and a bot, the URL is that of the local inbox, so that every run exercises the notification path. */
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

/** Grafana reads Loadstar's variable under this name; with the prefix GF_, its image can read it from a file. */
export function grafanaVariable(name: EnvName): string {
  return `GF_LOADSTAR_${name}`;
}

/** Grafana has settings of its own for mail. */
export const SMTP = {
  SMTP_HOST: 'GF_SMTP_HOST',
  SMTP_FROM: 'GF_SMTP_FROM_ADDRESS',
  SMTP_USER: 'GF_SMTP_USER',
  SMTP_PASSWORD: 'GF_SMTP_PASSWORD',
} as const satisfies Partial<Record<EnvName, string>>;
