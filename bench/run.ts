/**
 * `make bench`: what measuring costs, and how fast the results can be read. Ratios within one run, medians of
 * interleaved rounds. Writes bench/results/<part>.md and .json. `--only sample-path,outputs,faults,queries,layouts,
 * dashboards,scale,level-shifts,verdicts,requests`
 * (or just the names), `--rounds N`, `--seconds N`, `--scale-seconds N`. `verdict-demo` takes half an hour and is run by name alone; `--verdict-runs N`, `--verdict-builds N`,
 * `--verdict-seconds N` and `--verdict-usual-ms N` for short runs, `--state DIR --minutes N` to do it in pieces. `soak` is
 * run by name alone too: `--minutes N --rate N --state DIR`, with Grafana where GRAFANA_HOME has one. `ab` is, with `--minutes N`,
 * `--ab-same N`, `--ab-tenth N`, `--ab-twentieth N` and `--state DIR` to do it in pieces. `generator-delay` is, with
 * `--delay-runs N` and `--delay-seconds N`. `causes` is, with `--causes-runs N` of each kind, `--causes-baseline N`, `--rounds N`
 * and `--state DIR --minutes N` to do it in pieces. `memory` is, with `--minutes N --rate N`; `--cores N` is how many cores its k6
 * and that of `outputs` get. K6_BIN_PEER and OUT_PEER add another k6 binary with its output.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { RunSummary } from '../contract/results.ts';
import { commandContext } from '../lib/context.ts';
import { freePort } from '../lib/free-port.ts';
import { findK6 } from '../stack/binaries/k6.ts';
import type { Engine, EngineContext, InfluxAccess } from '../stack/engine/engine.ts';
import { engineContext } from '../stack/engine/engine-context.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { callLoadstar } from '../tests/lib/loadstar-call.ts';
import { runsUnderWay } from '../tests/lib/processes.ts';
import { type AbRun, abSimulationTable, abTable, benchAb, mergeRecordings } from './ab.ts';
import { benchCauses, type CausesFigures, causesTable, noCausesTable, telemetryCostRun } from './causes.ts';
import { timeDashboard, writeRuns } from './dashboards.ts';
import { benchFault, type Fault } from './faults.ts';
import { freshness_s } from './freshness.ts';
import { benchHistory, benchKnownTarget, CONDITIONS, type ComparedRun, possibleConditions } from './generator-delay.ts';
import { benchLevelShifts } from './level-shifts.ts';
import { benchMemory, memoryOverTime, memoryTable } from './memory.ts';
import { benchOutputs, benchSideBySide, type Variant } from './outputs.ts';
import { type HourInput, layoutCost, measureDiskUse, timeQueries, writeHour } from './queries.ts';
import { releasedK6 } from './released-k6.ts';
import { benchRequests } from './requests.ts';
import { benchSamplePath, samplePathTable } from './sample-path.ts';
import { generatorCosts, type ScaleCase, type ScaleCost, scaleCost, scaleTable } from './scale.ts';
import { benchSoak, type SoakFigures, type SoakPart } from './soak.ts';
import { type TelemetryCost, telemetryCost } from './telemetry-cost.ts';
import { benchVerdictDemo, type DemoRun } from './verdict-demo.ts';
import { benchVerdicts } from './verdicts.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
/** Before it measures: other programs slow what is measured. */
const LOAD_AVERAGE = Math.round(loadavg()[0] ?? 0);
const MIB = 2 ** 20;

const DEFAULT_PARTS = 'sample-path,outputs,faults,queries,layouts,dashboards,scale,level-shifts,verdicts,requests';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: DEFAULT_PARTS },
    histories: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    hour: { type: 'string', default: '3600' },
    'scale-seconds': { type: 'string', default: '10' },
    'verdict-runs': { type: 'string', default: '20' },
    'verdict-builds': { type: 'string', default: '10' },
    'verdict-seconds': { type: 'string' },
    'verdict-usual-ms': { type: 'string', default: '0' },
    'ab-same': { type: 'string', default: '40' },
    'ab-tenth': { type: 'string', default: '20' },
    'ab-twentieth': { type: 'string', default: '20' },
    'delay-runs': { type: 'string', default: '40' },
    'delay-seconds': { type: 'string', default: '20' },
    'causes-runs': { type: 'string', default: '10' },
    'causes-baseline': { type: 'string', default: '6' },
    state: { type: 'string' },
    minutes: { type: 'string', default: '120' },
    rate: { type: 'string', default: '200' },
    cores: { type: 'string' },
  },
});
const say = (text: string) => void process.stderr.write(`${text}\n`);

