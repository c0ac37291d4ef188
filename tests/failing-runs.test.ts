/** Runs that must fail although nobody stated an SLO for it: a script that throws, errors on everything, a target that is gone. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
let team: string;
let app: Server;
let url: string;
let requests = 0;
/** Headers of the last request. */
let traceparent: string | undefined;

/** Five users of the profile smoke, whose think time comes after what fails. */
const scenario = (run: string) => `import { check } from 'k6';
import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'T', journey: 'J', requests: ['GET /'],
  slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' }, { indicator: 'checks_rate', limit: 1, reason: 'all' }],
  run({ client }) {
    ${run}
  },
});
`;

beforeAll(async () => {
  app = createServer((request, response) => {
    requests += 1;
    traceparent = request.headers.traceparent?.toString();
    response.statusCode = request.url === '/wrong' ? 500 : 200;
    response.end(request.url === '/wrong' ? '{"error":"out of lamps","session_token":"t0p-s3cret"}' : '{}');
  });
  await new Promise<void>((done) => app.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  team = mkdtempSync(join(tmpdir(), 'loadstar-failing-'));
  mkdirSync(join(team, 'loadtests'));
  const write = (name: string, run: string) => writeFileSync(join(team, 'loadtests', `${name}.ts`), scenario(run));
  const checked = `const answer = client.request({ method: 'GET', route: '/' });
    check(answer, { ok: ({ status }) => status === 200 });`;
  write('sound', `${checked}\n    think(0.5);`);
  write('throws', `${checked}\n    (answer.json() as any).items.forEach(think);`);
  write(
    'refused',
    `${checked.replace("'/'", "'/wrong'").replace('200', '500')}\n    if (answer.status === 500) return;`,
  );
  write('gone', `${checked}\n    if (answer.status !== 200) throw new Error('no answer');\n    think(0.5);`);
  write('unmet', `${checked.replace('status === 200', 'status === 204')}`);
  const traces = { sampled_share: 1, url: 'https://traces.example/{trace_id}' };
  const config = { targets: { traced: { base_url: url, traces } } };
  writeFileSync(join(team, 'loadstar.config.ts'), `export default ${JSON.stringify(config)};`);
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts'), K6_LOADSTAR_DEAD_TARGET: '3s' });
});
afterAll(async () => {
  await here.dispose();
  app.close();
  rmSync(team, { recursive: true });
});

async function run(name: string, duration: string, target = ['--base-url', url]) {
  requests = 0;
  const junit = join(team, 'reports', 'junit.xml');
  const args = ['run', name, ...target, '--duration', duration, '--confirm', '0', '--json', '--junit', junit];
  const { code, stdout, stderr } = await here.loadstar(args);
  const [summary] = JSON.parse(stdout) as [RunSummary];
  // A CI server that reads the file alone comes to the same result.
  expect(/<(failure|error) /.test(readFileSync(junit, 'utf8'))).toBe(code !== 0);
  return { code, stderr, summary, failed: summary.slos.filter(({ ok }) => !ok).map(({ indicator }) => indicator) };
}

describe('a run', () => {
  it('passes at a limit that only perfection reaches', async () => {
    const { code, stderr, summary } = await run('sound', '4s');
    expect(code, stderr).toBe(0);
    expect(summary.slos.map(({ indicator, value }) => [indicator, value]).slice(1)).toEqual([
      ['checks_rate', 1],
      ['error_rate', 0],
      ['exception_rate', 0],
    ]);
  });

  it('fails if its script throws, and does not load the target at the speed of the machine', async () => {
    const { code, summary, failed } = await run('throws', '6s');
    expect({ code, failed }).toEqual({ code: 99, failed: ['exception_rate'] });
    expect(summary.verdict).toBe('script exceptions ≤ 1 % is 100 %');
    expect(summary.script_exceptions).toBe(summary.iterations);
    // Five users for six seconds, each at most once a second.
    expect(requests).toBeLessThanOrEqual(5 * 7);
  });

  it('fails if every request does, latency included, and is paced too', async () => {
    const { code, failed, summary, stderr } = await run('refused', '6s');
    expect({ code, failed }).toEqual({ code: 99, failed: ['p95_ms', 'error_rate'] });
    expect(requests).toBeLessThanOrEqual(5 * 7);
    // What the target answered is shown, and the secret in it is not.
    const [example] = summary.examples?.failed ?? [];
    const body = '{"error":"out of lamps","session_token":"***"}';
    expect(example).toMatchObject({ name: 'GET /wrong', url: `${url}/wrong`, status: 500, body, body_bytes: 53 });
    expect(summary.examples?.failed).toHaveLength(3);
    expect(stderr).toContain(`answer: ${body}`);
    expect(traceparent).toBeUndefined();
  });

  it('shows what a failed check was answered, the slowest requests, and where to look at their traces', async () => {
    const { code, summary } = await run('unmet', '4s', ['--target', 'traced']);
    expect(code).toBe(99);
    expect(summary.examples?.failed[0]).toMatchObject({ check: 'ok', status: 200, body: '{}', name: 'GET /' });
    const slowest = summary.examples?.slowest ?? [];
    expect(slowest).toHaveLength(3);
    expect(slowest[0]?.duration_ms).toBeCloseTo(summary.latency?.max_ms ?? 0, 3);
    for (const { trace_id, trace_url } of slowest) {
      expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
      expect(trace_url).toBe(`https://traces.example/${trace_id}`);
    }
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('ends soon after its target is gone, and says so', async () => {
    let gone_ms = 0;
    const first = setInterval(() => {
      if (requests < 10) return;
      clearInterval(first);
      gone_ms = Date.now();
      app.close();
      app.closeAllConnections();
    }, 20);
    const { code, summary } = await run('gone', '60s');
    expect(code).toBe(99);
    expect(summary.verdict).toMatch(/^the target did not answer any request for 3 s, so the load was ended; /);
    expect(summary).toMatchObject({ status: 'failed', k6_exit_code: 99, completeness: { state: 'complete' } });
    expect(Date.parse(summary.ended) - gone_ms).toBeLessThan(15_000);
    expect(summary.requests).toBeLessThan(100);
  });
});
