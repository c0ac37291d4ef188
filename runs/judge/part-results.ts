/** SLOs of parts of a run, by the windows that our output stored: stages, and windows of so many seconds. */

import { percentile, percentileError } from '../../analysis/histogram.ts';
import {
  joinSamples,
  leastSamples,
  type MeasuredSlo,
  measureSlo,
  type PartSamples,
  worstWindow,
} from '../../analysis/measure-slo.ts';
import type { Histogram } from '../../contract/histogram.ts';
import { requestMetrics } from '../../contract/k6-metrics.ts';
import { METRICS, PERCENTILE_METRICS } from '../../contract/metrics.ts';
import { DEFAULT_OUTPUT } from '../../contract/outputs.ts';
import { PROFILES } from '../../contract/profiles.ts';
import type { PlateauResult, SloResult } from '../../contract/results.ts';
import {
  aggregationOf,
  isOfPart,
  k6MetricOf,
  overSeconds,
  passes,
  type Slo,
  type SloIndicator,
} from '../../contract/slo.ts';
import { STEADY } from '../../contract/stages.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { type RunWindows, readMostUsers, readRunWindows, readSteps, type TimeSpan } from '../../influxdb/windows.ts';
import { plateauNames } from '../../profiles/options.ts';
import { type Plateau, plateausOfRun } from './plateaus.ts';

export interface PartsRequest {
  readonly run: Pick<RunStart, 'testid' | 'profile' | 'started' | 'planned_end' | 'outputs'>;
  readonly slos: readonly Slo[];
  readonly ended: Date;
  /** What ended the run; its window may be the worst of all. */
  readonly breach?: SloResult | null | undefined;
}

export interface RunParts {
  /** By SLO, without those of parts that the profile does not have. */
  readonly results: ReadonlyMap<Slo, SloResult>;
  readonly plateaus: readonly PlateauResult[];
}

interface PartsOfRun {
  readonly testid: string;
  readonly windows: RunWindows;
  readonly plateaus: readonly Plateau[];
  /** Plateaus that the profile has. A run of another profile does not judge an SLO of theirs. */
  readonly planned: readonly string[];
  /** It ended before its plan: a plateau that it did not reach says nothing. */
  readonly is_cut: boolean;
}

/** A window of an SLO with `over` moves on by this share of its length. */
const MOVES_BY = 0.1;

/**
 * The plateaus of a run, and the results of SLOs of its parts.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readParts(
  connection: InfluxConnection,
  { run, slos, ended, breach }: PartsRequest,
): Promise<RunParts> {
  const of_parts = slos.filter(isOfPart);
  const windows = run.outputs.includes(DEFAULT_OUTPUT)
    ? await readRunWindows(connection, run.testid, run.started)
    : null;
  if (!windows) return { results: new Map(of_parts.map((slo) => [slo, toPartResult(slo, null)])), plateaus: [] };
  const plateaus = plateausOfRun(windows);
  // Of a profile of a team, those that the output has found.
  const planned = run.profile in PROFILES ? plateauNames(run.profile) : plateaus.map(({ name }) => name);
  const parts = { testid: run.testid, windows, plateaus, planned, is_cut: ended < run.planned_end };
  const judged = await Promise.all(
    of_parts.map(async (slo) => [slo, withBreach(await judgeParts(connection, parts, slo), breach)] as const),
  );
  return {
    results: new Map(judged.flatMap(([slo, result]) => (result ? [[slo, result] as const] : []))),
    plateaus: await Promise.all(plateaus.map((plateau) => readPlateau(connection, parts, plateau))),
  };
}

async function readPlateau(
  connection: InfluxConnection,
  { testid, windows }: PartsOfRun,
  { name, whole, steady }: Plateau,
): Promise<PlateauResult> {
  const metrics = requestMetrics(windows.protocol);
  const read = async (metric: string, is_trend: boolean) =>
    joinSamples(await readSteps(connection, { testid, metric, is_trend }, steady, lengthOf_s(steady)));
  const [latency, failed, requests, users] = await Promise.all([
    read(metrics.duration, true),
    read(metrics.failed, false),
    read(metrics.requests, false),
    readMostUsers(connection, testid, whole),
  ]);
  const value = (indicator: SloIndicator, samples: PartSamples) => measureSlo(indicator, samples)?.value ?? null;
  return {
    name,
    from: whole.from.toISOString(),
    to: whole.to.toISOString(),
    warm_up_s: (steady.from.getTime() - whole.from.getTime()) / MS_PER_S,
    requests: requests.value,
    throughput_rps: value('throughput_rps', requests) ?? 0,
    error_rate: value('error_rate', failed),
    p50_ms: percentile(latency.histogram, METRICS.p50_ms.percentile),
    p95_ms: value('p95_ms', latency),
    p99_ms: value('p99_ms', latency),
    ...(users === null ? {} : { users }),
    ...(latency.histogram ? { sampling_errors: samplingErrors(latency.histogram) } : {}),
  };
}

function samplingErrors(histogram: Histogram): NonNullable<PlateauResult['sampling_errors']> {
  return Object.fromEntries(
    PERCENTILE_METRICS.map((metric) => [metric, percentileError(histogram, METRICS[metric].percentile) ?? 0]),
  );
}

/** The windows that are judged at the end move on in steps, so that the one that ended the run may lie between two of them. */
function withBreach(result: SloResult | null, breach: SloResult | null | undefined): SloResult | null {
  if (!result || !breach || breach.value === null || sloKey(result) !== sloKey(breach)) return result;
  const is_worse = result.value === null || passes({ ...result, limit: breach.value }, result.value);
  return is_worse ? { ...result, value: breach.value, ok: false } : result;
}

