import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../analysis/statistics.ts';
import { SCRIPT_ENV } from '../contract/env.ts';
import type { K6Summary } from '../contract/k6-summary.ts';
import type { OutputReport } from '../contract/output-report.ts';
import type { ScenarioName } from '../contract/scenarios.ts';
import type { Slo } from '../contract/slo.ts';
import { sloQuery } from '../grafana/alerting/queries.ts';
import { queryApi } from '../influxdb/connection.ts';
import { RunStore } from '../influxdb/runs.ts';
import { bundleScenarios } from '../project/bundle.ts';
import { builtInScenarios } from '../project/catalogue.ts';
import { toHeadline } from '../runs/judge/summary.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { EngineContext, InfluxAccess, K6Launcher } from '../stack/engine/engine.ts';
import { startMerger } from '../stack/engine/merger.ts';
import { startDemoProcess } from '../stack/native/demo.ts';
import { influxDirectory } from '../stack/native/influxd.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';
import { findRunningPid } from '../stack/native/service.ts';
import { startOf } from '../tests/lib/records.ts';
import { timeDashboard } from './dashboards.ts';
import { measure } from './measured-process.ts';
import { cpuTime_s, processUse } from './process-use.ts';
import { countSeries, measureDiskUse, runGoBench, type Written } from './queries.ts';

/** How many generators write, how many request names each has, and whether a merger adds up what they write. */
export interface ScaleCase {
  readonly instances: number;
  readonly names: number;
  readonly is_merged: boolean;
}

/** What simulated generators wrote (k6/output/scale_bench_test.go). */
interface GeneratorsWritten extends Written {
  /** After the end of a window, until InfluxDB has acknowledged what a generator sent of it. */
  readonly readable_p50_ms: number;
  readonly readable_p95_ms: number;
  readonly readable_max_ms: number;
}

/** What a run of several generators costs InfluxDB, and the merger where there is one. */
export interface ScaleCost extends ScaleCase {
  readonly written: GeneratorsWritten;
  /** Series of the run in InfluxDB. */
  readonly series: number;
  /** CPU that influxd took while it was written. */
  readonly influx_cpu_s: number;
  readonly merger_cpu_s: number;
  readonly merger_peak_bytes: number;
  /** Before compaction. */
  readonly disk_bytes: number;
  readonly live: ReadCost;
  readonly alert: ReadCost;
}

/** What reading costs: how long it takes depends on what else the machine does, CPU hardly. */
export interface ReadCost {
  readonly elapsed_ms: number;
  /** Of influxd. */
  readonly cpu_ms: number;
}

export interface ScaleInput {
  readonly root: string;
  readonly context: EngineContext;
  readonly influx: InfluxAccess;
  readonly seconds: number;
  /** Of each generator. */
  readonly rate: number;
}

const LIVE_REPEATS = 3;
const ALERT_REPEATS = 10;
const MS_PER_S = 1_000;
/** Live opens with them. */
const SHOWN_S = 900;
/** As the simulation names it. */
const SCENARIO = 'scenario-0';
const REQUEST = 'GET /api/1';
const SLOS: readonly Slo[] = [
  { indicator: 'p95_ms', limit: 500, reason: '' },
  { indicator: 'error_rate', limit: 0.01, reason: '' },
  { indicator: 'checks_rate', limit: 0.99, reason: '' },
  { indicator: 'p95_ms', limit: 500, request: REQUEST, reason: '' },
  { indicator: 'error_rate', limit: 0.01, request: REQUEST, reason: '' },
];

