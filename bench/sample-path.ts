/**
 * What a request costs on its way from a virtual user to the output, in the sources that Loadstar's k6 is built from, where
 * nothing else is done: CPU, allocations, and how long virtual users wait, on one core and on all.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../analysis/statistics.ts';
import { VERSIONS } from '../contract/versions.ts';
import { runCommand } from '../lib/command.ts';
import { requireGo, runGo } from '../stack/binaries/go.ts';
import { readK6Candidates } from '../stack/binaries/k6-candidates.ts';
import type { EngineContext } from '../stack/engine/engine.ts';

/** Of one request with its iteration, 13 samples. */
interface Cost {
  readonly cpu_ns: number;
  readonly allocations: number;
  readonly allocated_bytes: number;
  /** The longest that a virtual user waited until its samples were taken. */
  readonly longest_wait_ms: number;
  /** Of all goroutines, for locks. */
  readonly lock_wait_ns: number;
}

export interface SamplePathFigures {
  readonly cores: number;
  readonly users: number;
  readonly none: Cost;
  readonly loadstar: Cost;
  /** CPU against no output in the same round; medians over the rounds. */
  readonly cpu_ratio: number;
  readonly more_cpu_ns: number;
}

export interface SamplePathBench {
  readonly root: string;
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/** So many requests take about half a second. */
const REQUESTS = '300000x';
const NAME = /^BenchmarkSamplePath\/users=(\d+)\/output=(none|loadstar)(?:-(\d+))?\s/;

/** @throws LoadstarError (unusable) without Go, or if k6 cannot be built */
export async function benchSamplePath(context: EngineContext, bench: SamplePathBench): Promise<SamplePathFigures[]> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-sample-path-'));
  try {
    const program = await buildBenchmark(context, bench.root, directory);
    const cores = [...new Set([1, availableParallelism()])];
    const rounds: Map<string, Cost>[] = [];
    for (let round = 1; round <= bench.rounds; round += 1) {
      bench.say(`round ${round} of ${bench.rounds}`);
      const args = ['-test.run=^$', '-test.bench=SamplePath', `-test.benchtime=${REQUESTS}`, `-test.cpu=${cores}`];
      const { ok, stdout, reason } = await runCommand(program, args, { cwd: directory, env: context.env });
      if (!ok) throw new Error(`the benchmark failed: ${reason}`);
      rounds.push(readCosts(stdout));
    }
    return summarise(rounds);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function buildBenchmark(context: EngineContext, root: string, directory: string): Promise<string> {
  const env = await requireGo(context, 'the benchmark', VERSIONS.go_min);
  const k6 = (await readK6Candidates(context.env)).map(({ from }) => from).join(',');
  await runGo(context, 'k6', ['run', './cmd/patch', k6, directory], { cwd: join(root, 'k6', 'output'), env });
  const program = join(directory, 'benchmark');
  const build = ['test', '-mod=mod', '-c', '-o', program, '.'];
  await runGo(context, 'the benchmark', build, { cwd: join(directory, 'output'), env });
  return program;
}

/** By case: cores, users and output. @throws Error where a figure is missing */
function readCosts(stdout: string): Map<string, Cost> {
  const costs = new Map<string, Cost>();
  for (const line of stdout.split('\n')) {
    const [, users, output, cores = '1'] = NAME.exec(line) ?? [];
    if (!users || !output) continue;
    const figure = (unit: string) => {
      const found = new RegExp(`([\\d.e+-]+) ${unit}(?:\\s|$)`).exec(line)?.[1];
      if (found === undefined) throw new Error(`expected a figure in ${unit}, found: ${line}`);
      return Number(found);
    };
    costs.set([cores, users, output].join(), {
      cpu_ns: figure('cpu-ns/op'),
      allocations: figure('allocs/op'),
      allocated_bytes: figure('B/op'),
      longest_wait_ms: figure('longest-wait-ms'),
      lock_wait_ns: figure('lock-wait-ns/op'),
    });
  }
  if (costs.size === 0) throw new Error(`expected lines of BenchmarkSamplePath, found: ${stdout.slice(0, 500)}`);
  return costs;
}

function summarise(rounds: readonly ReadonlyMap<string, Cost>[]): SamplePathFigures[] {
  const cases = [...(rounds[0]?.keys() ?? [])].filter((name) => name.endsWith(',none'));
  return cases.map((name) => {
    const [cores, users] = name.split(',').map(Number) as [number, number];
    const costsOf = (output: string) => rounds.flatMap((round) => round.get([cores, users, output].join()) ?? []);
    const [none, loadstar] = [costsOf('none'), costsOf('loadstar')];
    return {
      cores,
      users,
      none: medianCost(none),
      loadstar: medianCost(loadstar),
      cpu_ratio: median(loadstar.map((cost, round) => cost.cpu_ns / (none[round] ?? cost).cpu_ns)),
      more_cpu_ns: median(loadstar.map((cost, round) => cost.cpu_ns - (none[round] ?? cost).cpu_ns)),
    };
  });
}

function medianCost(costs: readonly Cost[]): Cost {
  const of = (figure: (cost: Cost) => number) => median(costs.map(figure));
  return {
    cpu_ns: of((cost) => cost.cpu_ns),
    allocations: of((cost) => cost.allocations),
    allocated_bytes: of((cost) => cost.allocated_bytes),
    longest_wait_ms: of((cost) => cost.longest_wait_ms),
    lock_wait_ns: of((cost) => cost.lock_wait_ns),
  };
}

export function samplePathTable(figures: readonly SamplePathFigures[]): string[][] {
  const both = (it: SamplePathFigures, text: (cost: Cost) => string) => [text(it.none), text(it.loadstar)].join(', ');
  return [
    [
      'cores',
      'virtual users',
      'CPU ns/request: no output, loadstar',
      'ratio',
      'more, ns',
      'allocations/request',
      'bytes/request',
      'longest wait of a user, ms',
      'waits for locks, ns/request',
    ],
    ...figures.map((it) => [
      String(it.cores),
      String(it.users),
      both(it, ({ cpu_ns }) => cpu_ns.toFixed(0)),
      it.cpu_ratio.toFixed(2),
      it.more_cpu_ns.toFixed(0),
      both(it, ({ allocations }) => String(allocations)),
      both(it, ({ allocated_bytes }) => String(allocated_bytes)),
      both(it, ({ longest_wait_ms }) => longest_wait_ms.toFixed(1)),
      both(it, ({ lock_wait_ns }) => lock_wait_ns.toFixed(1)),
    ]),
  ];
}
