/** docs/security.md, tried on the whole stack: what listens, who gets in, and where secrets are not. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../cli/main.ts';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { ENV, type EnvName } from '../contract/env.ts';
import { GRAFANA, GRAFANA_ADMIN } from '../contract/grafana.ts';
import type { RunSummary } from '../contract/results.ts';
import { secretForms } from '../lib/redact.ts';
import { grafanaPasswordFile, SecretStore } from '../stack/engine/secrets.ts';
import { findGrafana } from '../stack/native/grafana.ts';
import { allArguments, LOOPBACK_ADDRESSES, listenersOf, processesWith } from './lib/listeners.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { type LoadstarOptions, type Machine, machine, ROOT } from './lib/machine.ts';

const PLANTED = 'pl4nted';
const planted = (name: string) => `${PLANTED}-${name.toLowerCase().replaceAll('_', '-')}-0123456789`;
const NO_GRAFANA = 'no Grafana: set GRAFANA_HOME';

let here: Machine;
let team: string;
/** Refuses everybody, and repeats what it was told: a target, a Slack, a GitHub and a git server of bad manners. */
let echo: Server;
let echo_url: string;
/** Everything that was printed. */
const said: string[] = [];
const testids: string[] = [];
/** What was seen while k6 ran. */
const seen = { arguments: new Set<string>(), listeners: new Map<string, string>(), bundles: new Set<string>() };

/** A value that is recognised for each variable that is secret, also for those of later versions. */
function plantedSecrets(): Record<string, string> {
  const special: Partial<Record<EnvName, string>> = {
    TARGET_BASIC_AUTH: `somebody:${planted('TARGET_BASIC_AUTH')}`,
    TARGET_HEADERS: JSON.stringify({ 'X-Api-Key': planted('TARGET_HEADERS') }),
    SLACK_WEBHOOK_URL: `${echo_url}/services/T0/B0/${planted('SLACK_WEBHOOK_URL')}`,
    HTTPS_PROXY: `http://me:${planted('HTTPS_PROXY')}@127.0.0.1:1`,
    HTTP_PROXY: `http://me:${planted('HTTP_PROXY')}@127.0.0.1:1`,
    TEAMS_WEBHOOK_URL: `${echo_url}/teams/${planted('TEAMS_WEBHOOK_URL')}`,
    ALERT_WEBHOOK_URL: `${echo_url}/hook/${planted('ALERT_WEBHOOK_URL')}`,
  };
  const names = (Object.keys(ENV) as EnvName[]).filter((name) => 'secret' in ENV[name]);
  return Object.fromEntries(names.map((name) => [name, special[name] ?? planted(name)]));
}

/** Whoever quotes what was sent to it, quotes secrets. Grafana's own log repeats such answers (docs/security.md). */
function quote({ url, headers }: IncomingMessage): string {
  if (headers['user-agent']?.includes('Grafana')) return 'refused';
  return JSON.stringify({ message: `refused: ${url} ${headers.authorization} ${headers['x-api-key']}` });
}

const SCENARIO = `import http from 'k6/http';
import { defineScenario } from '@loadstar-hq/loadstar/k6';

export default defineScenario({
  title: 'Leak',
  journey: 'A script that prints everything it has.',
  requests: ['GET /'],
  slos: [{ indicator: 'error_rate', limit: 0.5, reason: 'any' }],
  run({ client }) {
    const response = client.request({ method: 'GET', route: '/', think_s: 0.5 });
    console.log(JSON.stringify(__ENV), response.body);
    console.error('refused', __ENV.LEAK_SECRET, __ENV.LOADSTAR_TARGET_HEADERS, __ENV.K6_INFLUXDB_TOKEN);
    throw new Error('no way in with ' + __ENV.LEAK_SECRET + ' ' + encodeURIComponent(JSON.stringify(__ENV)));
  },
});
`;