/** Writes a run as so many generators would, all that k6 emits, and asks what the live dashboard and the alerts ask. */
export async function scaleCost(input: ScaleInput, launcher: K6Launcher, of: ScaleCase): Promise<ScaleCost> {
  const { root, context, influx, seconds, rate } = input;
  const { instances, names, is_merged } = of;
  const engine_dir = join(influxDirectory(context), 'engine');
  const pid = await findRunningPid({ directory: influxDirectory(context) });
  if (pid === null) throw new Error('expected an influxd of ours to measure');
  // Never one twice: a second merger would write its sums beside those of the first. Each is a project of its own, because
  // alert rules read all runs of one in their last minute.
  const testid = `bench-scale-${instances}-${names}-${is_merged}-${Date.now().toString(36)}`;
  const store = new RunStore({ url: influx.url, org: influx.org, token: influx.tokens.cli });
  await store.begin(startOf(testid, { age_s: 0, project: testid }), { slos: SLOS });
  const merger = is_merged ? await startMerger(launcher, influx) : null;
  const merger_pid = merger?.id?.kind === 'process' ? merger.id.pid : null;
  const merger_before = merger_pid === null ? null : processUse(merger_pid);
  const before = { cpu_s: cpuTime_s(pid), disk_bytes: measureDiskUse(engine_dir) };
  const target = { ...influx, url: merger?.url ?? influx.url };
  const sizes = { testid, seconds, rate, instances, series: names };
  const written = (await runGoBench(root, 'TestWriteGenerators', target, sizes)) as GeneratorsWritten;
  const merger_after = merger_pid === null ? null : processUse(merger_pid);
  await merger?.close();
  const after = { cpu_s: cpuTime_s(pid), disk_bytes: measureDiskUse(engine_dir) };
  const alert = await timeAlert(influx, pid, testid);
  const to = new Date();
  const shown = { run: testid, against: testid, project: testid, scenario: SCENARIO, target: 'bench' };
  const live_before_s = cpuTime_s(pid);
  const live = await timeDashboard(
    influx,
    'live',
    { ...shown, from: new Date(to.getTime() - SHOWN_S * MS_PER_S), to },
    LIVE_REPEATS,
  );
  // It asks everything twice each time: at once, and one query after the other.
  const live_cpu_ms = ((cpuTime_s(pid) - live_before_s) * MS_PER_S) / (2 * LIVE_REPEATS);
  return {
    ...of,
    written,
    series: await countSeries(influx, testid),
    influx_cpu_s: after.cpu_s - before.cpu_s,
    merger_cpu_s: (merger_after?.cpu_s ?? 0) - (merger_before?.cpu_s ?? 0),
    merger_peak_bytes: merger_after?.peak_bytes ?? 0,
    disk_bytes: after.disk_bytes - before.disk_bytes,
    live: { elapsed_ms: live.all_ms, cpu_ms: live_cpu_ms },
    alert,
  };
}

/** The question of the rule for p95 of a scenario, over its last minute. */
async function timeAlert(influx: InfluxAccess, pid: number, project: string): Promise<ReadCost> {
  const api = queryApi({ url: influx.url, org: influx.org, token: influx.tokens.grafana }, 300_000);
  const flux = sloQuery({ project, scenario: SCENARIO }, { indicator: 'p95_ms', limit: 500, reason: '' });
  const times_ms: number[] = [];
  const before_s = cpuTime_s(pid);
  for (let repeat = 0; repeat < ALERT_REPEATS; repeat += 1) {
    const started_ms = performance.now();
    const rows = await api.collectRows(flux);
    times_ms.push(performance.now() - started_ms);
    if (rows.length === 0) throw new Error('expected a value of the alert rule; found none');
  }
  const cpu_ms = ((cpuTime_s(pid) - before_s) * MS_PER_S) / ALERT_REPEATS;
  return { elapsed_ms: median(times_ms), cpu_ms };
}

