import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SCRIPT_ENV } from '../contract/env.ts';
import type { K6Summary } from '../contract/k6-summary.ts';
import type { OutputReport } from '../contract/output-report.ts';
import type { ScenarioName } from '../contract/scenarios.ts';
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
import { timeDashboard } from './dashboards.ts';
import { measure } from './measured-process.ts';
import { cpuTime_s, processUse } from './process-use.ts';
import { layoutCost, measureDiskUse, timeQueries, type Written, writeHour } from './queries.ts';

/** What a run of several generators costs InfluxDB, and the merger where there is one. */
export interface ScaleCost {
  readonly instances: number;
  readonly names: number;
  readonly is_merged: boolean;
  readonly written: Written;
  /** Series of the run in InfluxDB. */
  readonly series: number;
  /** CPU that influxd took while it was written. */
  readonly influx_cpu_s: number;
  readonly merger_cpu_s: number;
  readonly merger_peak_bytes: number;
  /** Before compaction. */
  readonly disk_bytes: number;
  /** All panels of the live dashboard at once. */
  readonly live_ms: number;
  /** The alert rules' question, over the last minute. */
  readonly alert_ms: number;
}

export interface ScaleInput {
  readonly root: string;
  readonly context: EngineContext;
  readonly influx: InfluxAccess;
  readonly seconds: number;
  /** Of each generator. */
  readonly rate: number;
}

/** How many generators write, how many request names each has, and whether a merger adds up what they write. */
export type ScaleCase = Pick<ScaleCost, 'instances' | 'names' | 'is_merged'>;

const LIVE_REPEATS = 3;

/** Writes a run as so many generators would, all that k6 emits, and asks what the live dashboard and the alerts ask. */
export async function scaleCost(input: ScaleInput, launcher: K6Launcher, of: ScaleCase): Promise<ScaleCost> {
  const { root, context, influx, seconds, rate } = input;
  const { instances, names, is_merged } = of;
  const engine_dir = join(influxDirectory(context), 'engine');
  const pid = await findRunningPid({ directory: influxDirectory(context) });
  if (pid === null) throw new Error('expected an influxd of ours to measure');
  const testid = `bench-scale-${instances}-${names}-${is_merged}`;
  const hour = { testid, seconds, rate, series: names, layout: 'field', metrics: 'all', instances } as const;
  const merger = is_merged ? await startMerger(launcher, influx) : null;
  const before = { cpu_s: cpuTime_s(pid), disk_bytes: measureDiskUse(engine_dir) };
  const written = await writeHour(
    root,
    { ...influx, url: merger?.url ?? influx.url },
    { ...hour, is_paced: is_merged },
  );
  const use = merger?.id?.kind === 'process' ? processUse(merger.id.pid) : null;
  await merger?.close();
  const after = { cpu_s: cpuTime_s(pid), disk_bytes: measureDiskUse(engine_dir) };
  const { series } = await layoutCost(influx, hour);
  const timed = await timeQueries(influx, hour);
  const to = new Date();
  const from = new Date(to.getTime() - 900_000);
  const chosen = { run: testid, against: testid, scenario: 'search', target: 'bench', from, to };
  const live = await timeDashboard(influx, 'live', chosen, LIVE_REPEATS);
  return {
    ...of,
    written,
    series,
    influx_cpu_s: after.cpu_s - before.cpu_s,
    merger_cpu_s: use?.cpu_s ?? 0,
    merger_peak_bytes: use?.peak_bytes ?? 0,
    disk_bytes: after.disk_bytes - before.disk_bytes,
    live_ms: live.all_ms,
    alert_ms: timed.find(({ title }) => title.includes('alert'))?.median_ms ?? 0,
  };
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
