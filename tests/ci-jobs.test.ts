/** The workflows and the action as jobs in a repository that is not this one: a monorepo with Loadstar as a dependency. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../lib/command.ts';
import { type CiRun, type Job, type JobResult, runJob, type Step } from './lib/ci-job.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';
import { commitFiles, packedDependency } from './lib/scratch-repository.ts';

interface Inputs {
  readonly inputs?: Readonly<Record<string, { readonly default?: string }>>;
}
interface Workflow {
  readonly on: { readonly workflow_call: Inputs };
  readonly jobs: Readonly<Record<string, Job>>;
}
const read = <T>(file: string) => parse(readFileSync(join(ROOT, file), 'utf8')) as T;
const load_test = read<Workflow>('.github/workflows/load-test.yml');
const compare = read<Workflow>('.github/workflows/compare.yml');
const action = read<Inputs & { readonly runs: { readonly steps: readonly Step[] } }>('action.yml');

const PROJECT = 'apps/shop';
const TOKEN = 'token-of-staging';
const PULL_REQUEST = { number: 12, head: { sha: '4f2c1d9', repo: { full_name: 'acme/shop' } } };

/** The app of the team, and GitHub's comments. */
interface Servers {
  readonly app: Server;
  readonly github: Server;
  readonly authorizations: Set<string | undefined>;
  readonly comments: string[];
}

let here: Machine;
let directory: string;
let servers: Servers;
let dependency: Record<string, string>;
const workspaces: string[] = [];

beforeAll(async () => {
  here = await machine();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-ci-'));
  servers = await startServers();
  dependency = await packedDependency(join(directory, 'packed'));
  const { 'package.json': manifest = '', ...lock } = dependency;
  await commitFiles(join(directory, 'acme', 'shop.git'), {
    ...lock,
    'package.json': JSON.stringify({ ...JSON.parse(manifest), scripts: { test: 'true' } }),
    'apps/shop/package.json': '{ "private": true }',
    'apps/shop/loadstar.config.ts': CONFIG.replace('ADDRESS', addressOf(servers.app)),
    'apps/shop/loadtests/home.ts': SCENARIO,
    'apps/shop/loadtests/other.ts': SCENARIO,
  });
}, 120_000);

afterAll(async () => {
  for (const server of [servers.app, servers.github]) server.close();
  // Installed trees are too much to remove in one synchronous call.
  await rm(directory, { recursive: true, force: true });
  await here.dispose();
});

afterEach(async () => {
  for (const workspace of workspaces.splice(0)) await stopStack(workspace);
}, 60_000);

/** A configuration that sees a secret which nobody has named refuses to load. */
const CONFIG = `import { defineConfig } from '@loadstar-hq/loadstar';
const leaked = Object.keys(process.env).filter((name) => /DEPLOY_KEY|CI_SECRETS/.test(name));
if (leaked.length > 0) throw new Error('leaked: ' + leaked);
export default defineConfig({
  targets: { staging: { base_url: 'ADDRESS', token_from_env: 'STAGING_TOKEN' } },
  secrets: ['TENANT'],
});
`;
const SCENARIO = `import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Home',
  journey: 'Opens the first page of a tenant.',
  requests: ['GET /:tenant'],
  slos: [{ indicator: 'p95_ms', limit: 2000, reason: 'a page' }],
  run({ client }) {
    client.request({ method: 'GET', route: '/:tenant', params: { tenant: __ENV.TENANT } });
    think(1);
  },
});
`;

/** State and results lie beside the configuration, as in a job. */
function ownState(): Record<string, string> {
  const { LOADSTAR_HOME: _, RESULTS_DIR: _results, ...env } = here.env;
  return { ...env, npm_config_offline: 'true' };
}

async function startServers(): Promise<Servers> {
  const authorizations: Servers['authorizations'] = new Set();
  const comments: string[] = [];
  const app = createServer((request, response) => {
    authorizations.add(request.headers.authorization);
    response.writeHead(request.url === '/tea' || request.url === '/' ? 200 : 404).end('{}');
  });
  const github = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (request.method === 'POST') comments.push((JSON.parse(text) as { body: string }).body);
    response.writeHead(200).end(request.method === 'GET' ? '[]' : '{"id": 1}');
  });
  for (const server of [app, github]) await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { app, github, authorizations, comments };
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function defaults({ inputs = {} }: Inputs): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default ?? '']));
}

interface Given {
  readonly inputs: Readonly<Record<string, string>>;
  readonly event: 'schedule' | 'pull_request';
  readonly env?: Readonly<Record<string, string>>;
  readonly repository?: string;
}

