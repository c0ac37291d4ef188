/** Production guard, limits, the end at a broken SLO, and the kill switch: measured by the requests that the target gets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INBOX } from '../contract/alerting.ts';
import { DEMO } from '../contract/demo.ts';
import type { RunSummary } from '../contract/results.ts';
import { createDemo } from '../demo/app.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

const CAP_RPS = 20;

let here: Machine;
let team: string;
let clinic: FastifyInstance;
let url: string;
/** When each request for the API reached the clinic, ms. */
let arrivals: number[] = [];
const testids: string[] = [];

/** A request to a production that the run is not about: by its full address, past every client of ours. */
const LEAK = `import http from 'k6/http';
import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Leak', journey: 'It asks where it should not.', requests: ['GET /api/services'],
  slos: [{ indicator: 'p95_ms', limit: 5000, reason: 'r' }],
  run({ client }) {
    client.request({ method: 'GET', route: '/api/services' });
    http.get('http://shop.example.com/', { tags: { name: 'leak' } });
    think(0.5);
  },
});
`;

beforeAll(async () => {
  clinic = await createDemo({ seed: 1, latency: false, faults: [] });
  clinic.server.on('request', (request) => {
    if (request.url?.startsWith('/api/')) arrivals.push(Date.now());
  });
  await clinic.listen({ port: 0, host: '127.0.0.1' });
  const { port } = clinic.server.address() as { port: number };
  url = `http://127.0.0.1:${port}`;
  team = mkdtempSync(join(tmpdir(), 'loadstar-guard-'));
  mkdirSync(join(team, 'loadtests'));
  writeFileSync(join(team, 'loadtests', 'leak.ts'), LEAK);
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    `export default { targets: {
      prod: { base_url: '${url}', production: true, max_rate_rps: ${CAP_RPS}, max_duration_s: 60 },
      shop: { base_url: 'https://shop.example.com', production: true, max_rate_rps: 5, max_duration_s: 5 },
    } };`,
  );
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  await here.dispose();
  await clinic.close();
  rmSync(team, { recursive: true });
});

interface RunMore {
  readonly env?: Record<string, string | undefined>;
  /** Once, when the first request has arrived. */
  readonly onLoad?: () => void;
}

async function run(args: readonly string[], { env = {}, onLoad }: RunMore = {}) {
  arrivals = [];
  const first = setInterval(() => {
    if (arrivals.length === 0) return;
    clearInterval(first);
    onLoad?.();
  }, 20);
  const result = await here.loadstar(['run', ...args, '--json'], { env });
  clearInterval(first);
  const summaries = result.stdout ? (JSON.parse(result.stdout) as RunSummary[]) : [];
  testids.push(...summaries.map(({ testid }) => testid));
  return { ...result, summaries, summary: summaries[0] as RunSummary };
}

/** The most requests that arrived within any second. */
function busiestSecond(): number {
  const within = (from: number) => arrivals.filter((at) => at >= from && at < from + 1_000).length;
  return Math.max(...arrivals.map(within));
}

describe('a production target', () => {
  it.each([
    ['by its name', ['--target', 'prod'], {}, 'found: none'],
    ['by its address', ['--base-url', ''], {}, 'found: none'],
    ['by the word for another one', ['--target', 'prod'], { CONFIRM_PRODUCTION: 'shop' }, 'found: one for `shop`'],
  ])('%s: is not loaded without its own name once more', async (_, args, env, found) => {
    const refused = await run(['search', ...args.map((arg) => arg || url.replace('127.0.0.1', 'LOCALHOST'))], { env });
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toContain('production target `prod`');
    expect(refused.stderr).toContain(found);
    expect(refused.stderr).toContain('--confirm-production prod (or CONFIRM_PRODUCTION=prod)');
    // Not even asked whether it is there, and no stack was brought up for it.
    expect(arrivals).toEqual([]);
    expect(refused.stderr).not.toContain('starting');
  });

  it('is not loaded beyond its limits: refused with what would fit', async () => {
    const confirmed = ['--target', 'prod', '--confirm-production', 'prod'];
    const long = await run(['search', ...confirmed, '--profile', 'load']);
    expect([long.code, long.stderr]).toEqual([2, expect.stringContaining('--duration 60s fits')]);
    const fast = await run(['search', ...confirmed, '--profile', 'spike', '--duration', '30s']);
    expect([fast.code, fast.stderr]).toEqual([2, expect.stringContaining('--scale 0.4 fits')]);
    expect(arrivals).toEqual([]);
  });

  it('that is confirmed never gets more than its rate, whatever the users would make of it', async () => {
    const args = ['--scale', '20', '--duration', '8s', '--confirm', '0'];
    const held = await run(['search', '--target', 'prod', ...args], { env: { CONFIRM_PRODUCTION: 'prod' } });
    expect(held.summary, held.stderr).toBeDefined();
    expect(held.summary.requests).toBe(arrivals.length);
    // A hundred users who read a second: several times as much.
    expect(arrivals.length).toBeGreaterThan(CAP_RPS * 4);
    expect(busiestSecond()).toBeLessThanOrEqual(CAP_RPS * 1.15);
    expect(held.summary.throughput_rps).toBeLessThanOrEqual(CAP_RPS * 1.05);
    expect(held.summary.completeness.state).toBe('complete');
  });

  it('ends the search for a limit at its rate, and that is no capacity', async () => {
    // Steps of 3 s, from 16 journeys a second on.
    const stairs = ['--profile', 'breakpoint', '--scale', '1.6', '--duration', '300s'];
    const found = await run(['search', '--target', 'prod', ...stairs, '--confirm-production', 'prod']);
    expect(found.code, found.stderr).toBe(0);
    expect(found.summary.limit).toMatchObject({ end: 'capped', capacity_rps: null });
    expect(found.summary.verdict).toContain('the most that the configuration of the target allows');
    expect(busiestSecond()).toBeLessThanOrEqual(CAP_RPS * 1.15);
  });

  it('that a run is not about cannot be reached by it, even by a scenario that tries', async () => {
    const leak = await run(['leak', '--duration', '3s', '--confirm', '0'], {});
    expect(leak.summary, leak.stderr).toBeDefined();
    expect([leak.code, leak.summary.verdict]).toEqual([99, expect.stringContaining('shop.example.com')]);
    const log = readFileSync(join(here.results_dir, leak.summary.testid, 'k6.log'), 'utf8');
    expect(log).toContain('shop.example.com is refused: it is a production host, and this run is not confirmed for it');
  });
});