function sloKey({ indicator, request, metric, over }: SloResult): string {
  return [indicator, request, metric, over].join('\n');
}

async function judgeParts(connection: InfluxConnection, run: PartsOfRun, slo: Slo): Promise<SloResult | null> {
  const { during, over } = slo;
  if (during !== undefined && !isPlanned(during, run.planned)) return null;
  const spans = spansOf(run, during);
  if (spans.length === 0 && run.is_cut) return null;
  const measured =
    over === undefined
      ? await measureWhole(connection, run, slo, spans)
      : await measureWorst(connection, run, slo, spans, over);
  if (measured === null && slo.rare) return null;
  return toPartResult(slo, measured);
}

/** @param measured null: no sample, or too few */
export function toPartResult(slo: Slo, measured: Pick<MeasuredSlo, 'value'> | null): SloResult {
  const { indicator, request = null, metric = null, limit, during, over } = slo;
  const value = measured?.value ?? null;
  return {
    indicator,
    request,
    metric,
    ...(during === undefined ? {} : { during }),
    ...(over === undefined ? {} : { over }),
    limit,
    value,
    ok: value !== null && passes(slo, value),
  };
}

function isPlanned(during: string, planned: readonly string[]): boolean {
  return during === STEADY ? planned.length > 0 : planned.includes(during);
}

function spansOf({ windows, plateaus }: PartsOfRun, during: string | undefined): TimeSpan[] {
  if (during === undefined) return [windows.span];
  return plateaus.filter(({ name }) => during === STEADY || name === during).map(({ steady }) => steady);
}

async function measureWhole(
  connection: InfluxConnection,
  { testid }: PartsOfRun,
  slo: Slo,
  spans: readonly TimeSpan[],
): Promise<MeasuredSlo | null> {
  const parts = await Promise.all(
    spans.map((span) => readSteps(connection, windowsOf(testid, slo), span, lengthOf_s(span))),
  );
  return measureSlo(slo.indicator, joinSamples(parts.flat()));
}

async function measureWorst(
  connection: InfluxConnection,
  { testid, windows }: PartsOfRun,
  slo: Slo,
  spans: readonly TimeSpan[],
  over: string,
): Promise<MeasuredSlo | null> {
  const { step_s, width } = stepsOfWindow(overSeconds(over), windows.window_s);
  let worst: MeasuredSlo | null = null;
  for (const span of spans) {
    const steps: readonly PartSamples[] = await readSteps(connection, windowsOf(testid, slo), span, step_s);
    const found = worstWindow(slo, steps, width);
    if (found && (worst === null || isWorse(slo, found, worst))) worst = found;
  }
  return worst;
}

function isWorse({ indicator }: Slo, one: MeasuredSlo, other: MeasuredSlo): boolean {
  return passes({ indicator, limit: one.value }, other.value) && one.value !== other.value;
}

/** How an SLO's windows are read: in steps that are whole windows of the output, and of which whole ones make an SLO's. */
export function stepsOfWindow(over_s: number, window_s: number): { readonly step_s: number; readonly width: number } {
  for (let step_s = Math.floor(over_s * MOVES_BY); step_s > 0; step_s -= 1) {
    if (over_s % step_s === 0 && step_s % window_s === 0) return { step_s, width: over_s / step_s };
  }
  return { step_s: window_s, width: Math.ceil(over_s / window_s) };
}

/** The value in one window while the run goes on; null where it has too few samples. @throws as {@link readParts} */
export async function measureWindow(
  connection: InfluxConnection,
  testid: string,
  slo: Slo,
  span: TimeSpan,
): Promise<MeasuredSlo | null> {
  const measured = measureSlo(
    slo.indicator,
    joinSamples(await readSteps(connection, windowsOf(testid, slo), span, lengthOf_s(span))),
  );
  return measured && measured.samples >= leastSamples(slo) ? measured : null;
}

function windowsOf(testid: string, slo: Slo) {
  const { kind } = aggregationOf(slo.indicator);
  const is_trend = kind === 'percentile' || kind === 'mean';
  return { testid, metric: k6MetricOf(slo), is_trend, request: slo.request };
}

const MS_PER_S = 1_000;

function lengthOf_s({ from, to }: TimeSpan): number {
  return (to.getTime() - from.getTime()) / MS_PER_S;
}