type Table = readonly (readonly string[])[];

/** @param more further tables of the same page, by title */
function publish(
  part: string,
  title: string,
  table: Table,
  data: object,
  more: Readonly<Record<string, Table>> = {},
): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = ([head = [], ...rows]: Table) => [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
  const further = Object.entries(more).flatMap(([name, rows]) => [`## ${name}`, '', ...lines(rows)]);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${process.platform}, load average ${LOAD_AVERAGE}, ${new Date().toISOString().slice(0, 10)}`;
  const text = [`# ${title}`, '', machine, '', ...lines(table), ...further].join('\n');
  mkdirSync(join(ROOT, 'bench', 'results'), { recursive: true });
  writeFileSync(join(ROOT, 'bench', 'results', `${part}.md`), text);
  writeFileSync(join(ROOT, 'bench', 'results', `${part}.json`), `${JSON.stringify({ machine, ...data }, null, 2)}\n`);
  process.stdout.write(`${text}\n`);
}

async function outputs(k6: string, influx: InfluxAccess, target: string, released: string | null): Promise<void> {
  const { K6_BIN_PEER, OUT_PEER } = process.env;
  const own: Variant[] = [
    { name: 'no output', k6, output: null },
    { name: 'loadstar', k6, output: 'loadstar' },
    ...(released ? [{ name: 'no output, k6 as released', k6: released, output: null }] : []),
  ];
  const variants: Variant[] = [
    ...own,
    { name: 'influxdb (built in)', k6, output: 'influxdb' },
    ...(K6_BIN_PEER && OUT_PEER
      ? [{ name: `${OUT_PEER} (peer)`, k6: K6_BIN_PEER, output: null, out_argument: OUT_PEER }]
      : []),
  ];
  const rounds = Number(values.rounds);
  const duration_s = Number(values.seconds);
  const bench = { influx, target, rounds, duration_s, vus: 20, cores: values.cores ? Number(values.cores) : null, say };
  const figures = await benchOutputs(variants, bench);
  const beside = await benchSideBySide(own, bench);
  const fresh_s = await freshness_s(k6, influx, target);
  const rows = figures.map((it) => [
    it.name,
    it.requests_per_s.toFixed(0),
    it.throughput_ratio.toFixed(3),
    it.cpu_per_request_us.toFixed(0),
    it.cpu_ratio.toFixed(3),
    it.peak_mib.toFixed(0),
    it.memory_ratio.toFixed(2),
    it.points_per_1000_requests.toFixed(1),
    (it.bytes_per_1000_requests / 1024).toFixed(2),
  ]);
  const head = [
    'output',
    'requests/s',
    'ratio',
    'CPU µs/request',
    'ratio',
    'peak MiB',
    'ratio',
    'points/1000 requests',
    'KiB sent/1000 requests',
  ];
  publish(
    'outputs',
    `What measuring costs: medians of ${rounds} interleaved rounds of ${duration_s} s, 20 users as fast as they can`,
    [head, ...rows, ['sample to queryable (loadstar)', `${fresh_s.toFixed(2)} s`, '', '', '', '', '', '', '']],
    { rounds, duration_s, cores: bench.cores, figures, freshness_s: fresh_s, beside },
    {
      'All at once on one core: ratios in the same seconds': [
        ['k6', 'CPU a request', 'from', 'to', 'memory'],
        ...beside.map((it) => [
          it.name,
          it.cpu_ratio.toFixed(3),
          Math.min(...it.cpu_ratios).toFixed(3),
          Math.max(...it.cpu_ratios).toFixed(3),
          it.memory_ratio.toFixed(2),
        ]),
      ],
    },
  );
}

/** For long enough that what grows would show. */
async function memory(k6: string, influx: InfluxAccess, target: string): Promise<void> {
  const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
  const cores = values.cores ? Number(values.cores) : null;
  const variants = [
    { name: 'no output', k6, output: null },
    { name: 'loadstar', k6, output: 'loadstar' },
  ] as const;
  const figures = await benchMemory(variants, { influx, target, minutes, rate, cores, say });
  publish(
    'memory',
    `What k6 holds: ${minutes} minutes at ${rate} requests/s, with six thresholds`,
    memoryTable(figures),
    { minutes, rate, cores, figures },
    { 'Over time': memoryOverTime(figures) },
  );
}

