/**
 * What a busy machine and a starved generator do to latencies, and what Loadstar says of it. First against a target that
 * states its own time, so that the generator's part is known; then in runs of the demo that are compared with a history.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { latencyEffect } from '../analysis/generator-delay.ts';
import { median } from '../analysis/statistics.ts';
import { histogramOfValues } from '../analysis/testing/histogram-of.ts';
import type { OutputReport } from '../contract/output-report.ts';
import type { RunSummary } from '../contract/results.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';
import { callLoadstar } from '../tests/lib/loadstar-call.ts';
import { limitCpu, noQuotaReason, type Release, stopEachSecond } from '../tests/lib/starve.ts';
import { startDisturbance } from './disturbance.ts';

export const CONDITIONS = {
  quiet: 'nothing else',
  bursts: 'a program takes 0 to 100 % of a core in bursts',
  busy: 'programs take all cores',
  stopped: 'SIGSTOP for 200 ms each second',
  quota: 'CPU quota of a tenth of a core',
} as const;

export type Condition = keyof typeof CONDITIONS;

/** Applies a condition from now on. @param k6_pid null before k6 has started */
type Apply = (k6_pid: number) => Release;

function apply(condition: Condition, seed: number): Apply {
  switch (condition) {
    case 'quiet':
      return () => async () => {};
    case 'bursts':
      return () => startDisturbance(seed).stop;
    case 'busy':
      return () => keepBusy();
    case 'stopped':
      return (pid) => stopEachSecond(pid, 200);
    case 'quota':
      return (pid) => limitCpu(pid, 0.1);
  }
}

function keepBusy(): Release {
  const children = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return async () => {
    const ended = children.map((child) => new Promise((done) => child.once('close', done)));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  };
}

export function possibleConditions(): Condition[] {
  const all = Object.keys(CONDITIONS) as Condition[];
  return noQuotaReason() === null ? all : all.filter((it) => it !== 'quota');
}

/** Of one percentile: what k6 measured, what the generator had added, and what Loadstar says it can have added at most. */
export interface KnownEffect {
  readonly condition: Condition;
  readonly share: number;
  readonly measured_ms: number;
  readonly added_ms: number;
  readonly effect_ms: number;
}

export interface KnownTarget {
  readonly root: string;
  readonly k6: string;
  readonly influx: InfluxAccess;
  readonly duration_s: number;
  readonly say: (text: string) => void;
}

const SHARES = [0.5, 0.95, 0.99];
/** So many percentiles stand for a distribution. */
const STEPS = 1_000;
const VUS = 20;

