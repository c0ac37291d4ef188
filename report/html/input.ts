/** What the pages are made of. Whoever writes a page gathers this; nothing here or below does I/O or knows the time. */
import type { Histogram } from '../../contract/histogram.ts';
import type { RunSummary } from '../../contract/results.ts';
import type { ComparisonVerdict, JudgedMetric, RunStatus } from '../../contract/runs.ts';

/** Metrics whose trend is shown, run by run. */
export const TREND_METRICS = ['p95_ms', 'throughput_rps', 'error_rate'] as const satisfies readonly JudgedMetric[];
export type TrendMetric = (typeof TREND_METRICS)[number];

/** The page of one run. What is null could not be had, and `notes` say why. */
export interface ReportInput {
  /** ISO 8601: when the page is written. */
  readonly generated: string;
  readonly run: RunSummary;
  /** What the run is called by people. */
  readonly title: string;
  readonly over_time: OverTime | null;
  /** Of the whole run. */
  readonly histogram: Histogram | null;
  readonly requests: readonly RequestRow[];
  readonly comparison: Comparison | null;
  /** Runs of the same scenario, profile and target, oldest first, up to and with this one. */
  readonly history: readonly HistoryRun[];
  readonly notes: readonly string[];
}

export interface OverTime {
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

export interface RequestRow {
  readonly name: string;
  readonly requests: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly error_rate: number;
}

/** How the run compares with its baseline. */
export interface Comparison {
  /** Of the whole run; null where nobody judged. */
  readonly verdict: ComparisonVerdict | null;
  /** One sentence for a person. */
  readonly sentence: string | null;
  /** What the baseline is, as in "the median of 12 runs" or "pinned to run …". */
  readonly baseline: string;
  readonly rows: readonly ComparisonRow[];
}

/**
 * One metric, overall or of one request, as `judge` of analysis/ gives it. Values are in the metric's own unit, rates are
 * fractions; without enough runs there is a value alone.
 */
export interface ComparisonRow {
  /** As in the run's record: `p95_ms`, `throughput_rps`, `error_rate`; the suffix says the unit. */
  readonly metric: string;
  readonly request: string | null;
  readonly baseline: number | null;
  readonly value: number;
  /** value / baseline − 1; null where the baseline is 0. */
  readonly change: number | null;
  readonly difference: number | null;
  /** The noise band. */
  readonly low: number | null;
  readonly high: number | null;
  /** 0 to 1; null where it was not worked out. */
  readonly confidence: number | null;
  readonly verdict: ComparisonVerdict | null;
  readonly sentence: string | null;
}

/** A run as a point of a trend. */
export interface HistoryRun {
  readonly testid: string;
  readonly started: string;
  readonly commit: string | null;
  readonly status: RunStatus;
  readonly values: Readonly<Record<TrendMetric, number | null>>;
  /** What the runs before it led one to expect. */
  readonly expected: Readonly<Partial<Record<TrendMetric, Band>>>;
  /** Where the level of the history has shifted at this run: by how much, a fraction. */
  readonly shifts: Readonly<Partial<Record<TrendMetric, number>>>;
}

export interface Band {
  readonly baseline: number;
  readonly low: number;
  readonly high: number;
}

/** The page over all runs. */
export interface IndexInput {
  readonly generated: string;
  /** Newest first. */
  readonly runs: readonly IndexRun[];
  /** Whether older runs were left out. */
  readonly more: boolean;
  readonly notes: readonly string[];
}

export interface IndexRun extends HistoryRun {
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly version: string | null;
  readonly verdict: string | null;
  readonly comparison: ComparisonVerdict | null;
  readonly requests: number | null;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly checks_rate: number | null;
  /** Address of its page, relative to the index; null where it has none here. */
  readonly page: string | null;
  readonly by_request: readonly RequestRow[];
  readonly histogram: Histogram | null;
}