/** From here on as anybody's system, without limits. */
const FREE = { LOADSTAR_CONFIG: undefined };

describe('an SLO that ends the run', () => {
  it('does so within 5 s of the breach', async () => {
    let broken_ms = 0;
    const onLoad = () =>
      void setTimeout(async () => {
        broken_ms = Date.now();
        const body = JSON.stringify([{ method: 'GET', route: '/api/search', status: 500 }]);
        await fetch(url + DEMO.faults_path, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
      }, 6_000);
    const args = ['--base-url', url, '--duration', '60s', '--abort-on-breach', '3s', '--confirm', '0'];
    const { code, summary, stderr } = await run(['search', ...args], { onLoad, env: FREE });
    await fetch(url + DEMO.faults_path, { method: 'DELETE' });
    expect(code, stderr).toBe(99);
    expect(summary).toMatchObject({ status: 'failed', k6_exit_code: 99, completeness: { state: 'complete' } });
    expect(summary.verdict).toMatch(/error rate ≤ 1 % is .*, and the run was ended there$/);
    expect(broken_ms).toBeGreaterThan(0);
    expect((arrivals.at(-1) ?? 0) - broken_ms).toBeLessThan(5_000);
  });
});

/** A call of `loadstar run` that the test can freeze. */
function started(args: readonly string[], env: Record<string, string | undefined> = {}) {
  arrivals = [];
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'cli', 'loadstar.js'), 'run', ...args, '--json'], {
    cwd: ROOT,
    env: { ...here.env, ...FREE, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const ended = new Promise<{ code: number | null; summaries: RunSummary[]; stderr: string }>((done) =>
    child.on('close', (code) => {
      const summaries = stdout ? (JSON.parse(stdout) as RunSummary[]) : [];
      testids.push(...summaries.map(({ testid }) => testid));
      done({ code, summaries, stderr });
    }),
  );
  return { child, ended };
}

async function untilLoaded(least: number): Promise<void> {
  while (arrivals.length < least) await new Promise((done) => setTimeout(done, 20));
}

/** Journeys that k6 would wait up to half a minute for. */
const LONG = ['--base-url', '', '--duration', '120s', '--scale', '4'];
const long = () => LONG.map((arg) => arg || url);

/** The call of `loadstar stop`, and what has reached the clinic since it was over. */
async function stopped(args: readonly string[] = []) {
  const called_ms = Date.now();
  const result = await here.loadstar(['stop', ...args], { env: FREE });
  const over_ms = Date.now();
  await new Promise((done) => setTimeout(done, 1_500));
  const took_s = Number(/load stopped after ([\d.]+) s/.exec(result.stdout)?.[1]);
  return { ...result, took_s, called_ms, later: arrivals.filter((at) => at > over_ms).length };
}

describe('loadstar stop', () => {
  it('with nothing running says so; an id that does not run is refused', async () => {
    const none = await here.loadstar(['stop'], { env: FREE });
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('no run in progress')]);
    const unknown = await here.loadstar(['stop', 'no-such-run'], { env: FREE });
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('`no-such-run`')]);
  });

  it('ends the load at once, from another terminal: the run keeps its record, and nothing follows it', async () => {
    const going = started(['search,user-login', ...long(), '--notify', 'always']);
    await untilLoaded(30);
    const stop = await stopped();
    expect(stop.code, stop.stderr).toBe(0);
    expect(stop.took_s).toBeLessThan(2);
    expect(stop.later).toBe(0);
    const { code, summaries, stderr } = await going.ended;
    expect(code, stderr).toBe(130);
    expect(summaries).toHaveLength(1);
    const [summary] = summaries as [RunSummary];
    expect(summary).toMatchObject({ status: 'interrupted', completeness: { state: 'complete' } });
    expect(summary.requests).toBe(arrivals.length);
    expect(summary.stopped?.by).toBeTruthy();
    expect(summary.verdict).toMatch(/^stopped by \S+ with `loadstar stop`/);
    const listed = await here.loadstar(['runs', '--json', '--limit', '1']);
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ testid: summary.testid, status: 'interrupted' });
    const inbox = await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`);
    expect(await inbox.text()).toContain(summary.testid);
  });

  it('ends it also where the process of the run does not answer', async () => {
    const going = started(['search', ...long(), '--notify', 'never']);
    await untilLoaded(30);
    going.child.kill('SIGSTOP');
    const stop = await stopped();
    expect(stop.code, stop.stderr).toBe(0);
    expect(stop.took_s).toBeLessThan(2);
    expect(stop.stdout).toContain('does not answer');
    expect(stop.later).toBe(0);
    going.child.kill('SIGCONT');
    const { code, summaries, stderr } = await going.ended;
    expect(code, stderr).toBe(130);
    expect(summaries[0]).toMatchObject({ status: 'interrupted' });
    const none = await here.loadstar(['stop'], { env: FREE });
    expect(none.stdout).toContain('no run in progress');
  });
});
