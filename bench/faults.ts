import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputReport } from '../contract/output-report.ts';
import { storedTotals } from '../influxdb/totals.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';
import { measure } from './measured-process.ts';

/** InfluxDB away in the middle of a run at a fixed rate. */
export interface Fault {
  readonly name: string;
  readonly rate: number;
  readonly duration_s: number;
  readonly from_s: number;
  readonly begin: () => void;
  readonly for_s: number;
  readonly end: () => Promise<void> | void;
}

export interface FaultFigures {
  readonly name: string;
  readonly requests: number;
  readonly wanted_requests: number;
  readonly dropped_iterations: number;
  readonly sent: number;
  readonly stored: number;
  readonly peak_mib: number;
}

const MIB = 2 ** 20;
const MS_PER_S = 1_000;
/** Of the clock that the stored samples are asked for. */
const BUCKET = { bucket: 'k6', schema: 'loadstar' } as const;

export async function benchFault(
  k6: string,
  influx: InfluxAccess,
  target: string,
  fault: Fault,
): Promise<FaultFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-fault-'));
  const testid = `fault-${Date.now()}`;
  const report_file = join(directory, 'report.json');
  const spool_dir = join(directory, 'spool');
  const output = outputArgs(['loadstar'], { influx, spool_dir, report_file, own: { K6_LOADSTAR_DRAIN_TIMEOUT: '2m' } });
  const script = new URL('rate-script.js', import.meta.url).pathname;
  const tags = ['--tag', `testid=${testid}`, '--tag', 'instance=bench'];
  const summary = join(directory, 'summary.json');
  const started = new Date();
  const running = measure(k6, ['run', '--address', '', '--quiet', ...tags, ...output.args, script], {
    PATH: process.env.PATH,
    ...K6_SETTINGS,
    ...output.env,
    TARGET: target,
    RATE: String(fault.rate),
    DURATION: `${fault.duration_s}s`,
    SUMMARY: summary,
  });
  await sleep(fault.from_s);
  if (fault.for_s > 0) {
    fault.begin();
    await sleep(fault.for_s);
    await fault.end();
  }
  const run = await running;
  if (run.code !== 0) throw new Error(`${fault.name}: k6 ended with ${run.code}: ${run.stderr.slice(0, 500)}`);
  const report = JSON.parse(readFileSync(report_file, 'utf8')) as OutputReport;
  const k6_says = JSON.parse(readFileSync(summary, 'utf8')) as { requests: number; dropped: number };
  rmSync(directory, { recursive: true });
  const stored = await storedTotals({ ...influx, token: influx.tokens.cli }, BUCKET, testid, started);
  const names = Object.keys(report.samples);
  return {
    name: fault.name,
    requests: k6_says.requests,
    wanted_requests: fault.rate * fault.duration_s,
    dropped_iterations: k6_says.dropped,
    sent: names.reduce((sum, name) => sum + (report.samples[name] ?? 0), 0),
    stored: names.reduce((sum, name) => sum + (stored.get(name)?.count ?? 0), 0),
    peak_mib: run.peak_bytes / MIB,
  };
}

async function sleep(duration_s: number): Promise<void> {
  await new Promise((done) => setTimeout(done, duration_s * MS_PER_S));
}
