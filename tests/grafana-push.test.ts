/** `loadstar grafana push` into a Grafana that a team already has: a real one, with things of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRAFANA } from '../contract/grafana.ts';
import type { Change } from '../stack/grafana-push/push.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { type TeamGrafana, teamGrafana } from './lib/team-grafana.ts';

const WHY = 'no Grafana: set GRAFANA_HOME';
const SECRET = 'https://hooks.slack.invalid/services/a-secret';
const TEAM_POLICY = {
  receiver: 'team',
  group_by: ['alertname'],
  group_wait: '45s',
  routes: [{ receiver: 'team', object_matchers: [['team', '=', 'payments']], continue: true }],
};

let here: Machine;
let team: TeamGrafana | null;
beforeAll(async () => {
  here = await machine();
  team = await teamGrafana(process.env);
  if (!team) return;
  await team.call('POST', '/api/folders', { uid: 'theirs', title: 'k6' });
  await team.call('POST', '/api/dashboards/db', {
    dashboard: { uid: 'their-board', title: 'Theirs' },
    folderUid: 'theirs',
  });
  const point = { name: 'team', type: 'webhook', settings: { url: 'http://127.0.0.1:9/theirs' } };
  await team.call('POST', '/api/v1/provisioning/contact-points', point);
  await team.call('PUT', '/api/v1/provisioning/policies', TEAM_POLICY);
});
afterAll(async () => {
  await team?.stop();
  await here.dispose();
});

async function push(...args: readonly string[]) {
  const { influx } = await nativeEngine(here.context).up();
  return await here.loadstar(['grafana', 'push', '--json', ...args], {
    env: {
      GRAFANA_URL: `${team?.url}/`,
      GRAFANA_TOKEN: team?.token ?? '',
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: influx.tokens.grafana,
      SLACK_WEBHOOK_URL: SECRET,
    },
  });
}
const changesOf = (stdout: string) => (JSON.parse(stdout) as Change[]).filter(({ change }) => change !== 'none');

describe('loadstar grafana push', () => {
  it('wants an address and a token, and says what is missing', async () => {
    const run = await here.loadstar(['grafana', 'push', '--url', 'http://127.0.0.1:1']);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/expected the address and a token[\s\S]*found: no token[\s\S]*GRAFANA_TOKEN/);
  });

  it('with --dry-run shows all that is missing and writes nothing', async ({ skip }) => {
    if (!team) return skip(WHY);
    const run = await push('--dry-run');
    expect(run.code, run.stderr).toBe(0);
    expect(changesOf(run.stdout).length).toBeGreaterThan(8);
    expect(run.stdout + run.stderr).not.toContain(SECRET);
    const found = await team.call<object[]>('GET', '/api/search?query=k6 · ');
    expect(found).toEqual([]);
  });

  it('refuses a token that may only look, names the refusal, and has changed nothing', async ({ skip }) => {
    if (!team) return skip(WHY);
    const run = await push('--token', team.viewer_token);
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/status 403[\s\S]*service account/);
    expect(run.stderr).not.toContain(team.viewer_token);
    expect(await team.call<object[]>('GET', '/api/search?query=k6 · ')).toEqual([]);
  });

  it('brings everything, and what the team has stays as it was', async ({ skip }) => {
    if (!team) return skip(WHY);
    const run = await push();
    expect(run.code, run.stderr).toBe(0);
    for (const { uid } of Object.values(GRAFANA.dashboards)) {
      const { meta } = await team.call<{ meta: { folderUid: string } }>('GET', `/api/dashboards/uid/${uid}`);
      expect(meta.folderUid).toBe(GRAFANA.folder_uid);
    }
    const health = await team.call('GET', `/api/datasources/uid/${GRAFANA.datasource.uid}/health`);
    expect(health).toMatchObject({ status: 'OK', message: expect.stringContaining('3 buckets') });
    const points = await team.call<{ name: string; type: string }[]>('GET', '/api/v1/provisioning/contact-points');
    expect(points.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(['loadstar', 'team']));
    const policy = await team.call<typeof TEAM_POLICY>('GET', '/api/v1/provisioning/policies');
    expect(policy).toMatchObject({ ...TEAM_POLICY, routes: [{ receiver: 'loadstar' }, TEAM_POLICY.routes[0]] });
    expect(await team.call('GET', '/api/dashboards/uid/their-board')).toMatchObject({ dashboard: { title: 'Theirs' } });
  });

  it('pushed again changes nothing', async ({ skip }) => {
    if (!team) return skip(WHY);
    const run = await push();
    expect(run.code, run.stderr).toBe(0);
    expect(changesOf(run.stdout)).toEqual([]);
    const policy = await team.call<typeof TEAM_POLICY>('GET', '/api/v1/provisioning/policies');
    expect(policy.routes).toHaveLength(2);
  });

  it('names what somebody has changed, and puts it right', async ({ skip }) => {
    if (!team) return skip(WHY);
    const path = `/api/v1/provisioning/folder/${GRAFANA.folder_uid}/rule-groups/loadstar`;
    const group = await team.call<{ rules: object[] }>('GET', path);
    await team.call('PUT', path, { ...group, rules: group.rules.slice(1) });
    const dry = await push('--dry-run');
    expect(changesOf(dry.stdout)).toMatchObject([{ kind: 'alert rules', change: 'change' }]);
    await push();
    expect((await team.call<{ rules: object[] }>('GET', path)).rules).toHaveLength(group.rules.length);
  });

  it('stops before it writes where the policy is provisioned from elsewhere', async ({ skip }) => {
    if (!team) return skip(WHY);
    const tree = await team.call<object>('GET', '/api/v1/provisioning/policies');
    await fetch(`${team.url}/api/v1/provisioning/policies`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${team.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(tree),
    });
    const run = await push();
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('--no-policy');
    expect((await push('--no-policy')).code).toBe(0);
  });

  it('says what does not answer', async () => {
    const run = await here.loadstar(['grafana', 'push'], {
      env: {
        GRAFANA_URL: 'http://127.0.0.1:1',
        GRAFANA_TOKEN: 'x',
        INFLUX_URL: 'http://127.0.0.1:2',
        INFLUX_TOKEN: 'y',
      },
    });
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/expected Grafana to answer at http:\/\/127.0.0.1:1/);
  });
});
