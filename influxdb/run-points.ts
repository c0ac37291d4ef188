import type { Point } from '@influxdata/influxdb-client';
import { RECORD_FORMAT } from '../contract/formats.ts';
import type { Histogram } from '../contract/histogram.ts';
import { HISTOGRAM } from '../contract/live-schema.ts';
import {
  type ComparedMetric,
  METRIC_KEYS,
  METRICS,
  type MetricKey,
  REQUEST_METRICS,
  type RequestMetric,
} from '../contract/metrics.ts';
import type { AbRun, GeneratorEffects, RequestResult, RunSummary, SloResult } from '../contract/results.ts';
import { generatorEffectField, RUN_DETAIL, RUN_MEASUREMENT, type RunId } from '../contract/runs.ts';
import { type ScriptThreshold, type Slo, thresholdText } from '../contract/slo.ts';
import { sloLimit, sloPart, sloState } from '../contract/slo-text.ts';
import { summaryValue } from '../contract/summary.ts';
import { addComparison, comparisonPoint } from './comparisons.ts';
import type { RunHistograms } from './run-detail.ts';
import { identified, type RunIdentity } from './run-identity.ts';

/** What is known when a run begins. Tags and `started` identify the record: later writes complete the same point. */
export interface RunStart extends RunIdentity {
  readonly testid: RunId;
  readonly planned_end: Date;
  readonly app_version: string | null;
  readonly app_commit: string | null;
  readonly engine: string;
  readonly outputs: readonly string[];
  /** Whatever must be equal for runs to be comparable (history/configuration.ts). */
  readonly configuration?: string | null;
  /** Kind of the machine that makes the load, known at the end; null: unknown, or any will do. */
  readonly machine?: string | null;
  /** The run that this one repeats, to confirm its verdict. */
  readonly confirms?: RunId | null;
  /** Which side of `loadstar ab` it is: such a run is in no history. */
  readonly ab_run?: AbRun | null;
}

/** What one request of a run took. */
export type RequestFigures = Readonly<RequestResult>;

/** The figures of a request, one by one. */
export function requestFigures(name: string, read: (metric: RequestMetric) => number): RequestFigures {
  const values = Object.fromEntries(REQUEST_METRICS.map((metric) => [metric, read(metric)]));
  return { name, ...values } as RequestFigures;
}

/** Everything that the end of a run adds to its record. */
export interface RunEnd {
  readonly summary: RunSummary;
  readonly histograms: RunHistograms;
  /** When it was compared with its history: after its repeats, which may be long after its end. */
  readonly judged?: Date;
  /** The command line tells somebody, so an alert would tell it twice; null: as the record has it. */
  readonly notified: boolean | null;
}

/** The record itself, as far as the start knows it. */
export function startPoint(run: RunStart): Point {
  const point = identified(RUN_MEASUREMENT, run)
    .stringField('testid', run.testid)
    .intField('format', RECORD_FORMAT)
    .stringField('started', run.started.toISOString())
    .stringField('planned_end', run.planned_end.toISOString())
    .stringField('engine', run.engine)
    .stringField('output', run.outputs.join(','));
  if (run.app_version) point.stringField('version', run.app_version);
  if (run.app_commit) point.stringField('commit', run.app_commit);
  if (run.configuration) point.stringField('configuration', run.configuration);
  if (run.machine) point.stringField('machine', run.machine);
  if (run.confirms) point.stringField('confirms', run.confirms);
  if (run.ab_run) point.stringField('ab_side', run.ab_run.side).stringField('ab_other', run.ab_run.other);
  return point;
}

/** The record with all that the end knows, and the points beside it. */
export function endPoints(run: RunStart, end: RunEnd): Point[] {
  return [
    recordPoint(run, end),
    ...end.summary.slos.map((slo) => sloPoint(run, slo)),
    ...end.summary.by_request.map((request) => requestPoint(run, request)),
    ...(end.summary.comparison?.metrics ?? []).map((compared) => comparisonPoint(run, compared)),
    ...Object.entries(end.histograms).map(([name, histogram]) => histogramPoint(run, name, histogram)),
  ];
}