beforeAll(async () => {
  echo = createServer((request, response) => {
    response.writeHead(request.method === 'GET' && request.url === '/' ? 401 : 403).end(quote(request));
  });
  await new Promise<void>((listening) => echo.listen(0, '127.0.0.1', listening));
  echo_url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  team = mkdtempSync(join(tmpdir(), 'loadstar-security-'));
  mkdirSync(join(team, 'loadtests'));
  writeFileSync(join(team, 'loadtests', 'leak.ts'), SCENARIO);
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    `import { defineConfig } from '@loadstar-hq/loadstar';
export default defineConfig({ secrets: ['LEAK_SECRET'] });
`,
  );
  here = await machine({
    ...(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {}),
    ...plantedSecrets(),
    LEAK_SECRET: planted('LEAK_SECRET'),
    LOADSTAR_CONFIG: join(team, 'loadstar.config.ts'),
    SLACK_CHANNEL: '#load',
    ALERT_EMAIL: 'team@example.com',
    SMTP_HOST: '127.0.0.1:1',
    K6_LOADSTAR_DRAIN_TIMEOUT: '2s',
  });
  const up = await call(['up']);
  expect(up.code, up.stderr).toBe(0);
}, 240_000);
afterAll(async () => {
  echo.closeAllConnections();
  echo.close();
  rmSync(team, { recursive: true });
  await here.dispose();
});

async function call(args: readonly string[], options?: LoadstarOptions): Promise<LoadstarResult> {
  const result = await here.loadstar(args, options);
  said.push(result.stdout, result.stderr);
  return result;
}