/** From a virtual user to the output, without requests. */
async function samplePath(): Promise<void> {
  const state_dir = mkdtempSync(join(tmpdir(), 'loadstar-bench-state-'));
  try {
    const rounds = Number(values.rounds);
    const figures = await benchSamplePath(await benchContext(state_dir), { root: ROOT, rounds, say });
    publish(
      'sample-path',
      `The path of a request's 13 samples from a virtual user to the output: medians of ${rounds} rounds`,
      samplePathTable(figures),
      { rounds, figures },
    );
  } finally {
    rmSync(state_dir, { recursive: true, force: true });
  }
}

async function queries(context: EngineContext, influx: InfluxAccess): Promise<void> {
  const input: HourInput = {
    testid: 'bench-hour',
    seconds: Number(values.hour),
    rate: 5_000,
    series: 20,
    layout: 'field',
  };
  const engine_dir = join(context.state_dir, 'influxdb', 'engine');
  const before = measureDiskUse(engine_dir);
  say(`writing ${input.seconds} s at ${input.rate} requests/s in ${input.series} series`);
  const written = await writeHour(ROOT, influx, input);
  const timed = await timeQueries(influx, input);
  const disk = measureDiskUse(engine_dir) - before;
  const rows = timed.map((it) => [it.title, it.median_ms.toFixed(0), String(it.rows), it.p95_ms?.toFixed(2) ?? '']);
  rows.push(
    ['points written', String(written.points), '', ''],
    ['line protocol, MiB', (written.bytes / MIB).toFixed(0), '', ''],
  );
  rows.push(['on disk before compaction, MiB', (disk / MIB).toFixed(0), '', '']);
  publish(
    'queries',
    `Reading a run of ${input.seconds} s × ${input.rate} requests/s × ${input.series} series`,
    [['query', 'median ms', 'rows', 'p95 ms'], ...rows],
    { input, written, disk_bytes: disk, timed },
  );
}

const MANY_RUNS = 1_000;
const HOUR_RUN = 'bench-dashboards';

/** Live while a long, fast run goes on, and Runs over many of them. */
async function dashboards(influx: InfluxAccess): Promise<void> {
  const seconds = Number(values.hour);
  say(`writing all metrics of ${seconds} s at 5,000 requests/s, and ${MANY_RUNS} runs`);
  const input: HourInput = { testid: HOUR_RUN, seconds, rate: 5_000, series: 20, layout: 'field', metrics: 'all' };
  await writeRuns(influx, MANY_RUNS);
  const written = await writeHour(ROOT, influx, input);
  const to = new Date();
  const chosen = { run: HOUR_RUN, against: HOUR_RUN, scenario: 'search', target: 'bench', to };
  const ago = (duration_s: number) => new Date(to.getTime() - duration_s * 1_000);
  const timed = [
    ['the last 15 minutes, as it opens', await timeDashboard(influx, 'live', { ...chosen, from: ago(900) })],
    ['the whole run', await timeDashboard(influx, 'live', { ...chosen, from: ago(seconds + 60) })],
    [`${MANY_RUNS} runs`, await timeDashboard(influx, 'runs', { ...chosen, from: ago((MANY_RUNS + 10) * 86_400) })],
    [`${MANY_RUNS} runs`, await timeDashboard(influx, 'slos', { ...chosen, from: ago((MANY_RUNS + 10) * 86_400) })],
  ] as const;
  publish(
    'dashboards',
    `Asking all that a dashboard shows, of a run of ${seconds} s × 5000 requests/s × 20 series, and of ${MANY_RUNS} runs`,
    [
      ['dashboard', 'time shown', 'queries', 'all at once, ms', 'one by one, ms', 'slowest'],
      ...timed.map(([shown, it]) => [
        it.title,
        shown,
        String(it.queries),
        it.all_ms.toFixed(0),
        it.sum_ms.toFixed(0),
        it.each_ms
          .slice(0, 3)
          .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
          .join(', '),
      ]),
    ],
    { input, written, timed },
  );
}

/** Without a merger, up to where Live takes seconds: more would be all that is measured. */
const SCALE_CASES: readonly ScaleCase[] = [20, 140].flatMap((names) => [
  ...[1, 4].map((instances) => ({ instances, names, is_merged: false })),
  ...[1, 4, 16, 64, 100].map((instances) => ({ instances, names, is_merged: true })),
]);

