import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHANNELS, type ChannelName } from '../../contract/channels.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import { contactPoints } from '../../grafana/generate.ts';
import { rememberTeam } from '../../project/team-catalogue.ts';
import type { EngineContext } from './engine.ts';
import { activeChannels, channelVariables, isInboxUsed, writeProvisioning } from './provisioning.ts';

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
    expect(activeChannels({})).toEqual(['slack']);
    expect(isInboxUsed({})).toBe(true);
    expect(activeChannels({ SLACK_BOT_TOKEN: 'x' })).toEqual(['slack']);
    expect(activeChannels({ SLACK_BOT_TOKEN: 'x', SLACK_CHANNEL: '#c' })).toEqual(['slack-bot']);
    expect(isInboxUsed({ SLACK_BOT_TOKEN: 'x', SLACK_CHANNEL: '#c' })).toBe(false);
    expect(activeChannels({ ALERT_EMAIL: 'a@b.c', SMTP_HOST: 'h:25' })).toEqual(['slack', 'email']);
    expect(activeChannels(SECRETS)).toEqual(Object.keys(CHANNELS));
  });

  it('take their addresses from the environment of Grafana, and no file holds one', () => {
    const text = contactPoints(activeChannels(SECRETS));
    expect(text).not.toMatch(/secret|example\.com/);
    const variables = channelVariables(SECRETS, INBOX);
    const names = new Set(text.match(/GF_LOADSTAR_\w+/g));
    // Each channel reads at least its own address.
    expect(names.size).toBeGreaterThanOrEqual(Object.keys(CHANNELS).length);
    for (const name of names) expect(Object.keys(variables)).toContain(name);
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

describe("a team's scenarios", () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  let state_dir: string;
  beforeEach(() => {
    state_dir = mkdtempSync(join(tmpdir(), 'loadstar-state-'));
  });
  afterEach(() => rmSync(state_dir, { recursive: true }));

  const own = {
    name: 'buy',
    title: 'Buy',
    journey: 'J',
    requests: ['GET /a "b"', 'GET /a/b', 'GET /a-b'],
    slos: [
      { indicator: 'p95_ms', limit: 77, request: 'GET /a "b"', reason: 'r' },
      { indicator: 'p99_ms', limit: 88, request: 'GET /a/b', reason: 'r' },
      { indicator: 'p99_ms', limit: 88, request: 'GET /a-b', reason: 'r' },
    ],
    file: '/team/buy.ts',
    has_setup: false,
    has_teardown: false,
    is_own: true,
  } as const;
  const place = { overrides: {}, root, cwd: root };
  const write = (project: string = OWN_PROJECT) =>
    writeProvisioning({
      root,
      state_dir,
      env: {},
      readProjectName: async () => project,
    } as unknown as EngineContext);
  const read = (name: string) => readFileSync(join(state_dir, 'provisioning', name), 'utf8');
  interface RuleFile {
    groups: {
      rules: {
        uid: string;
        title: string;
        annotations: Record<string, string>;
        data: { model: { query?: string } }[];
      }[];
    }[];
    deleteRules?: { uid: string }[];
  }
  const rules = () => parse(read('alerting/rules.yaml')) as RuleFile;
  const uids = () => rules().groups.flatMap((group) => group.rules.map(({ uid }) => uid));

  it('keep their names in Grafana, which replaces $NAME and expands templates', async () => {
    const odd = `GET /o/$count {{ $labels }} \${HOME}`;
    const long = `GET /${'é'.repeat(200)}`;
    const slos = [odd, long].map(
      (request) => ({ indicator: 'p95_ms', limit: 77, request, reason: 'it costs $USER {{.}}' }) as const,
    );
    const team = [{ ...own, requests: [odd, long], slos }];
    await rememberTeam(state_dir, team, { ...place, own_files: new Map([['buy', own.file]]) });
    await write();
    const mine = (rules().groups[0]?.rules ?? []).filter(({ title }) => title.includes('buy,'));
    expect(mine[0]?.title).toBe('loadstar · p95 too high: buy, GET /o/$$count {{ $$labels }} $${HOME}');
    const { summary, reason } = mine[0]?.annotations ?? {};
    const dollar = '{{ "\\u0024" }}';
    expect(summary).toBe(`buy, GET /o/${dollar}count {{ "{{" }} ${dollar}labels }} ${dollar}{HOME}: p95 too high`);
    expect(reason).toBe(`it costs ${dollar}USER {{ "{{" }}.}}`);
    expect(mine[1]?.title).toMatch(/^loadstar · p95 too high: buy, GET \/é+… [0-9a-f]{8}$/);
    expect(Buffer.byteLength(mine[1]?.title ?? '')).toBeLessThanOrEqual(190);
  });

  it('have rules of their own until they are gone, and Grafana is told both', async () => {
    expect((await write()).rules_changed).toBe(true);
    expect((await write()).rules_changed).toBe(false);
    const built_in = uids();
    await rememberTeam(state_dir, [own], { ...place, own_files: new Map([['buy', own.file]]) });
    expect((await write()).rules_changed).toBe(true);
    const added = uids().filter((uid) => !built_in.includes(uid));
    expect(added[0]).toBe('ls-loadstar_p95-buy-get-a-b');
    expect(added.slice(1)).toEqual([
      expect.stringMatching(/^ls-loadstar_p99-buy-get-a-b-[0-9a-f]{8}$/),
      expect.stringMatching(/^ls-loadstar_p99-/),
    ]);
    expect(new Set(added).size).toBe(3);
    const query = rules().groups[0]?.rules.find(({ uid }) => uid === added[0])?.data[0]?.model.query;
    expect(query).toContain('r.name == "GET /a \\"b\\""');

    await rememberTeam(state_dir, [], { ...place, own_files: new Map() });
    expect((await write()).rules_changed).toBe(true);
    expect(uids()).toEqual(built_in);
    expect(rules().deleteRules?.map(({ uid }) => uid)).toEqual(added);
    expect((await write()).rules_changed).toBe(false);
  });

  it('are those of the project by its name, and an earlier name gives way', async () => {
    await write();
    const earlier = uids();
    expect((await write('shop')).rules_changed).toBe(true);
    expect(uids()).toHaveLength(earlier.length);
    expect(uids().every((uid) => uid.startsWith('ls-shop_'))).toBe(true);
    expect(rules().groups).toMatchObject([{ name: 'loadstar-shop', folder: 'k6 · shop' }]);
    expect(rules().deleteRules?.map(({ uid }) => uid)).toEqual(earlier);
  });
});