/** Without a process of its own: what fails at once need not wait for one. */
async function callHere(args: readonly string[], env: Record<string, string> = {}) {
  const texts = { stdout: '', stderr: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const code = await main({
    args,
    env: { ...here.env, ...env },
    cwd: ROOT,
    root: ROOT,
    node_path: process.execPath,
    stdout: into('stdout'),
    stderr: into('stderr'),
    stop: new AbortController().signal,
    force: new AbortController().signal,
  });
  said.push(texts.stdout, texts.stderr);
  return { code, ...texts };
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<LoadstarResult> {
  const result = await call(['run', '--duration', '4s', '--confirm', '0', '--notify', 'always', '--json', ...args], {
    env,
    onOutput: (text) => / users?,/.test(text) && look(),
  });
  const summaries = result.stdout ? (JSON.parse(result.stdout) as RunSummary[]) : [];
  testids.push(...summaries.map(({ testid }) => testid));
  return result;
}

/** Once a second or so: whenever the run shows its progress. */
function look(): void {
  for (const text of allArguments()) seen.arguments.add(text);
  const ours = processesWith([here.state_dir, `--port ${here.env.DEMO_PORT}`]);
  for (const { address, port, cmdline } of listenersOf(ours)) seen.listeners.set(`${address}:${port}`, cmdline);
  for (const text of bundles()) seen.bundles.add(text);
}

/** Those of runs that end while they are looked at vanish: they are seen another time. */
function bundles(): string[] {
  try {
    return filesBelow(join(here.state_dir, 'bundles')).map((file) => readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** All that must not be read anywhere: what was planted, and what the stack made for itself. */
async function secrets(): Promise<string[]> {
  const { tokens, ...own } = await new SecretStore(here.state_dir).load();
  const all = [...Object.values(own), ...Object.values(tokens), planted('LEAK_SECRET')];
  const of_environment = Object.values(plantedSecrets()).filter((value) => !value.startsWith('{'));
  const values = [...all, ...of_environment, planted('TARGET_HEADERS'), planted('TARGET_BASIC_AUTH')];
  return [...new Set([PLANTED, ...values.flatMap(secretForms)])];
}

function expectNone(texts: Iterable<string>, forbidden: readonly string[], where: string): void {
  let looked_at = 0;
  for (const text of texts) {
    looked_at += 1;
    for (const secret of forbidden) {
      const at = text.indexOf(secret);
      expect(at < 0 ? '' : text.slice(Math.max(0, at - 80), at + 40), where).toBe('');
    }
  }
  expect(looked_at, where).toBeGreaterThan(0);
}

describe('secrets', () => {
  beforeAll(async () => {
    // A script that prints all it knows, a target that refuses and repeats it, a Slack that refuses.
    const leaking = await run(['leak', '--base-url', echo_url]);
    expect(leaking.stderr).toContain('Slack answered 403');
    expect(leaking.code, leaking.stderr).toBe(99);
    // Without Grafana, with the live view; with the inbox in the place of Slack.
    const no_slack = { SLACK_WEBHOOK_URL: '', SLACK_BOT_TOKEN: '', GRAFANA_HOME: '/nowhere' };
    const live = await run(['search'], { ...no_slack, TARGET_HEADERS: '', TARGET_BASIC_AUTH: '' });
    expect(live.stderr).toContain('notification sent to the local inbox');
    const influx = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
    const failing: [string[], Record<string, string>, string][] = [
      [['run'], { ENGINE: 'external', INFLUX_URL: influx }, 'to accept INFLUX_TOKEN'],
      [['run', '--base-url', `http://me:${planted('url')}@127.0.0.1:1`], {}, 'without credentials'],
      [['run', '--base-url', `http://me:${planted('url')}@127.0.0.1:port`], {}, 'to be a URL'],
      [['run', '--base-url', 'http://127.0.0.1:1'], {}, '3 attempts'],
      [
        ['run'],
        { PUBLIC_GRAFANA_URL: `https://me:${planted('url')}@grafana.example.com` },
        'PUBLIC_GRAFANA_URL without',
      ],
      [['run'], { TARGET_BASIC_AUTH: planted('nocolon') }, 'no colon'],
      [['run'], { TARGET_HEADERS: planted('nojson') }, 'no JSON'],
      [['run'], { SLACK_WEBHOOK_URL: planted('nourl') }, 'SLACK_WEBHOOK_URL to be a URL'],
      [['grafana', 'push', '--url', echo_url], { INFLUX_URL: influx }, 'Grafana to accept'],
      [['grafana', 'push', '--url', `http://me:${planted('url')}@127.0.0.1:1`], { INFLUX_URL: influx }, 'credentials'],
      [
        ['ci', 'comment', '--pull-request', '1'],
        { GITHUB_API_URL: echo_url, GITHUB_REPOSITORY: 'a/b' },
        'GitHub to accept',
      ],
      [['ci', 'restore', '--remote', `${echo_url}/a/b.git`], {}, 'to answer'],
      [['ci', 'restore', '--remote', `http://me:${planted('url')}@127.0.0.1:1/a.git`], {}, 'HISTORY_TOKEN'],
    ];
    for (const [args, env, says] of failing) {
      const result = await callHere(args, env);
      expect(result.code, args.join(' ')).toBeGreaterThan(0);
      expect(result.stderr).toContain(says);
      expect(result.stderr).not.toContain('internal error in loadstar');
    }
    for (const args of [
      ['runs', '--json'],
      ['runs', 'export'],
      ['status'],
      ['report'],
      ['doctor'],
      ['baseline', 'show'],
    ])
      await callHere(args);
  }, 400_000);

  it('are in nothing that is printed', async () => {
    expectNone(said, await secrets(), 'printed');
  });

  it('are in no file of a run, though its script has printed all of them', async () => {
    const files = testids.flatMap((testid) => filesBelow(join(here.results_dir, testid)));
    for (const name of ['k6.log', 'summary.json', 'summary.md', 'report.html', 'output-report.json']) {
      expect(files.filter((file) => file.endsWith(name)).length, name).toBeGreaterThan(1);
    }
    const log = readFileSync(join(here.results_dir, testids[0] ?? '', 'k6.log'), 'utf8');
    expect(log).toContain('no way in with ***');
    for (const file of files) expectNone([readFileSync(file, 'utf8')], await secrets(), file);
    expectNone([readFileSync(join(here.results_dir, 'index.html'), 'utf8')], await secrets(), 'index.html');
  });

  it('are in no bundle, and in the arguments of no process', async () => {
    expect([...seen.arguments].some((text) => text.includes(`${here.state_dir}/bundles`))).toBe(true);
    expectNone(seen.bundles, await secrets(), 'bundles');
    // Those of this test and of what it calls hold what it plants into them on purpose.
    const others = [...seen.arguments].filter((text) => !text.includes('--base-url http://me:'));
    expectNone(others, await secrets(), 'arguments');
  });

  it('are in no log and in nothing that Grafana is provisioned with; the files that hold them are their owner’s', async () => {
    const mode = (file: string) => statSync(file).mode & 0o777;
    expect(mode(here.state_dir)).toBe(0o700);
    const holds = [join(here.state_dir, 'secrets.json')];
    const directories = ['influxdb', 'inbox'];
    if (await findGrafana(here.env)) {
      holds.push(grafanaPasswordFile(here.state_dir));
      directories.push('secrets');
    }
    for (const file of holds) expect(mode(file), file).toBe(0o600);
    for (const part of directories) expect(mode(join(here.state_dir, part)), part).toBe(0o700);
    const forbidden = await secrets();
    const databases = /\/influxdb\/(engine|influxd\.)|\/grafana\/data\//;
    for (const file of filesBelow(here.state_dir)) {
      if (!holds.includes(file) && !databases.test(file)) expectNone([readFileSync(file, 'latin1')], forbidden, file);
    }
  });

  it('are in no bucket of InfluxDB', async () => {
    const { tokens } = await new SecretStore(here.state_dir).load();
    const client = new InfluxDB({ url: `http://127.0.0.1:${here.env.INFLUX_PORT}`, token: tokens.cli ?? '' });
    for (const { name } of [BUCKETS.live, BUCKETS.runs]) {
      const lines = await client.getQueryApi(ORG).collectLines(`from(bucket: "${name}") |> range(start: -1h)`);
      expect(lines.length).toBeGreaterThan(10);
      expectNone([lines.join('\n')], await secrets(), name);
    }
  });
});

describe('what listens', () => {
  it('does so on loopback alone: InfluxDB, Grafana, demo, inbox, live view, and k6 behind it', async ({ skip }) => {
    if (process.platform !== 'linux') return skip('needs /proc');
    const where = [...seen.listeners].map(([at, cmdline]) => ({ at, cmdline: cmdline.slice(0, 60) }));
    const names = ['INFLUX_PORT', 'DEMO_PORT', 'INBOX_PORT', 'LIVE_VIEW_PORT'];
    if (await findGrafana(here.env)) names.push('GRAFANA_PORT');
    for (const name of names) {
      expect(
        where.some(({ at }) => Number(at.split(':')[1]) === Number(here.env[name])),
        name,
      ).toBe(true);
    }
    const elsewhere = where.filter(({ at }) => !LOOPBACK_ADDRESSES.includes(at.split(':')[0] ?? ''));
    expect(elsewhere).toEqual([]);
  });

  it('answers nobody who comes under another name, and takes from web pages nothing', async () => {
    const inbox = `http://127.0.0.1:${here.env.INBOX_PORT}`;
    expect((await fetch(`${inbox}/messages`)).status).toBe(200);
    expect(await statusOf(`${inbox}/messages`, { host: 'rebound.example.com' })).toBe(403);
    const form = await fetch(`${inbox}/slack`, { method: 'POST', body: '{"text":"from a web page"}' });
    expect(form.status).toBe(415);
  });

  it('InfluxDB tells nobody anything without a token, and its first user has no usual password', async () => {
    const url = `http://127.0.0.1:${here.env.INFLUX_PORT}`;
    for (const path of ['/metrics', '/debug/pprof/heap', '/api/v2/buckets', '/api/v2/authorizations'])
      expect((await fetch(url + path)).status, path).toBeGreaterThanOrEqual(401);
    for (const password of ['loadstar', 'admin', 'password', 'influxdb']) {
      for (const user of ['loadstar', 'admin']) {
        const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
        const answer = await fetch(`${url}/api/v2/signin`, { method: 'POST', headers: { authorization } });
        expect(answer.status, `${user}:${password}`).toBe(401);
      }
    }
    expect(await (await fetch(`${url}/api/v2/setup`)).json()).toEqual({ allowed: false });
  });
});

/** node:http sends the Host that it is told; fetch does not. */
async function statusOf(address: string, headers: Record<string, string>): Promise<number | undefined> {
  const { request } = await import('node:http');
  return await new Promise((done, failed) => {
    const asked = request(address, { headers }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    });
    asked.on('error', failed).end();
  });
}

describe('Grafana', () => {
  const url = () => `http://127.0.0.1:${here.env.GRAFANA_PORT}`;
  const dashboard = `/api/dashboards/uid/${GRAFANA.dashboards.live.uid}`;
  const login = (user: string, password: string, headers: Record<string, string> = {}) =>
    fetch(`${url()}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ user, password }),
    });
  const password = () => readFileSync(grafanaPasswordFile(here.state_dir), 'utf8');

  it('shows nothing without a login, and says how to log in', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip(NO_GRAFANA);
    for (const path of [dashboard, '/api/search', '/api/datasources', '/api/annotations', '/api/org'])
      expect((await fetch(url() + path)).status, path).toBe(401);
    const page = await fetch(`${url()}/d/${GRAFANA.dashboards.live.uid}/live`, { redirect: 'manual' });
    expect(page.status).toBe(302);
    expect(page.headers.get('location')).toContain('/login');
    const status = await call(['status']);
    expect(status.stdout).toContain(`log in as ${GRAFANA_ADMIN}, password: cat `);
    expect(status.stdout).toContain('secrets/grafana_password');
  });

  it('refuses usual passwords; with the right one it gives a cookie that scripts and other sites do not get', async ({
    skip,
  }) => {
    if (!(await findGrafana(here.env))) return skip(NO_GRAFANA);
    for (const usual of ['admin', 'password']) expect((await login(GRAFANA_ADMIN, usual)).status, usual).toBe(401);
    const made = await login(GRAFANA_ADMIN, password());
    expect(made.status).toBe(200);
    const cookies = made.headers.getSetCookie();
    const session = cookies.find((cookie) => cookie.startsWith('grafana_session='));
    expect(session).toMatch(/HttpOnly/);
    expect(session).toMatch(/SameSite=Lax/);
    const cookie = session?.split(';')[0] ?? '';
    expect((await fetch(url() + dashboard, { headers: { cookie } })).status).toBe(200);

    // CSRF: with the cookie, from another page.
    const annotate = (headers: Record<string, string>) =>
      fetch(`${url()}/api/annotations`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: '{"text":"x"}',
      });
    expect((await annotate({ origin: 'https://evil.example.com' })).status).toBe(403);
    expect((await annotate({ origin: url() })).status).toBe(200);
    expect((await login(GRAFANA_ADMIN, password(), { origin: 'https://evil.example.com' })).status).toBe(403);
  });

  it('is framed by nobody, runs no foreign script, takes no sign-up, publishes nothing, and asks nobody outside', async ({
    skip,
  }) => {
    if (!(await findGrafana(here.env))) return skip(NO_GRAFANA);
    const { headers } = await fetch(`${url()}/login`);
    expect(headers.get('x-frame-options')).toBe('deny');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/script-src .*'nonce-/);
    const authorization = `Basic ${Buffer.from(`${GRAFANA_ADMIN}:${password()}`).toString('base64')}`;
    const asked = async (method: string, path: string, body = '{}') => {
      const json = { authorization, 'content-type': 'application/json' };
      return (await fetch(url() + path, { method, headers: json, ...(method === 'GET' ? {} : { body }) })).status;
    };
    expect(await (await fetch(`${url()}/metrics`)).text()).not.toContain('grafana_build_info');
    expect(await asked('POST', '/api/user/signup', '{"email":"a@example.com"}')).toBeGreaterThanOrEqual(401);
    expect(await asked('POST', '/api/snapshots', '{"dashboard":{}}')).toBeGreaterThanOrEqual(401);
    const shared = `/api/dashboards/uid/${GRAFANA.dashboards.live.uid}/public-dashboards`;
    expect(await asked('POST', shared)).toBeGreaterThanOrEqual(400);
    const settings = (await (
      await fetch(`${url()}/api/admin/settings`, { headers: { authorization } })
    ).json()) as Record<string, Record<string, string>>;
    expect(settings).toMatchObject({
      'auth.anonymous': { enabled: 'false', org_role: 'Viewer' },
      security: {
        disable_gravatar: 'true',
        allow_embedding: 'false',
        cookie_samesite: 'lax',
        csrf_always_check: 'true',
      },
      snapshots: { enabled: 'false', external_enabled: 'false' },
      users: { allow_sign_up: 'false', allow_org_create: 'false' },
      analytics: { reporting_enabled: 'false', check_for_updates: 'false' },
    });
    expectNone([JSON.stringify(settings)], [PLANTED], 'settings');
  });

  it('sends whoever comes under another name to its own', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip(NO_GRAFANA);
    expect(await statusOf(`${url()}/login`, { host: 'rebound.example.com' })).toBe(301);
  });
});
