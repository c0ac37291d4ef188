/** What k6 holds over time at a fixed rate, with thresholds: with Loadstar's output and without any. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../analysis/statistics.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { measure } from './measured-process.ts';
import { k6Arguments, onCores, type Variant } from './outputs.ts';
import { theilSen } from './soak.ts';

export interface MemoryBench {
  readonly influx: InfluxAccess;
  readonly target: string;
  readonly minutes: number;
  /** Requests a second. */
  readonly rate: number;
  /** The first cores of the machine, which are all that k6 gets; null for no limit. */
  readonly cores: number | null;
  readonly say: (text: string) => void;
}

export interface MemoryFigures {
  readonly name: string;
  readonly requests: number;
  readonly dropped_iterations: number;
  readonly cpu_per_request_us: number;
  /** Every {@link READ_S} seconds. */
  readonly resident_mib: readonly number[];
  /** Over the last two thirds. */
  readonly growth_mib_per_min: number;
}

const READ_S = 5;
const MINUTE_S = 60;
const MS_PER_S = 1_000;
const US_PER_S = 1e6;
const MIB = 2 ** 20;
const MOST_STDERR = 2_000;
/** The first third fills pools, and the room that the garbage collector gets. */
const SETTLED_FROM = 1 / 3;

/** One variant after the other: both at once are more than two cores can do. @throws Error where k6 fails */
export async function benchMemory(variants: readonly Variant[], bench: MemoryBench): Promise<MemoryFigures[]> {
  const figures: MemoryFigures[] = [];
  for (const variant of variants) figures.push(await watch(variant, bench));
  return figures;
}

async function watch(variant: Variant, bench: MemoryBench): Promise<MemoryFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-memory-'));
  try {
    const summary = join(directory, 'summary.json');
    const { args, env } = k6Arguments(variant, bench.influx, directory);
    const script = new URL('rate-script.js', import.meta.url).pathname;
    const load = { RATE: String(bench.rate), DURATION: `${bench.minutes * MINUTE_S}s`, THRESHOLDS: 'true' };
    const [program, ...rest] = onCores(bench.cores, [variant.k6, ...args, script]);
    const resident_mib: number[] = [];
    const began_ms = performance.now();
    const { code, cpu_s, stderr } = await measure(
      program,
      rest,
      { ...env, ...load, TARGET: bench.target, SUMMARY: summary },
      ({ resident_bytes }) => {
        const due_s = (resident_mib.length + 1) * READ_S;
        if (performance.now() - began_ms < due_s * MS_PER_S) return;
        const mib = resident_bytes / MIB;
        resident_mib.push(mib);
        if (due_s % MINUTE_S === 0) bench.say(`${variant.name}: ${mib.toFixed(0)} MiB after ${due_s} s`);
      },
    );
    if (code !== 0) throw new Error(`${variant.name}: k6 ended with ${code}: ${stderr.slice(-MOST_STDERR)}`);
    const { requests, dropped } = JSON.parse(readFileSync(summary, 'utf8')) as { requests: number; dropped: number };
    const settled = resident_mib.slice(Math.floor(resident_mib.length * SETTLED_FROM));
    return {
      name: variant.name,
      requests,
      dropped_iterations: dropped,
      cpu_per_request_us: (cpu_s * US_PER_S) / requests,
      resident_mib,
      growth_mib_per_min: theilSen(settled.map((mib, index) => [(index * READ_S) / MINUTE_S, mib] as const)),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function memoryTable(figures: readonly MemoryFigures[]): string[][] {
  return [
    ['output', 'requests made', 'dropped', 'CPU µs/request', 'median MiB', 'most MiB', 'growth, MiB/minute'],
    ...figures.map((it) => [
      it.name,
      String(it.requests),
      String(it.dropped_iterations),
      it.cpu_per_request_us.toFixed(1),
      median(it.resident_mib).toFixed(0),
      Math.max(...it.resident_mib).toFixed(0),
      it.growth_mib_per_min.toFixed(2),
    ]),
  ];
}

/** A dozen lines, however long it took. */
export function memoryOverTime(figures: readonly MemoryFigures[]): string[][] {
  const readings = Math.min(...figures.map(({ resident_mib }) => resident_mib.length));
  const step = Math.max(1, Math.round(readings / 12));
  const shown = Array.from({ length: Math.floor(readings / step) }, (_, index) => (index + 1) * step);
  return [
    ['after, s', ...figures.map(({ name }) => `${name}, MiB`)],
    ...shown.map((reading) => [
      String(reading * READ_S),
      ...figures.map(({ resident_mib }) => (resident_mib[reading - 1] ?? 0).toFixed(0)),
    ]),
  ];
}
