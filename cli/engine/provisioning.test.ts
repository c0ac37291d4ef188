import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHANNELS, type ChannelName } from '../../contract/channels.ts';
import { contactPoints } from '../../grafana/generate.ts';
import { channelsOn, channelVariables, inboxIsUsed } from './provisioning.ts';

const SECRETS = {
  SLACK_WEBHOOK_URL: 'https://hooks.slack.example/secret',
  SLACK_BOT_TOKEN: 'xoxb-secret',
  SLACK_CHANNEL: '#load',
  ALERT_EMAIL: 'a@example.com',
  SMTP_HOST: 'smtp.example.com:587',
  SMTP_PASSWORD: 'secret-password',
  TEAMS_WEBHOOK_URL: 'https://teams.example/secret',
  PAGERDUTY_KEY: 'secret-key',
  ALERT_WEBHOOK_URL: 'https://hook.example/secret',
};
const INBOX = 'http://inbox/slack';

interface File {
  contactPoints: { receivers: { uid: string; type: string; disableResolveMessage: boolean }[] }[];
  deleteContactPoints: { uid: string }[];
}

describe('channels', () => {
  it('are those that have all they need; without any Slack, the local inbox is one', () => {
    expect(channelsOn({})).toEqual(['slack']);
    expect(inboxIsUsed({})).toBe(true);
    expect(channelsOn({ SLACK_BOT_TOKEN: 'x' })).toEqual(['slack']);
    expect(channelsOn({ SLACK_BOT_TOKEN: 'x', SLACK_CHANNEL: '#c' })).toEqual(['slack-bot']);
    expect(inboxIsUsed({ SLACK_BOT_TOKEN: 'x', SLACK_CHANNEL: '#c' })).toBe(false);
    expect(channelsOn({ ALERT_EMAIL: 'a@b.c', SMTP_HOST: 'h:25' })).toEqual(['slack', 'email']);
    expect(channelsOn(SECRETS)).toEqual(Object.keys(CHANNELS));
  });

  it('take their addresses from the environment of Grafana, and no file holds one', () => {
    const text = contactPoints(channelsOn(SECRETS));
    expect(text).not.toMatch(/secret|example\.com/);
    const variables = channelVariables(SECRETS, INBOX);
    for (const name of text.match(/GF_LOADSTAR_\w+/g) ?? []) expect(variables[name], name).toBeTruthy();
    expect(variables).toMatchObject({ GF_SMTP_ENABLED: 'true', GF_SMTP_PASSWORD: 'secret-password' });
    expect(channelVariables({}, INBOX)).toEqual({ GF_LOADSTAR_SLACK_WEBHOOK_URL: INBOX });
  });

  it.each(Object.keys(CHANNELS) as ChannelName[])('%s sends no "resolved", and goes when it is off', (name) => {
    const on = parse(contactPoints([name])) as File;
    expect(on.contactPoints[0]?.receivers).toMatchObject([{ type: CHANNELS[name].type, disableResolveMessage: true }]);
    const uid = on.contactPoints[0]?.receivers[0]?.uid;
    const others = (Object.keys(CHANNELS) as ChannelName[]).filter((other) => other !== name);
    const off = parse(contactPoints(others)) as File;
    expect(off.deleteContactPoints).toEqual([{ orgId: 1, uid }]);
  });
});