export async function benchKnownTarget(bench: KnownTarget): Promise<KnownEffect[]> {
  const target = spawn(process.execPath, ['--import', 'tsx', join(bench.root, 'bench', 'timed-target.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const port = await new Promise<string>((known) => createInterface({ input: target.stdout }).once('line', known));
    const effects: KnownEffect[] = [];
    for (const condition of possibleConditions()) {
      effects.push(...(await effectsUnder(condition, bench, `http://127.0.0.1:${port}`)));
      bench.say(`${condition}: ${JSON.stringify(effects.slice(-SHARES.length))}`);
    }
    return effects;
  } finally {
    target.kill();
  }
}

async function effectsUnder(condition: Condition, bench: KnownTarget, target: string): Promise<KnownEffect[]> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-bench-'));
  try {
    const [summary_file, report_file] = [join(directory, 'summary.json'), join(directory, 'report.json')];
    const output = outputArgs(['loadstar'], {
      influx: bench.influx,
      spool_dir: join(directory, 'spool'),
      report_file,
      own: {},
    });
    const script = join(bench.root, 'bench', 'timed-script.js');
    const tags = ['--tag', `testid=bench-${Date.now()}`];
    const env = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, ...K6_SETTINGS, ...output.env },
      ...{ TARGET: target, VUS: String(VUS), STEPS: String(STEPS) },
      ...{ DURATION: `${bench.duration_s}s`, SUMMARY: summary_file },
    };
    const k6 = spawn(bench.k6, ['run', '--address', '', '--quiet', ...tags, ...output.args, script], {
      env,
      stdio: 'ignore',
    });
    const ended = new Promise((done) => k6.once('close', done));
    const release = apply(condition, 1)(pidOf(k6));
    await ended;
    await release();
    const { measured, stated } = JSON.parse(readFileSync(summary_file, 'utf8')) as Record<string, number[]>;
    const { generator } = JSON.parse(readFileSync(report_file, 'utf8')) as OutputReport;
    if (!(measured && stated && generator.delayed)) throw new Error('expected latencies and delays of k6');
    const histogram = histogramOfValues(measured);
    return SHARES.map((share) => {
      const at = (values: readonly number[]) => values[Math.round(share * STEPS)] ?? 0;
      const effect_ms = latencyEffect(histogram, share, generator.delayed ?? {});
      return { condition, share, measured_ms: at(measured), added_ms: at(measured) - at(stated), effect_ms };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('expected k6 to start, but it has no process id');
  return pid;
}

export interface HistoryBench {
  readonly root: string;
  /** Of the calls of `loadstar`: its state, ports and engine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly quiet_runs: number;
  readonly runs: Readonly<Partial<Record<Condition, number>>>;
  readonly duration_s: number;
  readonly k6Pid: () => number | null;
  readonly say: (text: string) => void;
}

/** A run that is compared with the quiet ones. */
export interface ComparedRun {
  readonly condition: Condition;
  readonly p95_ms: number;
  /** p95 relative to the median of the quiet runs. */
  readonly ratio: number;
  readonly effect_ms: number | null;
  /** Whether p95 was compared. */
  readonly is_judged: boolean;
  readonly verdict: string;
  readonly exit_code: number | null;
}

const SCENARIO = 'search';

/** Each run is on a branch of its own, so that none of them becomes the history of another. */
export async function benchHistory(bench: HistoryBench): Promise<ComparedRun[]> {
  const quiet: RunSummary[] = [];
  for (let count = 0; count < bench.quiet_runs; count += 1)
    quiet.push((await oneRun(bench, 'main', 'quiet', 0)).summary);
  const usual_ms = median(quiet.map(({ latency }) => latency?.p95_ms ?? 0));
  const compared: ComparedRun[] = [];
  for (const [condition, count] of Object.entries(bench.runs) as [Condition, number][]) {
    for (let seed = 1; seed <= count; seed += 1) {
      const { summary, exit_code } = await oneRun(bench, `${condition}-${seed}`, condition, seed);
      const p95_ms = summary.latency?.p95_ms ?? 0;
      compared.push({
        condition,
        p95_ms,
        ratio: p95_ms / usual_ms,
        effect_ms: summary.generator?.effects?.p95_ms ?? null,
        is_judged: summary.comparison?.metrics.some((it) => it.metric === 'p95_ms' && it.request === null) ?? false,
        verdict: summary.comparison?.verdict ?? 'not compared',
        exit_code,
      });
      bench.say(JSON.stringify(compared.at(-1)));
    }
  }
  return compared;
}

const START_MS = 60_000;

async function oneRun(
  bench: HistoryBench,
  branch: string,
  condition: Condition,
  seed: number,
): Promise<{ summary: RunSummary; exit_code: number | null }> {
  const args = ['run', SCENARIO, '--scale', '4', '--duration', `${bench.duration_s}s`, '--app-branch', branch];
  const call = callLoadstar(bench, [...args, '--confirm', '0', '--json']);
  const deadline_ms = Date.now() + START_MS;
  while (bench.k6Pid() === null && Date.now() < deadline_ms) await new Promise((done) => setTimeout(done, 20));
  const release = apply(condition, seed)(bench.k6Pid() ?? 0);
  const { code, stdout, stderr } = await call.ended;
  await release();
  const [summary] = stdout === '' ? [] : (JSON.parse(stdout) as RunSummary[]);
  if (!summary) throw new Error(`the run left no summary: ${stderr}`);
  return { summary, exit_code: code };
}
