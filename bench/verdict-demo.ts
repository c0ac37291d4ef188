/**
 * The question that a verdict is for, asked on the demo for real: unchanged runs must not be called regressed, and a route
 * that takes 30 % longer must be, by its name. Each slower build is a branch of its own, held against the same unchanged
 * runs: so none of them learns from another. Goes on where an earlier call with the same state stopped.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../analysis/statistics.ts';
import type { RunSummary } from '../contract/results.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { callLoadstar } from '../tests/lib/loadstar-call.ts';

export interface VerdictDemo {
  readonly root: string;
  /** Of the calls of `loadstar`: its state, ports and engine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly unchanged_runs: number;
  readonly slower_builds: number;
  /** null: as the smoke profile says. */
  readonly duration_s: number | null;
  /** Latency that the route has anyway, so that short runs find it at 100 ms; 0: the demo's own. */
  readonly usual_ms: number;
  /** No new run is begun after this. */
  readonly until: Date;
  readonly say: (text: string) => void;
}

export interface VerdictDemoFigures {
  readonly route: string;
  /** Median p95 of the route in the unchanged runs, and what the slower builds add to it. */
  readonly p95_ms: number;
  readonly added_ms: number;
  readonly unchanged: readonly DemoRun[];
  readonly slower: readonly DemoRun[];
  /** Whether all runs that were asked for are there. */
  readonly whole: boolean;
}

export interface DemoRun {
  readonly testid: string;
  readonly verdict: string;
  readonly repeats: number;
  /** Requests of which a metric has regressed. */
  readonly regressed: readonly string[];
}

const SCENARIO = 'appointment-booking';
const ROUTE = 'POST /api/auth/login';
const SLOWER = 0.3;
/** A smaller p95 is none that the question is asked of. */
const LEAST_P95_MS = 100;
const LONGEST_LIST = 1_000;
const SLOWER_BRANCH = 'slower-';

export async function benchVerdictDemo(demo: VerdictDemo): Promise<VerdictDemoFigures> {
  const done = async () => await allRuns(demo);
  const in_time = () => Date.now() < demo.until.getTime();
  let runs = await done();
  while (in_time() && ofBranch(runs, 'main').length < demo.unchanged_runs) {
    await run(demo, 'main', demo.usual_ms);
    runs = await done();
  }
  if (ofBranch(runs, 'main').length < demo.unchanged_runs) {
    const so_far = ofBranch(runs, 'main').map((record) => figuresOf(demo, record, runs));
    return { route: ROUTE, p95_ms: 0, added_ms: 0, unchanged: so_far, slower: [], whole: false };
  }
  const p95_ms = median(ofBranch(runs, 'main').map((it) => routeP95(demo, it)));
  if (p95_ms < LEAST_P95_MS) throw new Error(`expected ${ROUTE} to have a p95 of ${LEAST_P95_MS} ms, found ${p95_ms}`);
  const added_ms = Math.round(SLOWER * p95_ms);
  const slower = () => runs.filter(({ branch, confirms }) => branch?.startsWith(SLOWER_BRANCH) && confirms === null);
  while (in_time() && slower().length < demo.slower_builds) {
    await run(demo, `${SLOWER_BRANCH}${slower().length + 1}`, demo.usual_ms + added_ms);
    runs = await done();
  }
  const figures = (record: RunRecord) => figuresOf(demo, record, runs);
  const unchanged = ofBranch(runs, 'main').map(figures);
  const whole = unchanged.length >= demo.unchanged_runs && slower().length >= demo.slower_builds;
  return { route: ROUTE, p95_ms, added_ms, unchanged, slower: slower().map(figures), whole };
}

function ofBranch(runs: readonly RunRecord[], branch: string): RunRecord[] {
  return runs.filter((it) => it.branch === branch && it.confirms === null);
}

async function run(demo: VerdictDemo, branch: string, latency_ms: number): Promise<void> {
  const fault = latency_ms > 0 ? ['--demo-fault', `${ROUTE} latency_ms=${latency_ms}`] : [];
  const duration = demo.duration_s === null ? [] : ['--duration', `${demo.duration_s}s`];
  const { code, stderr } = await callLoadstar(demo, ['run', SCENARIO, '--app-branch', branch, ...duration, ...fault])
    .ended;
  const last = stderr.split('\n').filter((line) => line.includes('history  '));
  demo.say(`${branch} (+${latency_ms} ms): exit ${code}; ${last[0]?.trim() ?? stderr}`);
}

/** Oldest first. A run on a saturated generator is no evidence, and is made again. */
async function allRuns(demo: VerdictDemo): Promise<RunRecord[]> {
  const { code, stdout, stderr } = await callLoadstar(demo, ['runs', '--json', '--limit', String(LONGEST_LIST)]).ended;
  if (code !== 0) throw new Error(`loadstar runs ended with ${code}: ${stderr}`);
  const runs = JSON.parse(stdout) as RunRecord[];
  return runs.filter(({ status, generator_saturated }) => status !== 'running' && !generator_saturated).reverse();
}

function summaryOf({ root }: VerdictDemo, { testid }: RunRecord): RunSummary {
  return JSON.parse(readFileSync(join(root, 'results', testid, 'summary.json'), 'utf8')) as RunSummary;
}

function routeP95(demo: VerdictDemo, record: RunRecord): number {
  return summaryOf(demo, record).by_request.find(({ name }) => name === ROUTE)?.p95_ms ?? 0;
}

function figuresOf(demo: VerdictDemo, record: RunRecord, all: readonly RunRecord[]): DemoRun {
  const { comparison } = summaryOf(demo, record);
  const worse = comparison?.metrics.filter(({ verdict }) => verdict === 'regressed') ?? [];
  return {
    testid: record.testid,
    verdict: comparison?.verdict ?? 'not compared',
    repeats: all.filter(({ confirms }) => confirms === record.testid).length,
    regressed: [...new Set(worse.flatMap(({ request }) => request ?? []))],
  };
}