/** The head, and a row per case. */
export function scaleTable(costs: readonly ScaleCost[], seconds: number): string[][] {
  return [
    [
      'generators',
      'names',
      'merged',
      'points/s from generators',
      'sent KiB/s each',
      'cores of the merger',
      'MiB of the merger',
      'cores of influxd',
      'readable after the window, ms (p95)',
      'series',
      'disk KiB/s',
      'live dashboard, ms (CPU)',
      'alert, ms (CPU)',
    ],
    ...costs.map((it) => [
      String(it.instances),
      String(it.names),
      it.is_merged ? 'yes' : 'no',
      (it.written.points / seconds).toFixed(0),
      (it.written.sent_bytes / it.instances / seconds / KIB).toFixed(0),
      it.is_merged ? (it.merger_cpu_s / seconds).toFixed(2) : '',
      it.is_merged ? (it.merger_peak_bytes / MIB).toFixed(0) : '',
      (it.influx_cpu_s / seconds).toFixed(2),
      `${it.written.readable_p50_ms.toFixed(0)} (${it.written.readable_p95_ms.toFixed(0)})`,
      String(it.series),
      // Nothing where influxd compacted more of earlier cases than it wrote.
      it.disk_bytes > 0 ? (it.disk_bytes / seconds / KIB).toFixed(0) : '',
      `${it.live.elapsed_ms.toFixed(0)} (${it.live.cpu_ms.toFixed(0)})`,
      `${it.alert.elapsed_ms.toFixed(0)} (${it.alert.cpu_ms.toFixed(0)})`,
    ]),
  ];
}

/** What a generator costs with scenarios as people write them: typed client, checks, JSON read. */
export interface GeneratorCost {
  readonly scenario: ScenarioName;
  readonly users: number;
  readonly requests_per_s: number;
  readonly cpu_per_request_us: number;
  readonly peak_mib: number;
  /** What our output wrote. */
  readonly series: number;
  readonly points_per_s: number;
  readonly sent_kib_per_s: number;
}

/** Profile smoke, so that users wait between their steps; times five users. */
const GENERATOR_RUNS: readonly (readonly [ScenarioName, number])[] = [
  ['search', 20],
  ['search', 100],
  ['mixed-traffic', 20],
  ['mixed-traffic', 60],
];
const GENERATOR_RUN_S = 20;
const US_PER_S = 1_000_000;
const KIB = 2 ** 10;
const MIB = 2 ** 20;
const SMOKE_USERS = 5;

/** Runs built-in scenarios against the demo, with our output. */
export async function generatorCosts(
  { root, context, influx }: Pick<ScaleInput, 'root' | 'context' | 'influx'>,
  k6: string,
  runs = GENERATOR_RUNS,
  duration_s = GENERATOR_RUN_S,
): Promise<GeneratorCost[]> {
  const demo = await startDemoProcess(context, []);
  const out_dir = await mkdtemp(join(context.state_dir, 'bench-'));
  const costs: GeneratorCost[] = [];
  try {
    const used = (await builtInScenarios(root)).filter((it) => runs.some(([name]) => name === it.name));
    await bundleScenarios(used, { root, out_dir });
    for (const [scenario, scale] of runs) {
      const summary_file = join(out_dir, 'summary.json');
      const report_file = join(out_dir, 'report.json');
      const output = outputArgs(['loadstar'], {
        influx,
        spool_dir: join(out_dir, 'spool'),
        report_file,
        own: {},
      });
      const measured = await measure(
        k6,
        [
          'run',
          '--quiet',
          '--tag',
          `testid=bench-${scenario}-${scale}`,
          ...output.args,
          join(out_dir, `${scenario}.js`),
        ],
        {
          PATH: context.env.PATH,
          ...K6_SETTINGS,
          ...output.env,
          [SCRIPT_ENV.base_url]: demo.base_url_for_k6,
          [SCRIPT_ENV.profile]: 'smoke',
          [SCRIPT_ENV.scale]: String(scale),
          [SCRIPT_ENV.duration_s]: String(duration_s),
          [SCRIPT_ENV.summary_file]: summary_file,
        },
      );
      const report = JSON.parse(await readFile(report_file, 'utf8')) as OutputReport;
      const { requests } = toHeadline(JSON.parse(await readFile(summary_file, 'utf8')) as K6Summary);
      costs.push({
        scenario,
        users: SMOKE_USERS * scale,
        requests_per_s: requests / duration_s,
        cpu_per_request_us: (measured.cpu_s / requests) * US_PER_S,
        peak_mib: measured.peak_bytes / MIB,
        series: report.series,
        points_per_s: report.points / duration_s,
        sent_kib_per_s: report.sent_bytes / duration_s / KIB,
      });
    }
    return costs;
  } finally {
    await demo.stop();
    await rm(out_dir, { recursive: true, force: true });
  }
}
