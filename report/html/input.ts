/** What the pages are made of. Whoever writes a page gathers this; nothing here or below does I/O or knows the time. */
import type { Histogram } from '../../contract/histogram.ts';
import type { RequestResult, RunSummary } from '../../contract/results.ts';
import type { RunOverview } from '../../influxdb/run-overview.ts';
import type { Telemetry } from '../../influxdb/telemetry.ts';

/** The page of one run. What is null could not be had, and `notes` say why. */
export interface ReportInput {
  /** ISO 8601: when the page is written. */
  readonly generated: string;
  readonly run: RunSummary;
  /** What the run is called by people. */
  readonly title: string;
  readonly over_time: OverTime | null;
  /** What the target itself measured; null: the run has no telemetry, or it could not be read. */
  readonly telemetry: Telemetry | null;
  /** Of the whole run. */
  readonly histogram: Histogram | null;
  /** Runs of the same scenario, profile and target, oldest first, up to and with this one. */
  readonly history: readonly HistoryRun[];
  readonly notes: readonly string[];
}

export interface OverTime {
  /** ISO 8601: when the first step begins. */
  readonly began: string;
  readonly step_s: number;
  readonly steps: readonly Step[];
}

/** One step of a run; latencies are of all its requests, null where there were none. */
export interface Step {
  /** Seconds since the first request. */
  readonly at_s: number;
  readonly throughput_rps: number;
  readonly failed_rps: number;
  readonly users: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

export type RequestRow = Readonly<RequestResult>;

/** A run as a point of a trend. */
export type HistoryRun = Pick<
  RunOverview,
  'testid' | 'started' | 'commit' | 'status' | 'comparison' | 'values' | 'expected' | 'shifts'
>;

/** The page over all runs. */
export interface IndexInput {
  readonly generated: string;
  /** Newest first. */
  readonly runs: readonly IndexRun[];
  /** Whether older runs were left out. */
  readonly more: boolean;
  readonly notes: readonly string[];
}

export interface IndexRun extends RunOverview {
  /** Address of its page, relative to the index; null where it has none here. */
  readonly page: string | null;
}
