/**
 * What `loadstar` names as the cause of slow requests, on causes that are known: faults of the demo clinic that each exhaust
 * one resource, in random order with runs that have no fault, and with runs that are slow for a reason that no telemetry
 * sees. Each run has a demo of its own. Goes on where an earlier call with the same state stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Random } from '../analysis/testing/histories.ts';
import type { Causes } from '../contract/causes.ts';
import { DEMO_TELEMETRY } from '../contract/demo.ts';
import { LOOPBACK } from '../contract/ports.ts';
import type { RunSummary } from '../contract/results.ts';
import { callLoadstar } from '../tests/lib/loadstar-call.ts';

interface Kind {
  readonly title: string;
  /** null: none. */
  readonly fault: string | null;
  /** The components that are the cause. Empty: to name any is wrong. */
  readonly components: readonly string[];
}

export const CAUSE_KINDS = {
  pool: { title: 'pool of connections (`pool=1`)', fault: '* * pool=1', components: ['db'] },
  cpu: { title: 'CPU burn (`cpu_ms=24`)', fault: '* * cpu_ms=24', components: ['cpu'] },
  lock: { title: 'lock (`lock_ms=70`)', fault: '* * lock_ms=70', components: ['locks'] },
  payments: { title: 'slow dependency (`payments_ms=400`)', fault: '* * payments_ms=400', components: ['payments'] },
  memory: { title: 'memory pressure (`memory_mib=500`)', fault: '* * memory_mib=500', components: ['gc', 'memory'] },
  cache: { title: 'cache off (`cache=off`)', fault: '* * cache=off', components: ['cache'] },
  none: { title: 'no fault', fault: null, components: [] },
  unseen: {
    title: 'slow without a cause that telemetry sees (`latency_ms=300`)',
    fault: '* * latency_ms=300',
    components: [],
  },
} as const satisfies Record<string, Kind>;

export type CauseKind = keyof typeof CAUSE_KINDS;
const KINDS: Readonly<Record<CauseKind, Kind>> = CAUSE_KINDS;

/** A run to make. */
interface Planned {
  readonly kind: CauseKind;
  readonly in_middle: boolean;
}

export interface CauseRun extends Planned {
  readonly testid: string;
  readonly code: number | null;
  readonly p95_ms: number | null;
  readonly symptom: Causes['symptom'] | null;
  /** The most likely first. */
  readonly named: readonly { readonly component: string; readonly series: string; readonly sentence: string }[];
}

export interface CausesBench {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly state_dir: string;
  /** Of the demo. */
  readonly port: number;
  /** Of each kind; half of those without a cause have no fault. */
  readonly runs_a_kind: number;
  readonly baseline_runs: number;
  /** No run is begun after this. */
  readonly until: Date;
  readonly say: (text: string) => void;
}

export interface CausesFigures {
  readonly baseline_runs: number;
  readonly runs: readonly CauseRun[];
  readonly is_whole: boolean;
}

const SEED = 18_018;
const TARGET = 'clinic';
const JOURNEYS_PER_S = 7;
const LOAD_S = 18;
const AROUND_S = 3;
/** From the start of the demo to the middle of the load: Loadstar and Telegraf start, and look at the target before it. */
const MIDDLE_S = 2 + AROUND_S + LOAD_S / 2;
const FAST_PATH = '/api/services';
const FAST_VUS = 20;
const FAST_S = 10;

export async function benchCauses(bench: CausesBench): Promise<CausesFigures> {
  const file = join(bench.state_dir, 'cause-runs.json');
  const state = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { baseline: number; runs: CauseRun[] })
    : { baseline: 0, runs: [] };
  const keep = () => writeFileSync(file, JSON.stringify(state, null, 2));
  const in_time = () => Date.now() < bench.until.getTime();
  const config = writeConfig(bench);
  while (in_time() && state.baseline < bench.baseline_runs) {
    await runOnce(bench, config, { kind: 'none', in_middle: false }, 'main');
    state.baseline += 1;
    keep();
  }
  const order = planRuns(bench.runs_a_kind);
  while (in_time() && state.runs.length < order.length) {
    const planned = order[state.runs.length];
    if (!planned) break;
    // A branch of its own: it is compared with the baseline runs, and no later run is compared with it.
    state.runs.push(await runOnce(bench, config, planned, `case-${state.runs.length + 1}`));
    keep();
  }
  return { baseline_runs: state.baseline, runs: state.runs, is_whole: state.runs.length === order.length };
}

/** In an order that is drawn once: what the machine does meanwhile hits all kinds alike. */
export function planRuns(runs_a_kind: number): Planned[] {
  const planned = (Object.keys(KINDS) as CauseKind[]).flatMap((kind) =>
    Array.from({ length: runs_a_kind }, (_, index): Planned => ({ kind, in_middle: index % 2 === 1 })),
  );
  const random = new Random(SEED);
  return planned
    .map((it) => ({ it, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ it }) => it);
}

function writeConfig({ state_dir, port }: CausesBench): string {
  const url = `http://${LOOPBACK}:${port}`;
  const scrape = (DEMO_TELEMETRY.scrape ?? []).map((endpoint) => ({ ...endpoint, url: `${url}${endpoint.url}` }));
  const telemetry = { ...DEMO_TELEMETRY, around_s: AROUND_S, scrape };
  const directory = join(state_dir, 'team');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'loadstar.config.ts');
  writeFileSync(file, `export default ${JSON.stringify({ targets: { [TARGET]: { base_url: url, telemetry } } })};\n`);
  return file;
}

