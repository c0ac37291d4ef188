import { join } from 'node:path';
import type { EngineContext, InfluxAccess } from '../cli/engine/engine.ts';
import { influxDirectory } from '../cli/engine/native/influxd.ts';
import { runningPid } from '../cli/engine/native/service.ts';
import { timeDashboard } from './dashboards.ts';
import { cpuTime_s } from './measured-process.ts';
import { diskUse, timeQueries, type Written, writeHour } from './queries.ts';

/** What a run of several generators costs InfluxDB. */
export interface ScaleCost {
  readonly instances: number;
  readonly written: Written;
  /** CPU that influxd took while it was written. */
  readonly influx_cpu_s: number;
  /** Before compaction. */
  readonly disk_bytes: number;
  /** All panels of the live dashboard at once. */
  readonly live_ms: number;
  /** p95 of the run: from what each generator has summed up so far. */
  readonly run_p95_ms: number;
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
  readonly series: number;
}

/** Writes a run as so many generators would, all that k6 emits, and asks what the live dashboard and the alerts ask. */
export async function scaleCost(input: ScaleInput, instances: number): Promise<ScaleCost> {
  const { root, context, influx, seconds, rate, series } = input;
  const engine_dir = join(influxDirectory(context), 'engine');
  const pid = await runningPid({ directory: influxDirectory(context) });
  if (pid === null) throw new Error('expected an influxd of ours to measure');
  const testid = `bench-scale-${instances}`;
  const hour = { testid, seconds, rate, series, layout: 'field', metrics: 'all', instances } as const;
  const before = { cpu_s: cpuTime_s(pid), disk_bytes: diskUse(engine_dir) };
  const written = writeHour(root, influx, hour);
  const after = { cpu_s: cpuTime_s(pid), disk_bytes: diskUse(engine_dir) };
  const timed = await timeQueries(influx, hour);
  const to = new Date();
  const from = new Date(to.getTime() - 900_000);
  const chosen = { run: testid, against: testid, scenario: 'search', target: 'bench', from, to };
  const live = await timeDashboard(influx, 'live', chosen);
  return {
    instances,
    written,
    influx_cpu_s: after.cpu_s - before.cpu_s,
    disk_bytes: after.disk_bytes - before.disk_bytes,
    live_ms: live.all_ms,
    run_p95_ms: timed.find(({ title }) => title.includes('run so far'))?.median_ms ?? 0,
    alert_ms: timed.find(({ title }) => title.includes('alert'))?.median_ms ?? 0,
  };
}