/** One InfluxDB under a run of several generators: docs/scale.md rests on it. */
async function scale(engine: Engine, context: EngineContext, k6: string, influx: InfluxAccess): Promise<void> {
  const input = { root: ROOT, context, influx, seconds: Number(values['scale-seconds']), rate: 2_000 };
  const launcher = await engine.k6();
  const costs: ScaleCost[] = [];
  for (const of of SCALE_CASES) {
    say(`${of.instances} generators, ${of.names} names, ${of.is_merged ? 'merged' : 'as they are'}`);
    costs.push(await scaleCost(input, launcher, of));
  }
  say('scenarios with many users');
  const generators = await generatorCosts(input, k6);
  publish(
    'scale',
    `A run of several generators in one InfluxDB: ${input.seconds} s × ${input.rate} requests/s each, all metrics`,
    scaleTable(costs, input.seconds),
    { seconds: input.seconds, rate: input.rate, costs, generators },
    {
      'One generator, built-in scenarios against the demo': [
        ['scenario', 'users', 'requests/s', 'k6 CPU, µs/request', 'peak MiB', 'series', 'points/s', 'sent KiB/s'],
        ...generators.map((it) => [
          it.scenario,
          String(it.users),
          it.requests_per_s.toFixed(0),
          it.cpu_per_request_us.toFixed(0),
          it.peak_mib.toFixed(0),
          String(it.series),
          it.points_per_s.toFixed(0),
          it.sent_kib_per_s.toFixed(1),
        ]),
      ],
    },
  );
}

/** How many runs a bucket of 30 days may hold: what a run adds to the index counts so often. */
const RUNS_KEPT = 200;

/** A histogram's place in InfluxDB: a field a bucket, or a point a bucket. */
async function layouts(influx: InfluxAccess): Promise<void> {
  const rows: string[][] = [];
  const data: object[] = [];
  for (const layout of ['field', 'tag'] as const) {
    const input: HourInput = { testid: `layout-${layout}`, seconds: 300, rate: 5_000, series: 20, layout };
    const started_ms = Date.now();
    const written = await writeHour(ROOT, influx, input);
    const write_s = (Date.now() - started_ms) / 1_000;
    const { series, query_ms } = await layoutCost(influx, input);
    rows.push([
      layout,
      String(written.points),
      (written.bytes / MIB).toFixed(1),
      write_s.toFixed(1),
      String(series),
      String(series * RUNS_KEPT),
      query_ms.toFixed(0),
    ]);
    data.push({ layout, written, write_s, series, query_ms });
  }
  const head = [
    'layout',
    'points',
    'line protocol MiB',
    'write s',
    'series a run',
    `in ${RUNS_KEPT} runs`,
    'p95 query ms',
  ];
  publish(
    'layouts',
    'A histogram as a field a bucket, or as a point a bucket: 5 minutes at 5,000 requests/s in 20 series',
    [head, ...rows],
    { data },
  );
}

/** InfluxDB stalled, and killed: what arrives, and what it costs the generator. */
async function faults(
  engine: Engine,
  context: EngineContext,
  k6: string,
  influx: InfluxAccess,
  target: string,
): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    const file = join(context.state_dir, 'influxdb', 'pid.json');
    process.kill((JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid, name);
  };
  const none = { from_s: 0, for_s: 0, begin: () => undefined, end: () => undefined };
  const list: Fault[] = [
    { ...none, name: 'none, 5,000 requests/s', rate: 5_000, duration_s: 60 },
    {
      name: 'stalled for 120 s, 5,000 requests/s',
      rate: 5_000,
      duration_s: 140,
      from_s: 10,
      for_s: 120,
      begin: () => signal('SIGSTOP'),
      end: () => signal('SIGCONT'),
    },
    {
      name: 'killed for 30 s, 500 requests/s',
      rate: 500,
      duration_s: 60,
      from_s: 15,
      for_s: 30,
      begin: () => signal('SIGKILL'),
      end: async () => void (await engine.up()),
    },
  ];
  const rows: string[][] = [];
  const data: object[] = [];
  for (const fault of list) {
    const it = await benchFault(k6, influx, target, fault);
    say(`${it.name}: ${it.stored} of ${it.sent} samples stored`);
    rows.push([
      it.name,
      `${it.requests} of ${it.wanted_requests}`,
      String(it.dropped_iterations),
      String(it.sent),
      String(it.stored),
      it.peak_mib.toFixed(0),
    ]);
    data.push(it);
  }
  const head = ['InfluxDB', 'requests made', 'dropped iterations', 'samples sent', 'stored', 'peak MiB'];
  publish('faults', 'InfluxDB away in the middle of a run at a fixed rate', [head, ...rows], { data });
}