function ciRun(called: Inputs, { inputs, event, env = {}, repository = 'shop.git' }: Given): CiRun {
  const github = {
    event_name: event,
    repository: 'acme/shop',
    server_url: `file://${directory}`,
    api_url: addressOf(servers.github),
    ref: 'refs/heads/main',
    sha: '4f2c1d9',
    actor: 'ada',
    token: 'token-of-the-job',
    run_id: '7',
    action_path: ROOT,
    event: event === 'pull_request' ? { pull_request: PULL_REQUEST } : {},
  };
  const secrets = { STAGING_TOKEN: TOKEN, DEPLOY_KEY: 'never', github_token: 'token-of-the-job' };
  return {
    repository: join(directory, 'acme', repository),
    contexts: { github, inputs: { ...defaults(called), ...inputs }, secrets, vars: { TENANT: 'tea', OTHER: 'x' } },
    env: { ...ownState(), ...env },
    directory,
    timeout_ms: 280_000,
  };
}

const job = ({ jobs }: Workflow, name: string) => jobs[name] as Job;

describe('load-test.yml', () => {
  it("runs a project's own scenarios on its named target, keeps the history, and comments", async () => {
    const called = load_test.on.workflow_call;
    const named = { directory: PROJECT, target: 'staging', scenario: 'home', secrets: 'STAGING_TOKEN, TENANT' };
    // Words for a shell reach none.
    const inputs = { ...named, app_version: '"; touch hacked; echo "', app_branch: '$(touch hacked)`touch hacked`' };
    const scheduled = ciRun(called, { inputs, event: 'schedule', env: { DURATION: '3s' } });
    const result = await runJob(job(load_test, 'load-test'), scheduled);
    workspaces.push(result.workspace);
    expect(result.log).toMatch(/verdict +PASSED/);
    expect(result).toMatchObject({ result: 'success', outputs: { exported: 'success', suffix: '-apps-shop' } });
    expect(result.ran).toContain('import the history');
    // The probe and the load carry the token that was named; the one that was not has reached nobody.
    expect([...servers.authorizations]).toEqual([`Bearer ${TOKEN}`]);
    for (const secret of [TOKEN, 'never']) expect(result.log).not.toContain(secret);
    const [run = ''] = readdirSync(join(result.workspace, PROJECT, 'results')).filter((name) => name.includes('home'));
    const summary = JSON.parse(
      readFileSync(join(result.workspace, PROJECT, 'results', run, 'summary.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect(summary).toMatchObject({ scenario: 'home', status: 'passed', target: { name: 'staging' } });
    expect(existsSync(join(result.workspace, PROJECT, '.loadstar'))).toBe(true);
    expect(existsSync(join(result.workspace, 'results'))).toBe(false);

    const needs = { 'load-test': result };
    const requested = ciRun(called, { inputs, event: 'pull_request' });
    const [saved, not_saved, commented] = await Promise.all([
      runJob(job(load_test, 'history'), scheduled, needs),
      runJob(job(load_test, 'history'), requested, needs),
      runJob(job(load_test, 'comment'), requested, needs),
    ]);
    expect(saved, saved.log).toMatchObject({ result: 'success' });
    expect(not_saved.result).toBe('skipped');
    const history = await git(['show', 'loadstar-history:runs.jsonl']);
    expect(history).toContain(run);
    expect(commented, commented.log).toMatchObject({ result: 'success' });
    expect(servers.comments).toEqual([
      expect.stringMatching(
        /^<!-- loadstar: load test of apps-shop -->\n\n## Load test of apps\/shop: 1 scenario passed\n/,
      ),
    ]);
    expect(servers.comments[0]).toContain('home');
    expect(readdirSync(join(result.workspace, PROJECT))).not.toContain('hacked');
  }, 300_000);

  it('gives pull requests of forks no secrets, and runs them on the demo alone', async () => {
    const { contexts, ...run } = ciRun(load_test.on.workflow_call, { inputs: {}, event: 'pull_request' });
    const fork = { pull_request: { ...PULL_REQUEST, head: { repo: { full_name: 'mallory/shop' } } } };
    const github = { ...(contexts.github as object), event: fork };
    const named = { ...run, contexts: { ...contexts, github } };
    const without_steps = { ...job(load_test, 'load-test'), steps: [] };
    expect((await runJob(without_steps, named)).result).toBe('skipped');
    const demo = { ...named.contexts, inputs: { ...(contexts.inputs as object), base_url: 'demo' } };
    expect((await runJob(without_steps, { ...named, contexts: demo })).result).toBe('success');
    const passed: JobResult = { result: 'success', outputs: {}, log: '', ran: [], workspace: '' };
    expect((await runJob(job(load_test, 'comment'), named, { 'load-test': passed })).result).toBe('skipped');
  });
});

describe('compare.yml', () => {
  it('builds and compares both sides of a merge, and every output says what it found', async () => {
    const repository = join(directory, 'acme', 'clinic.git');
    await commitFiles(repository, { ...dependency, 'slower.txt': '' });
    await commitFiles(repository, { 'slower.txt': "--fault 'POST /api/auth/login latency_ms=60'\n" });
    const inputs = {
      build: 'cat slower.txt > "$SIDE.built"',
      // The faults of each build are part of its sources.
      start: `test -f "$SIDE.built" && arguments=$(cat slower.txt) && cd '${ROOT}' && eval "exec node --import tsx demo/bin.ts --port $PORT $arguments"`,
      scenario: 'appointment-booking',
      budget: '96s',
    };
    const run = ciRun(compare.on.workflow_call, { inputs, event: 'pull_request', repository: 'clinic.git' });
    const { steps, ...rest } = job(compare, 'compare');
    // Shorter than a job would have it.
    const shorter = steps.map((step) => ({
      ...step,
      ...(step.run ? { run: step.run.replace(' ab "', ' ab --block 2s "') } : {}),
    }));
    const result = await runJob({ ...rest, steps: shorter }, run);
    workspaces.push(result.workspace);
    expect(result.log).toMatch(/verdict +REGRESSED.*POST \/api\/auth\/login/);
    expect(result.result).toBe('failure');
    const builds = join(result.workspace, '..', 'loadstar-builds');
    expect(readFileSync(join(builds, 'base', 'base.built'), 'utf8')).toBe('');
    expect(readFileSync(join(builds, 'head', 'head.built'), 'utf8')).toContain('--fault');
    const program = join(result.workspace, 'node_modules', '.bin', 'loadstar');
    const print = ['ci', 'comment', '--name', 'compare builds', '--pull-request', '12', '--print'];
    const { stdout: comment } = await runCommand(program, print, { cwd: result.workspace, env: ownState() });
    for (const text of [comment, readFileSync(join(result.workspace, '..', 'summary.md'), 'utf8')]) {
      expect(text).toMatch(/^\| ✗ \| `POST \/api\/auth\/login` \|.*\*\*regressed\*\* \|$/m);
    }
    expect(comment).toContain('1 of 1 scenario failed');
    const results = join(result.workspace, 'results');
    const [head_run = ''] = readdirSync(results).filter((name) => {
      const file = join(results, name, 'summary.md');
      return existsSync(file) && readFileSync(file, 'utf8').includes('REGRESSED');
    });
    const page = readFileSync(join(results, head_run, 'report.html'), 'utf8');
    expect(page).toContain('data-chart="ab-change"');
    expect(page).toContain('POST /api/auth/login (regressed)</option>');
  }, 300_000);
});

describe('action.yml', () => {
  it('does the same as steps of one job, with the secrets of its own env', async () => {
    const inputs = { directory: PROJECT, target: 'staging', scenario: 'home,other', token: 'token-of-the-job' };
    const run = ciRun(action, {
      inputs,
      event: 'pull_request',
      // The target refuses the load of this call: a failure ends it.
      env: { STAGING_TOKEN: TOKEN, TENANT: 'gone', DURATION: '3s' },
    });
    const checkout: Step = { uses: 'actions/checkout@v4' };
    const result = await runJob({ steps: [checkout, ...action.runs.steps] }, run);
    workspaces.push(result.workspace);
    expect(result.result).toBe('failure');
    expect(result.log).toMatch(/verdict +FAILED/);
    expect(result.ran).toContain('comment on the pull request');
    expect(result.ran).not.toContain('save the history');
    expect(servers.comments.at(-1)).toContain('2 of 2 scenarios failed');
    expect(existsSync(join(directory, 'artifacts', 'loadstar-results-apps-shop'))).toBe(true);
  });
});

/** A job ends with its runner; here the next one needs the ports. */
async function stopStack(workspace: string): Promise<void> {
  const program = join(workspace, 'node_modules', '.bin', 'loadstar');
  const place = { cwd: join(workspace, existsSync(join(workspace, PROJECT)) ? PROJECT : '.'), env: ownState() };
  const done = await runCommand(program, ['down', '--force'], place);
  if (!done.ok) throw new Error(done.reason);
}

async function git(args: readonly string[]): Promise<string> {
  const done = await runCommand('git', ['-C', join(directory, 'acme', 'shop.git'), ...args]);
  return done.stdout;
}