async function runOnce(bench: CausesBench, config: string, planned: Planned, branch: string): Promise<CauseRun> {
  const { kind, in_middle } = planned;
  const { fault } = KINDS[kind];
  const demo = await startDemo(bench, fault && in_middle ? `${fault} after_s=${MIDDLE_S}` : fault);
  try {
    const script = join(bench.root, 'bench', 'causes-script.js');
    const load = ['-e', `JOURNEYS_PER_S=${JOURNEYS_PER_S}`, '-e', `DURATION=${LOAD_S}s`];
    const options = ['--target', TARGET, '--config', config, '--app-branch', branch, '--confirm', '0', '--json'];
    const { code, stdout, stderr } = await callLoadstar(bench, ['run', script, ...load, ...options]).ended;
    if (stdout === '') throw new Error(`expected a run, found exit code ${code}: ${stderr}`);
    const { testid, latency, causes } = onlySummary(stdout);
    const ranked = causes?.ranked ?? [];
    bench.say(`${kind}${in_middle ? ' in the middle' : ''}: exit ${code}; ${ranked[0]?.sentence ?? 'no cause named'}`);
    return {
      ...planned,
      testid,
      code,
      p95_ms: latency?.p95_ms ?? null,
      symptom: causes?.symptom ?? null,
      named: ranked.map(({ component, series, sentence }) => ({ component, series, sentence })),
    };
  } finally {
    await stop(demo);
  }
}

/** @param stdout of a call with `--json` that made one run */
export function onlySummary(stdout: string): RunSummary {
  const [summary] = JSON.parse(stdout) as RunSummary[];
  if (!summary) throw new Error('expected the summary of a run, found none');
  return summary;
}

/** A run of as many requests as the generator can make, of a clinic without latency of its own. */
export async function telemetryCostRun<T>(
  bench: CausesBench,
  measure: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  const config = writeConfig(bench);
  const demo = await startDemo(bench, null, ['--latency', 'off']);
  try {
    const env = {
      TARGET: `http://${LOOPBACK}:${bench.port}${FAST_PATH}`,
      VUS: FAST_VUS,
      DURATION: `${FAST_S}s`,
      SUMMARY: join(bench.state_dir, 'fast.json'),
    };
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    return await measure([
      join(bench.root, 'bench', 'script.js'),
      '--target',
      TARGET,
      '--config',
      config,
      ...variables,
    ]);
  } finally {
    await stop(demo);
  }
}

async function startDemo(
  { root, port }: CausesBench,
  fault: string | null,
  more: readonly string[] = [],
): Promise<ChildProcess> {
  const args = ['--import', 'tsx', join(root, 'demo', 'bin.ts'), '--port', String(port), '--exit-with-parent'];
  const child = spawn(process.execPath, [...args, ...(fault ? ['--fault', fault] : []), ...more], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const up = new Promise<boolean>((done) => createInterface({ input: child.stdout }).once('line', () => done(true)));
  const ended = new Promise<boolean>((done) => child.once('close', () => done(false)));
  if (!(await Promise.race([up, ended]))) throw new Error(`expected the demo clinic to listen on port ${port}`);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await ended;
}

type Table = string[][];

/** A row a kind of cause, and one of them all. */
export function causesTable(runs: readonly CauseRun[]): Table {
  const kinds = (Object.keys(KINDS) as CauseKind[]).filter((kind) => KINDS[kind].components.length > 0);
  const row = (title: string, own: readonly CauseRun[]) => [
    title,
    String(own.length),
    countOf(own, ({ symptom }) => symptom !== null),
    countOf(own, (run) => placeOf(run) === 0),
    countOf(own, (run) => placeOf(run) >= 0 && placeOf(run) < 3),
    countOf(own, (run) => run.named.length > 0 && placeOf(run) !== 0),
    countOf(own, ({ named }) => named.length === 0),
  ];
  const of = (kind: CauseKind) => runs.filter((run) => run.kind === kind);
  const head = ['fault', 'runs', 'slow', 'true component first', 'in the first three', 'another first', 'none named'];
  return [head, ...kinds.map((kind) => row(KINDS[kind].title, of(kind))), row('all', kinds.flatMap(of))];
}

/** A row a kind of run without a cause, and one of them all. */
export function noCausesTable(runs: readonly CauseRun[]): Table {
  const kinds = (Object.keys(KINDS) as CauseKind[]).filter((kind) => KINDS[kind].components.length === 0);
  const row = (title: string, own: readonly CauseRun[]) => [
    title,
    String(own.length),
    countOf(own, ({ symptom }) => symptom !== null),
    countOf(own, ({ named }) => named.length > 0),
  ];
  const of = (kind: CauseKind) => runs.filter((run) => run.kind === kind);
  return [
    ['fault', 'runs', 'slow', 'a cause named'],
    ...kinds.map((kind) => row(KINDS[kind].title, of(kind))),
    row('all', kinds.flatMap(of)),
  ];
}

/** Of the true component among those that are named; -1: it is not. */
function placeOf({ kind, named }: CauseRun): number {
  return named.findIndex(({ component }) => KINDS[kind].components.includes(component));
}

function countOf(runs: readonly CauseRun[], is: (run: CauseRun) => boolean): string {
  return String(runs.filter(is).length);
}