/** Pure arithmetic: needs neither k6 nor InfluxDB. */
function levelShifts(): void {
  const { changes, shapes, times, data } = benchLevelShifts(say);
  publish(
    'level-shifts',
    'Level shifts in whole histories: real ones (SAP SE, CC-BY-4.0), the part that nothing was chosen on, and generated ones',
    changes,
    data,
    { 'By shape of the generated noise': shapes, 'Time to search': times },
  );
}

/** Pure arithmetic too. */
function verdicts(): void {
  const { newest, sizes, data } = benchVerdicts(say);
  publish(
    'verdicts',
    'Verdicts on real histories (SAP SE, CC-BY-4.0) with implanted shifts of 5 to 50 %, the part that nothing was chosen on',
    newest,
    data,
    { 'Quiet stretches, by size of the shift': sizes },
  );
}

/** Seeds and recorded runs that nothing was chosen on. */
const REQUESTS_SEED = 31_000_000;

/** Needs neither k6 nor InfluxDB: the latencies are recorded. */
function requests(): void {
  const histories = Number(values.histories);
  const { unchanged, slower, data } = benchRequests({ seed: REQUESTS_SEED, histories, half: 'report', say });
  publish(
    'requests',
    `Verdicts on runs of five requests: ${histories} histories, resampled from recorded latencies (bench/latencies), from the half that nothing was chosen on`,
    unchanged,
    data,
    { 'One route is slower': slower },
  );
}

/** Unchanged builds and slower ones, judged on the demo. */
async function verdictDemo(context: EngineContext): Promise<void> {
  const seconds = values['verdict-seconds'];
  const demo = await benchVerdictDemo({
    root: ROOT,
    env: {
      ...context.env,
      ENGINE: 'native',
      NOTIFY: 'never',
      NO_COLOR: '1',
      DEMO_PORT: String(await freePort()),
      LIVE_VIEW_PORT: String(await freePort()),
    },
    unchanged_runs: Number(values['verdict-runs']),
    slower_builds: Number(values['verdict-builds']),
    duration_s: seconds === undefined ? null : Number(seconds),
    usual_ms: Number(values['verdict-usual-ms']),
    until: new Date(Date.now() + Number(values.minutes) * MS_PER_MINUTE),
    say,
  });
  if (!demo.whole) return say(`so far ${demo.unchanged.length} unchanged runs and ${demo.slower.length} slower builds`);
  const count = (runs: readonly DemoRun[], is: (run: DemoRun) => boolean) => String(runs.filter(is).length);
  const row = (name: string, runs: readonly DemoRun[]) => [
    name,
    String(runs.length),
    count(runs, ({ verdict }) => verdict === 'regressed'),
    count(runs, ({ regressed }) => regressed.includes(demo.route)),
    count(runs, ({ regressed }) => regressed.some((name) => name !== demo.route)),
    count(runs, ({ verdict }) => verdict === 'suspected'),
    String(runs.reduce((sum, { repeats }) => sum + repeats, 0)),
  ];
  publish(
    'verdict-demo',
    `Verdicts on the demo: ${seconds ? `smoke runs of ${seconds} s` : 'smoke runs'}, ${demo.route} at a p95 of ${demo.p95_ms.toFixed(0)} ms, and 30 % more (+${demo.added_ms} ms)`,
    [
      ['build', 'runs', 'regressed', 'naming the route', 'naming another', 'suspected', 'repeats'],
      row('unchanged', demo.unchanged),
      row('slower', demo.slower),
    ],
    { seconds: seconds ?? null, ...demo },
  );
}

