/** What the scripts of the pages draw from; it lies in the page as JSON. */
import type { AbComparison } from '../../contract/results.ts';
import type { TelemetryUnit } from '../../contract/telemetry.ts';
import type { Bars } from './distribution.ts';
import type { HistoryRun, IndexRun, OverTime } from './input.ts';

/** The element of the page that holds it. */
export const DATA_ELEMENT = 'page-data';

export interface RunPageData {
  readonly page: 'run';
  readonly testid: string;
  readonly over_time: OverTime | null;
  /** Empty without telemetry. */
  readonly telemetry: readonly TelemetryChart[];
  /** When the symptom that the causes are of began. */
  readonly symptom: readonly TimeMark[];
  /** The steady state of the run. */
  readonly shades: readonly Shade[];
  /** Limit of the p95 over all requests, ms. */
  readonly limit_ms: number | null;
  readonly bars: Bars | null;
  readonly marks: readonly Mark[];
  readonly history: readonly HistoryRun[];
  /** Of the head of `loadstar ab` alone. */
  readonly ab: AbPageData | null;
}

export interface AbPageData {
  /** All requests together, then each of them. */
  readonly comparisons: readonly AbComparison[];
  readonly least_change: number;
}

/** A stretch of the time axis, in seconds since the first step. */
export interface Shade {
  readonly label: string;
  readonly from_s: number;
  readonly to_s: number;
}

/** A moment, in seconds since the first step. */
export interface TimeMark {
  readonly label: string;
  readonly at_s: number;
}

/** Series of one component and unit. */
export interface TelemetryChart {
  readonly id: string;
  readonly unit: TelemetryUnit;
  /** Seconds since the first step. */
  readonly at_s: readonly number[];
  readonly lines: readonly TelemetryLine[];
  readonly marks: readonly TimeMark[];
}

export interface TelemetryLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** null: no limit is known. */
  readonly limits: readonly (number | null)[] | null;
}

/** A place on the axis of latencies. */
export interface Mark {
  readonly label: string;
  readonly at_ms: number;
}

export interface IndexPageData {
  readonly page: 'index';
  /** Newest first. */
  readonly runs: readonly ListedRun[];
}

/** Histograms as bars: less to carry. */
export type ListedRun = Omit<IndexRun, 'histogram'> & { readonly bars: Bars | null };
