/** `loadstar runs export` and `import`: a history that moves from one InfluxDB to another and loses nothing. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PortableRun } from '../contract/portable-runs.ts';
import type { RunSummary } from '../contract/results.ts';
import { RunStore } from '../influxdb/runs.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';
import { endOf, startOf } from './lib/records.ts';

let here: Machine;
let there: Machine;
beforeAll(async () => {
  [here, there] = await Promise.all([machine(), machine()]);
});
afterAll(() => Promise.all([here.dispose(), there.dispose()]));

const file = () => join(here.state_dir, 'history.jsonl');
const job_summary = () => join(here.state_dir, 'job-summary.md');
let real_run: RunSummary;
const exported = async (from: Machine, ...args: string[]) => {
  const { code, stdout, stderr } = await from.loadstar(['runs', 'export', ...args]);
  expect(code, stderr).toBe(0);
  return stdout;
};
const parsed = (text: string) =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as PortableRun);
const listed = async (of: Machine) => JSON.parse((await of.loadstar(['runs', '--json'])).stdout) as unknown;

describe('a history', () => {
  beforeAll(async () => {
    const { influx } = await nativeEngine(here.context).up();
    const store = new RunStore({ url: influx.url, org: influx.org, token: influx.tokens.cli });
    // Names and texts that line protocol, CSV and JSON each escape in their own way.
    const odd = startOf('odd-one', { target: 'a b,c=d "e"\\f', branch: 'fix/ü, "x"=\\y', age_s: 7_200 });
    const end = endOf(odd, {
      verdict: 'said "no",\nthen \\ left',
      by_request: [
        { name: 'GET /a b,c="d"', requests: 3, p50_ms: 1, p95_ms: 2.5, p99_ms: 3, max_ms: 4, error_rate: 0 },
      ],
      comparison: {
        verdict: 'regressed',
        sentence: 'p95 is worse',
        baseline: { kind: 'rolling', runs: 5, testid: 'before', branch: null },
        metrics: [
          {
            metric: 'p95_ms',
            request: 'GET /a b,c="d"',
            baseline: 100,
            value: 130,
            change: 0.3,
            difference: 30,
            low: 90,
            high: 110,
            verdict: 'regressed',
            sentence: 'p95 of it is worse',
          },
        ],
      },
    });
    await store.begin(odd, {
      stages: [
        { at: odd.started, text: '5 users in 5 s' },
        { at: new Date(odd.started.getTime() + 5_000), text: '5 users in 20 s' },
      ],
    });
    await store.end(odd, {
      ...end,
      histograms: {
        '': { counts: { b10: 3, 'b-2': 1, z: 2 }, min: 0, max: 1.23 },
        'GET /a b,c="d"': { counts: { b10: 3 }, min: 1.22, max: 1.23 },
      },
      notified: true,
    });
    await store.markShifts('p95_ms', [{ run: odd, shift: 0.31 }]);
    await store.begin(startOf('still-running', { age_s: 60 }));
    const run = await here.loadstar(['run', 'search', '--duration', '4s', '--app-branch', 'main', '--json'], {
      env: { GITHUB_STEP_SUMMARY: job_summary() },
    });
    expect(run.code, run.stderr).toBe(0);
    [real_run] = JSON.parse(run.stdout) as [RunSummary];
  });

  it('goes to another InfluxDB whole: same list, same bytes when exported there again', async () => {
    const out = await here.loadstar(['runs', 'export', '--out', file()]);
    expect(out.code, out.stderr).toBe(0);
    expect(out.stdout).toContain('wrote 3 runs');
    const into = await there.loadstar(['runs', 'import', file()]);
    expect(into.code, into.stderr).toBe(0);
    expect(into.stdout).toContain('imported 3 runs');
    expect(into.stdout).toContain('3 of them new');
    expect(await listed(there)).toEqual(await listed(here));
    expect(await exported(there)).toBe(readFileSync(file(), 'utf8'));
  });

  it('keeps histograms, requests, SLOs, stages and the comparison, with their types', () => {
    const runs = parsed(readFileSync(file(), 'utf8'));
    expect(runs.map(({ testid }) => testid).slice(0, 2)).toEqual(['odd-one', 'still-running']);
    const [odd, , real] = runs as [PortableRun, PortableRun, PortableRun];
    expect(odd).toMatchObject({ target: 'a b,c=d "e"\\f', branch: 'fix/ü, "x"=\\y' });
    expect(odd.record.text).toMatchObject({ verdict: 'said "no",\nthen \\ left', comparison: 'regressed' });
    expect(odd.record.float).toMatchObject({ p95_ms_shift: 0.31 });
    expect(odd.record.text).toMatchObject({ comparison: 'regressed', baseline: 'before' });
    expect(odd.details.find((it) => it.measurement === 'run_comparison')).toMatchObject({
      tags: { metric: 'p95_ms', name: 'GET /a b,c="d"' },
      fields: { float: { baseline: 100, low: 90, high: 110 }, text: { verdict: 'regressed' } },
    });
    expect(odd.record.boolean).toMatchObject({ notified: true });
    expect(odd.details.filter((it) => it.measurement === 'run_stage')).toHaveLength(2);
    const histograms = odd.details.filter((it) => it.measurement === 'run_histogram');
    expect(histograms.map(({ tags, fields }) => [tags?.name, fields.integer, fields.float])).toEqual([
      ['GET /a b,c="d"', { b10: 3 }, { min: 1.22, max: 1.23 }],
      [undefined, { b10: 3, 'b-2': 1, z: 2 }, { min: 0, max: 1.23 }],
    ]);
    const measurements = new Set(real.details.map((it) => it.measurement));
    expect([...measurements].sort()).toEqual([
      'run_comparison',
      'run_histogram',
      'run_request',
      'run_slo',
      'run_stage',
    ]);
    const whole = real.details.find((it) => it.measurement === 'run_histogram' && !it.tags);
    const samples = Object.values(whole?.fields.integer ?? {}).reduce((sum, count) => sum + count, 0);
    expect(samples).toBe(real.record.integer?.requests);
    expect(real.record.float?.p95_ms).toBeGreaterThan(0);
  });

  it('is what the JSON schema says, line by line', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'contract', 'portable-runs.schema.json'), 'utf8')) as object;
    const check = new Ajv().compile(schema);
    for (const line of readFileSync(file(), 'utf8').trim().split('\n')) {
      expect(check(JSON.parse(line)), JSON.stringify(check.errors)).toBe(true);
    }
  });

  it('a second time changes nothing', async () => {
    const again = await there.loadstar(['runs', 'import', file()]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('0 of them new');
    expect(await exported(there)).toBe(readFileSync(file(), 'utf8'));
  });

  it('can be narrowed by scenario and age', async () => {
    const ids = async (...args: string[]) => parsed(await exported(here, ...args)).map(({ testid }) => testid);
    expect(await ids('--scenario', 'appointment-booking')).toEqual([]);
    expect(await ids('--scenario', 'search,appointment-booking')).toHaveLength(3);
    expect(await ids('--since', '1h')).not.toContain('odd-one');
    expect(await ids('--since', '1h')).toHaveLength(2);
    const wrong = await here.loadstar(['runs', 'export', '--since', 'yesterday']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/expected --since .*\n.*found: `yesterday`\n.*next:/);
  });

  it('that is damaged is not imported at all, and the line is named', async () => {
    const damaged = join(there.state_dir, 'damaged.jsonl');
    const [header, ...runs] = readFileSync(file(), 'utf8').trim().split('\n');
    const fresh = JSON.stringify({ ...startedAnew(runs[0] ?? '') });
    writeFileSync(damaged, [header, fresh, '{"testid":'].join('\n'));
    const before = await exported(there);
    const refused = await there.loadstar(['runs', 'import', damaged]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('in line 3');
    expect(refused.stderr).not.toContain('    at ');
    expect(await exported(there)).toBe(before);
  });
});

describe('in CI', () => {
  it('each run is added to the summary of the job, and summary.md says the same', () => {
    const text = readFileSync(job_summary(), 'utf8');
    expect(text).toMatch(/^### ✓ PASSED: search \(smoke\)/);
    expect(text).toContain(real_run.testid.slice(0, 16));
    const own = readFileSync(join(here.results_dir, real_run.testid, 'summary.md'), 'utf8');
    expect(own.split('\n')[0]).toBe(text.split('\n')[0]);
  });

  it('the history goes to a branch, and from there into an InfluxDB', async () => {
    const remote = join(here.state_dir, 'remote.git');
    execFileSync('git', ['init', '--quiet', '--bare', remote]);
    const none = await here.loadstar(['ci', 'restore', '--remote', remote]);
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('no branch loadstar-history yet')]);
    const saved = await here.loadstar(['ci', 'save', file(), '--remote', remote]);
    expect(saved.code, saved.stderr).toBe(0);
    expect(saved.stdout).toContain('has 3 runs, 3 of them new');
    const restored = await there.loadstar(['ci', 'restore', '--remote', remote]);
    expect(restored.code, restored.stderr).toBe(0);
    expect(restored.stdout).toContain('imported 3 runs from the branch loadstar-history: 0 of them new');
    const nowhere = await there.loadstar(['ci', 'restore', '--remote', join(here.state_dir, 'none.git')]);
    expect(nowhere.code).toBe(4);
  });

  it('a pull request has one comment, updated by the next run', async () => {
    const comments: { id: number; body: string }[] = [];
    const github = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const body = text ? (JSON.parse(text) as { body: string }).body : '';
      if (request.method === 'POST') comments.push({ id: 1, body });
      if (request.method === 'PATCH') comments[0] = { id: 1, body };
      response.end(JSON.stringify(request.method === 'GET' ? comments : {}));
    });
    await new Promise<void>((listening) => github.listen(0, '127.0.0.1', listening));
    const results = join(here.state_dir, 'results');
    cpSync(join(here.results_dir, real_run.testid), join(results, real_run.testid), { recursive: true });
    const env = {
      GITHUB_API_URL: `http://127.0.0.1:${(github.address() as AddressInfo).port}`,
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_TOKEN: 'very-secret',
    };
    const args = ['ci', 'comment', '--pull-request', '7', '--results', results];
    const first = await here.loadstar(args, { env });
    const second = await here.loadstar(args, { env });
    await new Promise((closed) => github.close(closed));
    expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('created the comment on #7 of acme/shop')]);
    expect(second.stdout).toContain('updated the comment');
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(/^<!-- loadstar: load test -->\n\n## Load test: 1 scenario passed\n/);
    const printed = await here.loadstar([...args, '--print']);
    expect(printed.stdout.trim()).toBe(comments[0]?.body.trim());
    const without = await here.loadstar(args);
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('no GITHUB_TOKEN and GITHUB_REPOSITORY'),
    ]);
  });
});

/** The same run as one that nobody has yet. */
function startedAnew(line: string): PortableRun {
  const run = JSON.parse(line) as PortableRun;
  return { ...run, testid: 'fresh', started: '2026-01-01T00:00:00.000Z', record: { text: { testid: 'fresh' } } };
}