/** What the generator's own delay does, and what is said of it. */
async function generatorDelay(context: EngineContext, k6: string, influx: InfluxAccess): Promise<void> {
  const duration_s = Number(values['delay-seconds']);
  const known = await benchKnownTarget({ root: ROOT, k6, influx, duration_s, say });
  const ports = { DEMO_PORT: String(await freePort()), LIVE_VIEW_PORT: String(await freePort()) };
  const runs = Number(values['delay-runs']);
  const starved = Math.ceil(runs / 4);
  const compared = await benchHistory({
    root: ROOT,
    env: { ...context.env, ENGINE: 'native', NOTIFY: 'never', NO_COLOR: '1', ...ports },
    quiet_runs: 10,
    runs: { bursts: runs, stopped: starved, ...(possibleConditions().includes('quota') ? { quota: starved } : {}) },
    duration_s,
    k6Pid: () => runsUnderWay(context)[0]?.k6 ?? null,
    say,
  });
  const effects = known.map((it) => [
    CONDITIONS[it.condition],
    `p${it.share * 100}`,
    it.measured_ms.toFixed(1),
    it.added_ms.toFixed(1),
    it.effect_ms.toFixed(1),
    it.effect_ms >= Math.max(20, 0.1 * (it.measured_ms - it.effect_ms)) ? 'no' : 'yes',
  ]);
  const usual = (run: ComparedRun) => Math.abs(run.ratio - 1) <= 0.1;
  const history = [...new Set(compared.map(({ condition }) => condition))].map((condition) => {
    const own = compared.filter((it) => it.condition === condition);
    const count = (is: (run: ComparedRun) => boolean) => String(own.filter(is).length);
    return [
      CONDITIONS[condition],
      String(own.length),
      count(usual),
      count((run) => usual(run) && run.is_judged),
      count((run) => run.is_judged),
      count(({ verdict }) => verdict === 'suspected'),
      count(({ verdict }) => verdict === 'regressed'),
    ];
  });
  publish(
    'generator-delay',
    `The load generator's own delay: ${duration_s} s, against a target that states its own time`,
    [['beside it', 'percentile', 'measured, ms', 'added by k6, ms', 'effect, ms at most', 'compared'], ...effects],
    { duration_s, known, compared },
    {
      [`Runs of the demo against 10 quiet runs of ${duration_s} s`]: [
        [
          'beside it',
          'runs',
          'p95 within 10 % of quiet',
          'of these, p95 compared',
          'p95 compared',
          'suspected',
          'regressed',
        ],
        ...history,
      ],
    },
  );
}

const MS_PER_MINUTE = 60_000;

