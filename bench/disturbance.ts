/**
 * A second program on the machine, as a CI runner has it: it takes 0 to 100 % of one core in random bursts. Each burst
 * lasts 0.2 to 2 s and takes a share of the core that is as likely to be 0 as 100 %. The same seed gives the same bursts.
 * By hand: `node --import tsx bench/disturbance.ts --seed 1 --seconds 60`; without `--seconds` it runs until it is stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../analysis/testing/histories.ts';

const FILE = fileURLToPath(import.meta.url);
const SHORTEST_BURST_MS = 200;
const LONGEST_BURST_MS = 2_000;
/** Within a burst the share is kept in slices as short as those of a scheduler. */
const SLICE_MS = 10;

export interface Disturbance {
  readonly pid: number;
  /** Ends it, and waits until it has ended. */
  readonly stop: () => Promise<void>;
}

/** Starts one in a process of its own. It ends with the process that has started it, too. */
export function startDisturbance(seed: number): Disturbance {
  const child = spawn(process.execPath, ['--import', 'tsx', FILE, '--seed', String(seed)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (child.pid === undefined) throw new Error('expected the disturbance to start, but it has no process id');
  return { pid: child.pid, stop: async () => await stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await ended;
}

async function disturb(seed: number, seconds: number): Promise<void> {
  const random = new Random(seed);
  const end_ms = performance.now() + seconds * 1_000;
  while (performance.now() < end_ms) {
    const share = random.next();
    const burst_end_ms = Math.min(end_ms, performance.now() + random.between(SHORTEST_BURST_MS, LONGEST_BURST_MS));
    while (performance.now() < burst_end_ms) {
      const slice_ms = performance.now();
      while (performance.now() - slice_ms < share * SLICE_MS);
      const idle_ms = SLICE_MS - (performance.now() - slice_ms);
      if (idle_ms > 0) await new Promise((done) => setTimeout(done, idle_ms));
    }
  }
}

if (process.argv[1] === FILE) {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, seconds: { type: 'string', default: 'Infinity' } },
  });
  // Without its parent nobody would stop it.
  process.once('disconnect', () => process.exit());
  await disturb(Number(values.seed), Number(values.seconds));
}