function recordPoint(run: RunStart, { summary, judged, notified }: RunEnd): Point {
  const point = startPoint(run)
    .stringField('heartbeat', summary.ended)
    .stringField('status', summary.status)
    .stringField('verdict', summary.verdict)
    .stringField('ended', summary.ended)
    .intField('exit_code', summary.exit_code)
    .floatField('duration_s', summary.duration_s)
    .booleanField(
      'thresholds_ok',
      summary.slos.every((slo) => slo.ok),
    )
    .intField('slos', summary.slos.length)
    .intField('slos_passed', summary.slos.filter((slo) => sloState(slo) === 'passed').length)
    .intField('samples_sent', summary.completeness.samples_sent)
    .intField('samples_stored', summary.completeness.samples_stored)
    .stringField('completeness', summary.completeness.state);
  if (summary.generator) {
    point
      .booleanField('generator_saturated', summary.generator.saturated)
      .floatField('generator_peak_cpu', summary.generator.peak_machine_cpu);
    addEffects(point, summary.generator.effects);
  }
  const { capacity_rps = null, capacity_users = null } = summary.limit ?? {};
  if (capacity_rps !== null) point.floatField('capacity_rps', capacity_rps);
  if (capacity_users !== null) point.floatField('capacity_users', capacity_users);
  for (const metric of METRIC_KEYS) addMetric(point, metric, summaryValue(summary, metric));
  if (summary.plateaus) point.stringField('plateaus', JSON.stringify(summary.plateaus));
  if (summary.comparison) addComparison(point, summary.comparison, judged ?? new Date(summary.ended));
  if (summary.ab) point.stringField('ab_verdict', summary.ab.verdict);
  if (notified !== null) point.booleanField('notified', notified);
  return point;
}

/** A field has the name of its metric. InfluxDB keeps whole numbers and others apart. */
function addMetric(point: Point, metric: MetricKey, value: number | null): void {
  if (value === null) return;
  if (METRICS[metric].unit === 'count') point.intField(metric, value);
  else point.floatField(metric, value);
}

function addEffects(point: Point, effects: GeneratorEffects | undefined): void {
  for (const [metric, effect] of Object.entries(effects ?? {})) {
    point.floatField(generatorEffectField(metric as ComparedMetric), effect);
  }
}

type StoredSlo = Pick<Slo | SloResult, 'indicator' | 'limit' | 'request' | 'metric' | 'during' | 'over' | 'strict'> & {
  readonly expression?: string;
  readonly threshold?: ScriptThreshold;
};

/** One of no indicator has its whole text for a metric: a metric may have several. */
function metricTag({ indicator, metric, expression, threshold }: StoredSlo): string | null {
  if (!metric || indicator !== 'threshold') return metric ?? null;
  return thresholdText(threshold ?? { metric, expression: expression ?? '' });
}

/** A threshold of no indicator is written as the script states it. */
function ownWords({ indicator, expression, threshold }: StoredSlo): Pick<SloResult, 'expression'> {
  const words = indicator === 'threshold' ? (threshold?.expression ?? expression) : undefined;
  return words === undefined ? {} : { expression: words };
}

/** An SLO as the start of the run knows it; the end completes the same point. */
export function sloStartPoint(run: RunStart, slo: StoredSlo): Point {
  const { indicator, limit, request } = slo;
  const metric = metricTag(slo);
  const part = sloPart(slo);
  const point = identified(RUN_DETAIL.slo, run)
    .tag('indicator', indicator)
    .stringField('testid', run.testid)
    .floatField('limit', limit)
    .stringField('limit_text', sloLimit({ ...slo, ...ownWords(slo) }));
  if (request) point.tag('name', request);
  if (metric) point.tag('metric', metric);
  if (part) point.tag('part', part);
  return point;
}

function sloPoint(run: RunStart, slo: SloResult): Point {
  const point = sloStartPoint(run, slo).booleanField('ok', slo.ok);
  if (slo.value !== null) point.floatField('value', slo.value);
  return point;
}

function requestPoint(run: RunStart, request: RequestFigures): Point {
  const point = identified(RUN_DETAIL.request, run).tag('name', request.name);
  for (const metric of REQUEST_METRICS) addMetric(point, metric, request[metric]);
  addEffects(point, request.generator_effects);
  return point;
}

/** The scenario's own has no name: tags must not be empty. */
function histogramPoint(run: RunStart, name: string, { counts, min, max }: Histogram): Point {
  const point = identified(RUN_DETAIL.histogram, run)
    .floatField(HISTOGRAM.min_field, min)
    .floatField(HISTOGRAM.max_field, max);
  if (name) point.tag('name', name);
  for (const [bucket, count] of Object.entries(counts)) point.intField(bucket, count);
  return point;
}
