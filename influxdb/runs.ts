import { flux, InfluxDB, Point } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import type { RunSummary } from '../contract/results.ts';
import { RUN_MEASUREMENT, type RunId, type RunStatus } from '../contract/runs.ts';
import type { InfluxConnection } from './connection.ts';
import type { RunHistograms } from './histograms.ts';

/** What is known when a run begins. Tags and `started` identify the record: later writes complete the same point. */
export interface RunStart {
  readonly testid: RunId;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly started: Date;
  readonly planned_end: Date;
  readonly app_version: string | null;
  readonly app_commit: string | null;
  readonly engine: string;
}

/** A run as the record tells it. */
export interface RunRecord {
  readonly testid: RunId;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly started: string;
  readonly status: RunStatus;
  readonly requests: number | null;
  readonly rps: number | null;
  readonly error_rate: number | null;
  readonly p95_ms: number | null;
  readonly verdict: string | null;
}

/** Tags must not be empty in InfluxDB. */
const NO_BRANCH = 'none';
const WRITE_TIMEOUT_MS = 10_000;

/** Writes and reads the records of runs, one point a run in the bucket `k6_runs`. */
export class RunStore {
  readonly #connection: InfluxConnection;

  constructor(connection: InfluxConnection) {
    this.#connection = connection;
  }

  /** At the start: the live dashboard and the watchdog alert know the run from here on. */
  async begin(run: RunStart): Promise<void> {
    const point = recordPoint(run).stringField('status', 'running' satisfies RunStatus);
    await this.#write(beating(point, run.started));
  }

  /** While it runs: a record whose heartbeat stops belongs to a run that died. */
  async beat(run: RunStart, now: Date): Promise<void> {
    await this.#write(beating(recordPoint(run), now));
  }

  /** At the end, however it ended. @param histograms of its latencies, in ms; empty where our output did not run */
  async end(run: RunStart, summary: RunSummary, histograms: RunHistograms): Promise<void> {
    const point = beating(recordPoint(run), new Date(summary.ended))
      .stringField('status', summary.status)
      .stringField('verdict', summary.verdict)
      .stringField('ended', summary.ended)
      .intField('exit_code', summary.exit_code)
      .floatField('duration_s', summary.duration_s)
      .intField('requests', summary.requests)
      .floatField('rps', summary.throughput_rps)
      .floatField('error_rate', summary.error_rate)
      .intField('dropped_iterations', summary.dropped_iterations)
      .booleanField(
        'thresholds_ok',
        summary.slos.every((slo) => slo.ok),
      )
      .intField('samples_sent', summary.completeness.samples_sent)
      .intField('samples_stored', summary.completeness.samples_stored)
      .stringField('completeness', summary.completeness.state);
    if (Object.keys(histograms).length > 0) point.stringField('histograms', JSON.stringify(histograms));
    if (summary.generator) {
      point
        .booleanField('generator_saturated', summary.generator.saturated)
        .floatField('generator_peak_cpu', summary.generator.peak_machine_cpu);
    }
    if (summary.checks_rate !== null) point.floatField('checks_rate', summary.checks_rate);
    if (summary.latency) {
      for (const [name, value] of Object.entries(summary.latency)) point.floatField(name, value);
    }
    await this.#write(point);
  }

  /** Newest first. @param limit at most so many */
  async list(limit: number): Promise<RunRecord[]> {
    const query = new InfluxDB(this.#connection).getQueryApi(this.#connection.org);
    const rows = await query.collectRows<Record<string, string | number | undefined>>(
      flux`from(bucket: ${BUCKETS.runs.name})
        |> range(start: 0)
        |> filter(fn: (r) => r._measurement == ${RUN_MEASUREMENT})
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group()
        |> sort(columns: ["_time"], desc: true)
        |> limit(n: ${limit})`,
    );
    return rows.map(toRecord);
  }

  async #write(point: Point): Promise<void> {
    const client = new InfluxDB({ ...this.#connection, timeout: WRITE_TIMEOUT_MS });
    const writer = client.getWriteApi(this.#connection.org, BUCKETS.runs.name, 'ms');
    writer.writePoint(point);
    await writer.close();
  }
}

function recordPoint(run: RunStart): Point {
  const point = new Point(RUN_MEASUREMENT)
    .tag('scenario', run.scenario)
    .tag('profile', run.profile)
    .tag('target', run.target)
    .tag('branch', run.branch ?? NO_BRANCH)
    .timestamp(run.started)
    .stringField('testid', run.testid)
    .stringField('started', run.started.toISOString())
    .stringField('planned_end', run.planned_end.toISOString())
    .stringField('engine', run.engine);
  if (run.app_version) point.stringField('version', run.app_version);
  if (run.app_commit) point.stringField('commit', run.app_commit);
  return point;
}

function beating(point: Point, now: Date): Point {
  return point.stringField('heartbeat', now.toISOString());
}

function toRecord(row: Record<string, string | number | undefined>): RunRecord {
  const text = (name: string) => String(row[name] ?? '');
  const number = (name: string) => (typeof row[name] === 'number' ? row[name] : null);
  return {
    testid: text('testid'),
    scenario: text('scenario'),
    profile: text('profile'),
    target: text('target'),
    started: text('started'),
    status: text('status') as RunStatus,
    requests: number('requests'),
    rps: number('rps'),
    error_rate: number('error_rate'),
    p95_ms: number('p95_ms'),
    verdict: row.verdict === undefined ? null : text('verdict'),
  };
}
