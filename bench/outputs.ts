import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../analysis/statistics.ts';
import { SCRIPT_ENV } from '../contract/env.ts';
import type { OutputName } from '../contract/outputs.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';
import { countingProxy } from './counting-proxy.ts';
import { measure } from './measured-process.ts';

/** One way of measuring: a k6 binary with an output, or without any. */
export interface Variant {
  readonly name: string;
  readonly k6: string;
  readonly output: OutputName | null;
  /** For another binary: what its --out takes, and its environment. */
  readonly out_argument?: string;
}

export interface OutputFigures {
  readonly name: string;
  readonly requests_per_s: number;
  /** Against no output in the same round; median over the rounds. */
  readonly throughput_ratio: number;
  readonly cpu_per_request_us: number;
  readonly cpu_ratio: number;
  readonly peak_mib: number;
  readonly memory_ratio: number;
  readonly points_per_1000_requests: number;
  readonly bytes_per_1000_requests: number;
}

/** CPU a request where all variants run at once and share one core: what else the machine does, it does to all of them. */
export interface SideBySide {
  readonly name: string;
  /** Against the first variant in each round. */
  readonly cpu_ratios: readonly number[];
  readonly cpu_ratio: number;
  readonly memory_ratio: number;
}

interface Round {
  readonly rate: number;
  readonly cpu_us: number;
  readonly peak_mib: number;
}

export interface OutputBench {
  readonly influx: InfluxAccess;
  readonly target: string;
  readonly rounds: number;
  readonly duration_s: number;
  readonly vus: number;
  /** The first cores of the machine, which are all that k6 gets; null for no limit. */
  readonly cores: number | null;
  say(text: string): void;
}

const MIB = 2 ** 20;
const US_PER_S = 1e6;
const COUNTING_DURATION_S = 5;

/** Runs the variants in turn, round after round, so that a machine that changes its speed changes it for all. */
export async function benchOutputs(variants: readonly Variant[], bench: OutputBench): Promise<OutputFigures[]> {
  const rounds = new Map<string, Round[]>(variants.map(({ name }) => [name, []]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const variant of variants) {
      const result = await once(variant, bench, bench.influx, bench.duration_s);
      rounds.get(variant.name)?.push(result);
      bench.say(
        `round ${round} ${variant.name}: ${result.rate.toFixed(0)}/s, ${result.cpu_us.toFixed(0)} µs a request`,
      );
    }
  }
  const figures: OutputFigures[] = [];
  for (const variant of variants) figures.push(await summarise(variant, variants[0], rounds, bench));
  return figures;
}

/** @throws Error where k6 fails */
export async function benchSideBySide(variants: readonly Variant[], bench: OutputBench): Promise<SideBySide[]> {
  const rounds: Round[][] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    bench.say(`round ${round} of all at once on one core`);
    const shared = { ...bench, cores: 1 };
    rounds.push(await Promise.all(variants.map((it) => once(it, shared, bench.influx, bench.duration_s))));
  }
  return variants.map(({ name }, place) => {
    const ratios = (of: (round: Round) => number) => rounds.map((all) => of(all[place] as Round) / of(all[0] as Round));
    const cpu_ratios = ratios((round) => round.cpu_us);
    return { name, cpu_ratios, cpu_ratio: median(cpu_ratios), memory_ratio: median(ratios((it) => it.peak_mib)) };
  });
}

async function summarise(
  variant: Variant,
  reference: Variant | undefined,
  rounds: ReadonlyMap<string, readonly Round[]>,
  bench: OutputBench,
): Promise<OutputFigures> {
  const own = rounds.get(variant.name) ?? [];
  const base = rounds.get(reference?.name ?? '') ?? [];
  const ratio = (of: (round: Round) => number) =>
    median(own.map((round, index) => of(round) / of(base[index] ?? round)));
  const written = variant.output || variant.out_argument ? await countWritten(variant, bench) : { points: 0, bytes: 0 };
  return {
    name: variant.name,
    requests_per_s: median(own.map((round) => round.rate)),
    throughput_ratio: ratio((round) => round.rate),
    cpu_per_request_us: median(own.map((round) => round.cpu_us)),
    cpu_ratio: ratio((round) => round.cpu_us),
    peak_mib: median(own.map((round) => round.peak_mib)),
    memory_ratio: ratio((round) => round.peak_mib),
    points_per_1000_requests: written.points,
    bytes_per_1000_requests: written.bytes,
  };
}

/** Counting costs time, so it has a run of its own. */
async function countWritten(variant: Variant, bench: OutputBench): Promise<{ points: number; bytes: number }> {
  const proxy = await countingProxy(bench.influx.url);
  try {
    const influx = { ...bench.influx, url_for_k6: proxy.url };
    const { rate } = await once(variant, bench, influx, COUNTING_DURATION_S);
    const thousands = (rate * COUNTING_DURATION_S) / 1000;
    const { points, bytes } = proxy.counts();
    return { points: points / thousands, bytes: bytes / thousands };
  } finally {
    proxy.close();
  }
}

async function once(variant: Variant, bench: OutputBench, influx: InfluxAccess, duration_s: number): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-bench-'));
  try {
    const summary = join(directory, 'summary.json');
    const { args, env } = k6Arguments(variant, influx, directory);
    const script = new URL('script.js', import.meta.url).pathname;
    const [program, ...rest] = onCores(bench.cores, [variant.k6, ...args, script]);
    const run = await measure(program, rest, {
      ...env,
      TARGET: bench.target,
      VUS: String(bench.vus),
      DURATION: `${duration_s}s`,
      SUMMARY: summary,
    });
    if (run.code !== 0) throw new Error(`${variant.name}: k6 ended with ${run.code}: ${run.stderr.slice(0, 500)}`);
    const { requests } = JSON.parse(readFileSync(summary, 'utf8')) as { requests: { count: number; rate: number } };
    return {
      rate: requests.rate,
      cpu_us: (run.cpu_s * US_PER_S) / requests.count,
      peak_mib: run.peak_bytes / MIB,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A command line on the first cores of the machine; null for all of them. */
export function onCores(cores: number | null, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return cores === null ? command : ['taskset', '-c', `0-${cores - 1}`, ...command];
}

/** Arguments, without the script, and environment of a run that writes what else it writes to a directory. */
export function k6Arguments(
  variant: Variant,
  influx: InfluxAccess,
  directory: string,
): { args: string[]; env: Record<string, string | undefined> } {
  const output = variant.output
    ? outputArgs([variant.output], {
        influx,
        spool_dir: join(directory, 'spool'),
        report_file: join(directory, 'report.json'),
        own: {},
      })
    : peerArgs(variant, influx);
  // As a run keeps examples: they are part of what it costs.
  const examples =
    variant.output === 'loadstar' ? { [SCRIPT_ENV.examples_file]: join(directory, 'examples.json') } : {};
  const tags = ['--tag', `testid=bench-${Date.now()}`, '--tag', 'instance=bench'];
  return {
    args: ['run', '--address', '', '--quiet', ...tags, ...output.args],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...K6_SETTINGS, ...output.env, ...examples },
  };
}

/** Another k6 gets the variables of both stock outputs: it reads its own. */
function peerArgs(variant: Variant, influx: InfluxAccess): { args: string[]; env: Record<string, string> } {
  if (!variant.out_argument) return { args: [], env: {} };
  const { env } = outputArgs(['influxdb', 'xk6-influxdb'], { influx, spool_dir: '', report_file: '', own: {} });
  return { args: ['--out', variant.out_argument], env };
}