/** Two builds compared on a disturbed machine, for real, and simulated from what was recorded of equal ones. */
async function ab(): Promise<void> {
  const state_dir = values.state ?? mkdtempSync(join(tmpdir(), 'loadstar-ab-'));
  const names = ['INFLUX_PORT', 'GRAFANA_PORT', 'DEMO_PORT', 'INBOX_PORT', 'LIVE_VIEW_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const here = { ENGINE: 'native', NO_COLOR: '1', GRAFANA_HOME: '', LOADSTAR_HOME: state_dir };
  const env = { ...process.env, ...here, RESULTS_DIR: join(state_dir, 'results'), ...Object.fromEntries(ports) };
  const asked = (name: 'ab-same' | 'ab-tenth' | 'ab-twentieth') => Number(values[name]);
  const runs = await benchAb({
    root: ROOT,
    env,
    state_dir,
    ports: [await freePort(), await freePort()],
    runs: { same: asked('ab-same'), tenth: asked('ab-tenth'), twentieth: asked('ab-twentieth') },
    until: new Date(Date.now() + Number(values.minutes) * MS_PER_MINUTE),
    say,
  });
  publishAb(runs);
  await callLoadstar({ root: ROOT, env }, ['down', '--force']).ended;
  if (!values.state) rmSync(state_dir, { recursive: true, force: true });
}

function publishAb(runs: readonly AbRun[]): void {
  const recording = mergeRecordings(runs.flatMap((run) => run.recording ?? []));
  const simulation = recording && abSimulationTable(recording, say);
  publish(
    'ab',
    '`loadstar ab` beside a program that takes 0 to 100 % of a core in bursts (bench/disturbance.ts): the demo, `appointment-booking`',
    abTable(runs),
    { runs, ...(simulation ? { simulation: simulation.data } : {}) },
    simulation ? { 'Sequences drawn from the pairs of the same build twice': simulation.table } : {},
  );
}

/** Known causes, and what is named as the cause; and what it costs to look. */
async function causes(): Promise<void> {
  const state_dir = values.state ?? mkdtempSync(join(tmpdir(), 'loadstar-causes-'));
  const names = ['INFLUX_PORT', 'GRAFANA_PORT', 'DEMO_PORT', 'INBOX_PORT', 'LIVE_VIEW_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const here = { ENGINE: 'native', NOTIFY: 'never', NO_COLOR: '1', GRAFANA_HOME: '', LOADSTAR_HOME: state_dir };
  const env = { ...process.env, ...here, RESULTS_DIR: join(state_dir, 'results'), ...Object.fromEntries(ports) };
  const bench = {
    root: ROOT,
    env,
    state_dir,
    port: await freePort(),
    runs_a_kind: Number(values['causes-runs']),
    baseline_runs: Number(values['causes-baseline']),
    until: new Date(Date.now() + Number(values.minutes) * MS_PER_MINUTE),
    say,
  };
  try {
    const figures = await benchCauses(bench);
    if (!figures.is_whole)
      return say(`so far ${figures.baseline_runs} baseline runs and ${figures.runs.length} others`);
    const rounds = Number(values.rounds);
    const cost = await telemetryCostRun(
      bench,
      async (args) => await telemetryCost({ root: ROOT, env }, args, rounds, say),
    );
    publishCauses(figures, cost);
  } finally {
    await callLoadstar({ root: ROOT, env }, ['down', '--force']).ended;
    if (!values.state) rmSync(state_dir, { recursive: true, force: true });
  }
}

function publishCauses({ baseline_runs, runs }: CausesFigures, cost: TelemetryCost): void {
  const costs = cost.rounds.map(({ requests_per_s: { on, off }, ...telegraf }) => [
    on.toFixed(0),
    off.toFixed(0),
    (on / off).toFixed(3),
    ((telegraf.telegraf_cpu_s / telegraf.telegraf_s) * 100).toFixed(1),
    (telegraf.telegraf_peak_bytes / MIB).toFixed(0),
  ]);
  publish(
    'causes',
    `Causes named for known faults of the demo, after ${baseline_runs} runs without a fault: half of the faults from the start, half in the middle of the load`,
    causesTable(runs),
    { baseline_runs, runs, cost },
    {
      'Runs without a cause': noCausesTable(runs),
      [`Cost of telemetry: ratio of throughput ${cost.throughput_ratio.toFixed(3)}, median of the rounds`]: [
        ['requests/s with', 'without', 'ratio', 'Telegraf, % of a core', 'Telegraf, MiB at most'],
        ...costs,
      ],
    },
  );
}

/** Everything of one machine at a fixed rate for long: what leaks, what grows, what is lost. */
async function soak(): Promise<void> {
  const state_dir = values.state ?? mkdtempSync(join(tmpdir(), 'loadstar-soak-'));
  const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
  const names = ['INFLUX_PORT', 'GRAFANA_PORT', 'DEMO_PORT', 'INBOX_PORT', 'LIVE_VIEW_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const env = {
    ...process.env,
    ENGINE: 'native',
    NO_COLOR: '1',
    LOADSTAR_HOME: state_dir,
    ...Object.fromEntries(ports),
  };
  const figures = await benchSoak({ root: ROOT, state_dir, env, minutes, rate, say });
  const title = `${minutes} minutes at ${rate} requests/s: generator, target, InfluxDB and Grafana on one machine`;
  const { summary, memory } = figures;
  publish('soak', title, soakMemory(figures), { rate, minutes, memory, run: soakRun(summary) }, soakTables(figures));
  if (!values.state) rmSync(state_dir, { recursive: true, force: true });
}

function soakMemory({ memory }: SoakFigures): Table {
  const rows = Object.entries(memory).map(([part, it]) => [
    part,
    it.cores.toFixed(2),
    it.first_mib.toFixed(0),
    it.last_mib.toFixed(0),
    it.resident_mib_per_h.toFixed(1),
    it.anonymous_mib_per_h.toFixed(1),
  ]);
  const head = ['part', 'CPU, cores', 'first minute, MiB', 'last, MiB', 'growth, MiB/h', 'without mapped files, MiB/h'];
  return [head, ...rows];
}

/** What the run itself came to: its whole summary would be hundreds of lines that nobody compares. */
function soakRun({ completeness, requests, dropped_iterations, latency, generator, error_rate }: RunSummary) {
  return {
    requests,
    dropped_iterations,
    error_rate,
    p95_ms: latency?.p95_ms ?? null,
    samples_sent: completeness.samples_sent,
    samples_stored: completeness.samples_stored,
    data: completeness.state,
    generator_effect_p95_ms: generator?.effects?.p95_ms ?? null,
  };
}

function soakTables({ minutes, summary }: SoakFigures): Record<string, Table> {
  const it = soakRun(summary);
  const run = [
    ['requests made', String(it.requests)],
    ['dropped iterations', String(it.dropped_iterations)],
    ['failed requests', `${(it.error_rate * 100).toFixed(3)} %`],
    ['p95, ms', it.p95_ms?.toFixed(1) ?? ''],
    ['samples sent', String(it.samples_sent)],
    ['samples stored', String(it.samples_stored)],
    ['data', it.data],
    ["generator's own delay in p95, ms, at most", it.generator_effect_p95_ms?.toFixed(1) ?? ''],
  ];
  const parts = Object.keys(minutes[0]?.parts ?? {}) as SoakPart[];
  const tenth = minutes.filter((_, index) => (index + 1) % Math.max(1, Math.round(minutes.length / 12)) === 0);
  const over_time = tenth.map((it) => [
    (it.at_s / 60).toFixed(0),
    ...parts.map((part) => it.parts[part]?.resident_mib.toFixed(0) ?? ''),
    (it.disk_bytes / MIB).toFixed(1),
    it.live_ms.toFixed(0),
    it.live_whole_ms.toFixed(0),
  ]);
  const head = ['minute', ...parts.map((part) => `${part}, MiB`), 'disk, MiB', 'Live, 15 minutes, ms', 'whole run, ms'];
  return { 'The run': [['what', 'how much'], ...run], 'Over time': [head, ...over_time] };
}

/** Of an own state, with free ports. */
async function benchContext(state_dir: string): Promise<EngineContext> {
  const stop = new AbortController();
  return engineContext(
    commandContext({
      args: [],
      env: {
        ...process.env,
        LOADSTAR_HOME: state_dir,
        INFLUX_PORT: String(await freePort()),
        INBOX_PORT: String(await freePort()),
        DEMO_PORT: String(await freePort()),
        GRAFANA_HOME: '',
      },
      cwd: ROOT,
      root: ROOT,
      node_path: process.execPath,
      stdout: process.stdout,
      stderr: process.stderr,
      stop: stop.signal,
      force: stop.signal,
    }),
  );
}

/** Everything that needs a load generator and a database. */
async function withStack(parts: readonly string[]): Promise<void> {
  const state_dir = values.state ?? mkdtempSync(join(tmpdir(), 'loadstar-bench-state-'));
  const context = await benchContext(state_dir);
  const engine = nativeEngine(context);
  const target = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bench', 'target.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const { influx } = await engine.up();
    const { path: k6, version } = await findK6(context);
    const port = await new Promise<string>((known) => createInterface({ input: target.stdout }).once('line', known));
    if (parts.includes('outputs')) {
      const released = await releasedK6(context, version, state_dir);
      await outputs(k6, influx, `http://127.0.0.1:${port}`, released);
    }
    if (parts.includes('memory')) await memory(k6, influx, `http://127.0.0.1:${port}`);
    if (parts.includes('queries')) await queries(context, influx);
    if (parts.includes('faults')) await faults(engine, context, k6, influx, `http://127.0.0.1:${port}`);
    if (parts.includes('layouts')) await layouts(influx);
    if (parts.includes('dashboards')) await dashboards(influx);
    if (parts.includes('scale')) await scale(engine, context, k6, influx);
    if (parts.includes('verdict-demo')) await verdictDemo(context);
    if (parts.includes('generator-delay')) await generatorDelay(context, k6, influx);
  } finally {
    target.kill();
    await engine.down();
    if (!values.state) rmSync(state_dir, { recursive: true, force: true });
  }
}

const parts = (positionals.length > 0 ? positionals.join(',') : values.only).split(',');
if (parts.includes('level-shifts')) levelShifts();
if (parts.includes('verdicts')) verdicts();
if (parts.includes('requests')) requests();
if (parts.includes('sample-path')) await samplePath();
if (parts.includes('soak')) await soak();
if (parts.includes('ab')) await ab();
if (parts.includes('causes')) await causes();
const WITHOUT_STACK = ['level-shifts', 'verdicts', 'requests', 'sample-path', 'soak', 'ab', 'causes'];
if (parts.some((part) => !WITHOUT_STACK.includes(part))) await withStack(parts);
