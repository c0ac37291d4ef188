/** `loadstar grafana push` into a Grafana that a team already has: a real one, with things of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRAFANA } from '../contract/grafana.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import { ruleFolder } from '../grafana/alerting/names.ts';
import { packageVersion } from '../lib/package-version.ts';
import type { Change } from '../stack/grafana-push/push.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';
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
  return await pushAs(OWN_PROJECT, args);
}

async function pushAs(project: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { influx } = await nativeEngine(here.context).up();
  return await here.loadstar(['grafana', 'push', '--json', ...args], {
    env: {
      GRAFANA_URL: `${team?.url}/`,
      GRAFANA_TOKEN: team?.token ?? '',
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: influx.tokens.grafana,
      SLACK_WEBHOOK_URL: SECRET,
      LOADSTAR_PROJECT: project,
      ...env,
    },
  });
}
const groupPath = (project: string) =>
  `/api/v1/provisioning/folder/${ruleFolder(project).uid}/rule-groups/loadstar-${project}`;
interface Group {
  readonly rules: readonly { readonly uid: string }[];
}
/** Another rule like the first of a group. */
function copyOf({ rules }: Group, more: object): object {
  const { id: _, guid: __, ...rule } = rules[0] as { readonly id?: number; readonly guid?: string };
  return { ...rule, ...more };
}
/** What a project has of its own. */
async function stateOf(project: string): Promise<object> {
  const get = <T>(path: string) => (team as TeamGrafana).call<T>('GET', path);
  const { routes } = await get<{ routes: { receiver: string }[] }>('/api/v1/provisioning/policies');
  const points = await get<{ name: string }[]>('/api/v1/provisioning/contact-points');
  return {
    rules: await get<Group>(groupPath(project)),
    folder: await get<object>(`/api/folders/${ruleFolder(project).uid}`),
    route: routes.filter(({ receiver }) => receiver === `loadstar-${project}`),
    points: points.filter(({ name }) => name === `loadstar-${project}`),
  };
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
    expect(health).toMatchObject({ status: 'OK', message: expect.stringContaining('4 buckets') });
    const points = await team.call<{ name: string; type: string }[]>('GET', '/api/v1/provisioning/contact-points');
    expect(points.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(['loadstar-loadstar', 'team']));
    const policy = await team.call<typeof TEAM_POLICY>('GET', '/api/v1/provisioning/policies');
    expect(policy).toMatchObject({
      ...TEAM_POLICY,
      routes: [{ receiver: 'loadstar-loadstar' }, TEAM_POLICY.routes[0]],
    });
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
    const path = groupPath(OWN_PROJECT);
    const group = await team.call<{ rules: object[] }>('GET', path);
    await team.call('PUT', path, { ...group, rules: group.rules.slice(1) });
    const dry = await push('--dry-run');
    expect(changesOf(dry.stdout)).toMatchObject([{ kind: 'alert rules', change: 'change' }]);
    await push();
    expect((await team.call<{ rules: object[] }>('GET', path)).rules).toHaveLength(group.rules.length);
  });

  it('for another project brings what that has of its own, and leaves the first alone', async ({ skip }) => {
    if (!team) return skip(WHY);
    const before = await stateOf(OWN_PROJECT);
    const run = await pushAs('bank');
    expect(run.code, run.stderr).toBe(0);
    expect(changesOf(run.stdout).map(({ kind, name, change }) => `${change} ${kind} ${name}`)).toEqual([
      'create folder k6 · bank',
      'create contact point loadstar-bank (slack)',
      'change notification policy branch product = loadstar, project = bank',
      'create alert rules loadstar-bank',
    ]);
    expect(await stateOf(OWN_PROJECT)).toEqual(before);
    expect(changesOf((await push()).stdout)).toEqual([]);
    const policy = await team.call<typeof TEAM_POLICY>('GET', '/api/v1/provisioning/policies');
    expect(policy.routes).toHaveLength(3);

    // A rule of a scenario that the first has no more.
    const bank = await stateOf('bank');
    const group = await team.call<Group>('GET', groupPath(OWN_PROJECT));
    const gone = copyOf(group, { uid: 'ls-loadstar_gone', title: 'gone' });
    await team.call('PUT', groupPath(OWN_PROJECT), { ...group, rules: [...group.rules, gone] });
    expect(changesOf((await push()).stdout)).toMatchObject([{ kind: 'alert rules', change: 'change' }]);
    const now = await team.call<Group>('GET', groupPath(OWN_PROJECT));
    expect(now.rules.map(({ uid }) => uid)).toEqual(group.rules.map(({ uid }) => uid));
    expect(await stateOf('bank')).toEqual(bank);
  }, 120_000);

  it('with another InfluxDB than that of the other projects is refused', async ({ skip }) => {
    if (!team) return skip(WHY);
    const run = await pushAs('bank', [], { INFLUX_URL: 'http://127.0.0.1:9' });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/expected the InfluxDB of the other projects[\s\S]*found: http:\/\/127.0.0.1:9/);
  });

  it('keeps dashboards and templates of a newer version, and replaces those of an older one', async ({ skip }) => {
    if (!team) return skip(WHY);
    const { uid } = GRAFANA.dashboards.slos;
    const pretend = async (version: string) => {
      const { dashboard } = await (team as TeamGrafana).call<{ dashboard: object }>(
        'GET',
        `/api/dashboards/uid/${uid}`,
      );
      const text = JSON.stringify({ ...dashboard, description: `of ${version}` });
      const changed = JSON.parse(text.replaceAll(packageVersion(ROOT), version)) as object;
      const body = { dashboard: changed, folderUid: GRAFANA.folder_uid, overwrite: true };
      await (team as TeamGrafana).call('POST', '/api/dashboards/db', body);
    };
    await pretend('999.0.0');
    const kept = await push();
    expect(changesOf(kept.stdout)).toMatchObject([{ kind: 'dashboard', change: 'keep' }]);
    expect(kept.stderr).toMatch(/kept the dashboard k6 · SLOs: Loadstar 999.0.0 pushed it[\s\S]*upgrade Loadstar/);
    const { dashboard } = await team.call<{ dashboard: { description: string } }>('GET', `/api/dashboards/uid/${uid}`);
    expect(dashboard.description).toBe('of 999.0.0');
  });

  it('takes over, aloud, what a version without projects pushed', async ({ skip }) => {
    if (!team) return skip(WHY);
    const group = await team.call<Group>('GET', groupPath('bank'));
    const folderUID = GRAFANA.folder_uid;
    const rule = copyOf(group, { uid: 'ls-p95-search', title: 'p95 too high', ruleGroup: 'loadstar', folderUID });
    const path = `/api/v1/provisioning/folder/${GRAFANA.folder_uid}/rule-groups/loadstar`;
    await team.call('PUT', path, {
      ...group,
      title: 'loadstar',
      folderUid: folderUID,
      rules: [rule],
    });
    const point = { uid: 'loadstar-slack', name: 'loadstar', type: 'slack', settings: { url: SECRET } };
    await team.call('POST', '/api/v1/provisioning/contact-points', point);
    const tree = await team.call<{ routes: object[] }>('GET', '/api/v1/provisioning/policies');
    const branch = { receiver: 'loadstar', object_matchers: [['product', '=', 'loadstar']] };
    await team.call('PUT', '/api/v1/provisioning/policies', { ...tree, routes: [branch, ...tree.routes] });
    const bank = await stateOf('bank');
    const run = await push();
    expect(run.code, run.stderr).toBe(0);
    expect(changesOf(run.stdout).filter(({ change }) => change === 'delete')).toMatchObject([
      { kind: 'alert rules', name: 'loadstar (without a project)' },
      { kind: 'contact point', name: 'loadstar (slack) (without a project)' },
    ]);
    expect(run.stderr).toContain('have no alerts until they push');
    const points = await team.call<{ name: string }[]>('GET', '/api/v1/provisioning/contact-points');
    expect(points.map(({ name }) => name)).not.toContain('loadstar');
    const { routes } = await team.call<{ routes: object[] }>('GET', '/api/v1/provisioning/policies');
    expect(routes).toMatchObject([
      { receiver: 'loadstar-loadstar' },
      { receiver: 'loadstar-bank' },
      { receiver: 'team' },
    ]);
    expect(await stateOf('bank')).toEqual(bank);
    expect(changesOf((await push()).stdout).filter(({ change }) => change !== 'keep')).toEqual([]);
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
