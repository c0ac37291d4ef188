/** Two builds of the demo, compared for real: the slower one is found and named, and nothing that was started is left. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import { SUMMARY_FILE } from '../contract/run-files.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { isPortTaken } from '../stack/native/service.ts';
import { type Machine, machine } from './lib/machine.ts';
import { portForLater } from './lib/ports.ts';

const SCENARIO = 'appointment-booking';
/** The least that blocks of two seconds can decide anything in. */
const SHORT = ['--block', '2s', '--budget', '96s'];
const ONE_COMPARISON_MS = 180_000;
const DEMO = 'node --import tsx demo/bin.ts --port $PORT';

let here: Machine;
let ports: readonly string[];
beforeAll(async () => {
  here = await machine({ NOTIFY: 'never' });
  ports = [String(await portForLater()), String(await portForLater())];
});
afterAll(() => here.dispose());

const onPorts = () => ['--base-port', ports[0] as string, '--head-port', ports[1] as string];
const areFree = async () => !(await Promise.all(ports.map((port) => isPortTaken(Number(port))))).includes(true);
const records = async () => JSON.parse((await here.loadstar(['runs', '--json'])).stdout) as RunRecord[];

describe('two builds', () => {
  let head: RunSummary;
  let code: number | null;
  let text: string;
  beforeAll(async () => {
    const slower = `${DEMO} --fault 'POST /api/auth/login latency_ms=60'`;
    const build = [
      '--base-cmd',
      DEMO,
      '--head-cmd',
      slower,
      ...onPorts(),
      '--head-commit',
      '4f2c1d9',
      '--notify',
      'on-failure',
    ];
    const { stdout, stderr, code: exit_code } = await here.loadstar(['ab', SCENARIO, ...build, ...SHORT, '--json']);
    if (stdout === '') throw new Error(`no summary, and exit code ${exit_code}: ${stderr}`);
    head = JSON.parse(stdout) as RunSummary;
    code = exit_code;
    text = stderr;
  }, ONE_COMPARISON_MS);

  it('of which head is slower in one request: it is found and named, and the exit code says so', () => {
    expect(code, text).toBe(3);
    expect(head).toMatchObject({ status: 'passed', exit_code: 3, app: { commit: '4f2c1d9' } });
    const worse = head.ab?.requests.filter(({ verdict }) => verdict === 'regressed') ?? [];
    expect(worse.map(({ request }) => request)).toEqual(['POST /api/auth/login']);
    expect(worse[0]?.difference_ms).toBeGreaterThan(30);
    expect(worse[0]?.low).toBeGreaterThan(0);
    expect(head.ab?.sentence).toContain('POST /api/auth/login');
    expect(text).toContain('REGRESSED');
  });

  it('of which head is slower are told to Slack, once', () => {
    expect(text.match(/notification sent to the local inbox/g)).toHaveLength(1);
  });

  it('had the load in turns, in balanced groups', () => {
    expect(head.ab?.blocks.order).toMatch(/^(ABBA|BAAB)+(AB|BA)?$/);
    expect(head.ab?.requests[0]?.pairs.length).toBeGreaterThan(10);
  });

  it('leave a run each, with its files, and what they have printed', () => {
    const { base } = head.ab as NonNullable<RunSummary['ab']>;
    const directory = join(here.results_dir, base.testid);
    const summary = JSON.parse(readFileSync(join(directory, SUMMARY_FILE), 'utf8')) as RunSummary;
    expect(summary).toMatchObject({ status: 'passed', exit_code: 0, ab_run: { side: 'base', other: head.testid } });
    expect(summary.completeness.state).toBe('complete');
    expect(readFileSync(join(directory, 'build.log'), 'utf8')).toContain('listening');
    expect(existsSync(join(here.results_dir, head.testid, 'report.html'))).toBe(true);
  });

  it('are ended, and their runs are in no history', async () => {
    expect(await areFree()).toBe(true);
    const found = await records();
    expect(found.map(({ ab_run, comparison }) => [ab_run?.side, comparison]).sort()).toEqual([
      ['base', null],
      ['head', null],
    ]);
    const { code: exit_code, stderr } = await here.loadstar(['baseline', 'set', head.testid, '--why', 'x']);
    expect([exit_code, stderr]).toEqual([2, expect.stringContaining('a side of `loadstar ab`')]);
  });
});

it(
  'one build compared with itself has not regressed',
  async () => {
    const [port] = ports;
    const build = ['--base-cmd', DEMO, ...onPorts(), '--head', `http://127.0.0.1:${port}`];
    const { stdout, stderr, code } = await here.loadstar(['ab', SCENARIO, ...build, ...SHORT, '--json']);
    expect(code, stderr).toBe(0);
    const { ab } = JSON.parse(stdout) as RunSummary;
    expect(['same', 'unclear']).toContain(ab?.verdict);
    expect(ab?.head.target.base_url).toBe(ab?.base.target.base_url);
  },
  ONE_COMPARISON_MS,
);

it('a build that ends at once is said, with the end of its log, and the other one is ended', async () => {
  const build = ['--base-cmd', DEMO, '--head-cmd', 'echo no database; exit 7', ...onPorts()];
  const { code, stderr } = await here.loadstar(['ab', SCENARIO, ...build, ...SHORT]);
  expect(code).toBe(4);
  expect(stderr).toContain('the build of head to answer');
  expect(stderr).toContain('it ended with code 7');
  expect(stderr).toContain('no database');
  expect(await areFree()).toBe(true);
});

it('Ctrl-C ends both runs and both builds', async () => {
  const build = ['--base-cmd', DEMO, '--head-cmd', DEMO, ...onPorts()];
  let is_sent = false;
  const { code, stdout } = await here.loadstar(['ab', SCENARIO, ...build, ...SHORT, '--json'], {
    onOutput(stderr, kill) {
      if (is_sent || !stderr.includes('in turns')) return;
      is_sent = true;
      kill('SIGINT');
    },
  });
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted', ab: { end: 'cut', verdict: 'unclear' } });
  expect(await areFree()).toBe(true);
}, 60_000);
