/** Why a run failed or regressed: its symptom, in the windows of the run, and the telemetry of its target beside it. */
import { type MeasuredSymptom, rankCauses } from '../../analysis/causes.ts';
import type { ObservedRun } from '../../analysis/observed-series.ts';
import { samplesOfPart, startOfStretch, worstStretch } from '../../analysis/symptom.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import type { Causes, Symptom } from '../../contract/causes.ts';
import { requestMetrics } from '../../contract/k6-metrics.ts';
import type { LoadSpan } from '../../contract/load-span.ts';
import { METRICS } from '../../contract/metrics.ts';
import { DEFAULT_OUTPUT, OUTPUTS } from '../../contract/outputs.ts';
import type { RunSummary } from '../../contract/results.ts';
import { aggregationOf, INDICATORS, k6MetricOf, type SloIndicator } from '../../contract/slo.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { readLoadSpan } from '../../influxdb/load-span.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import type { RunRecord } from '../../influxdb/runs.ts';
import { readTelemetry, type Telemetry } from '../../influxdb/telemetry.ts';
import { readSteps, type TimeSpan } from '../../influxdb/windows.ts';
import { messageOf } from '../../lib/errors.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { FinishedRun } from './judge-run.ts';
import type { ResultContext } from './result-context.ts';

type CausesRequest = Pick<FinishedRun, 'run' | 'summary' | 'load' | 'history'>;

/** Baseline runs whose telemetry is read, the newest: more say nothing new of a level. */
const MOST_BASELINE_RUNS = 12;
/** Their levels count, and not their course. */
const BASELINE_POINTS = 120;
/** A person looks for the symptom in so many figures at most. */
const MOST_FIGURES = 8;
const STEP_S = 5;
const MOST_STEPS = 240;
const MS_PER_S = 1_000;

/**
 * The run with its causes. That they cannot be ranked fails no run.
 */
export async function withCauses({ influx, ui }: ResultContext, finished: FinishedRun): Promise<FinishedRun> {
  try {
    const causes = await finished.patience.with(() => findCauses(cliConnection(influx), finished));
    return causes ? { ...finished, summary: { ...finished.summary, causes } } : finished;
  } catch (error) {
    ui.note(`the causes of run ${finished.run.testid} could not be ranked: ${messageOf(error)}`);
    return finished;
  }
}

/**
 * Ranks the causes of what failed first in a run, or of its confirmed regression.
 * @returns null without a symptom, without telemetry, and for runs that did not come to their end
 * @throws whatever the client throws when InfluxDB does not answer
 */
async function findCauses(connection: InfluxConnection, request: CausesRequest): Promise<Causes | null> {
  const { run, summary, load, history } = request;
  if (!load || run.ab_run || !run.outputs.includes(DEFAULT_OUTPUT)) return null;
  if (summary.status !== 'failed' && summary.comparison?.verdict !== 'regressed' && !summary.limit) return null;
  // Most runs have none: one query says so, and the symptom takes many.
  const telemetry = await readTelemetry(connection, { testid: run.testid, started: load.from, ended: load.to });
  if (telemetry.series.length === 0) return null;
  const measured = await findSymptom(connection, { run, summary, load });
  if (!measured) return null;
  const baseline = measured.symptom.kind === 'knee' ? [] : await readBaseline(connection, history);
  const ranked = rankCauses({ measured, run: observed(load, telemetry), baseline });
  return { symptom: measured.symptom, ranked, series: telemetry.series.length };
}

function observed({ from, to }: LoadSpan, { series }: Telemetry): ObservedRun {
  return { load: { from_ms: from.getTime(), to_ms: to.getTime() }, series };
}

/** Runs that failed or were worse have a cause of their own. */
async function readBaseline(connection: InfluxConnection, history: readonly RunRecord[]): Promise<ObservedRun[]> {
  const usual = history.filter(
    ({ status, comparison }) => status === 'passed' && comparison !== 'regressed' && comparison !== 'suspected',
  );
  const { bucket, schema } = OUTPUTS[DEFAULT_OUTPUT];
  const found: ObservedRun[] = [];
  // One after the other, so that InfluxDB keeps its memory.
  for (const { testid, started } of usual.slice(-MOST_BASELINE_RUNS)) {
    const load = await readLoadSpan(connection, { bucket: BUCKETS[bucket].name, schema }, testid, new Date(started));
    if (!load) continue;
    const run = { testid, started: load.from, ended: load.to };
    const telemetry = await readTelemetry(connection, run, BASELINE_POINTS);
    if (telemetry.series.length > 0) found.push(observed(load, telemetry));
  }
  return found;
}

interface SymptomOf {
  readonly run: RunStart;
  readonly summary: RunSummary;
  readonly load: LoadSpan;
}

/** A figure of the run that is beyond a limit. */
interface Figure {
  readonly kind: Symptom['kind'];
  readonly metric: SloIndicator;
  readonly request: string | null;
  readonly limit: number;
  /** Of the baseline runs; null: unknown. */
  readonly usual: number | null;
}

async function findSymptom(connection: InfluxConnection, of: SymptomOf): Promise<MeasuredSymptom | null> {
  const knee = kneeOf(of);
  if (knee) return knee;
  const figures = [...failedSlos(of.summary), ...regressed(of.summary)].slice(0, MOST_FIGURES);
  const found: MeasuredSymptom[] = [];
  for (const figure of figures) {
    const symptom = await locate(connection, of, figure);
    if (symptom) found.push(symptom);
  }
  const first = found.reduce<MeasuredSymptom | null>(
    (first, it) => (first && first.symptom.at <= it.symptom.at ? first : it),
    null,
  );
  return first ?? wholeRegression(of);
}

/** The step of a staircase that was too high for the target. */
function kneeOf({ summary: { limit }, load }: SymptomOf): MeasuredSymptom | null {
  if (!limit || (limit.end !== 'slo' && limit.end !== 'stalled')) return null;
  const step = limit.steps.find(({ state }) => state === 'failed') ?? limit.steps.at(-1);
  const slo = step?.slos.find(({ ok }) => !ok);
  if (!step) return null;
  const symptom: Symptom = {
    kind: 'knee',
    metric: slo?.indicator ?? 'throughput_rps',
    request: slo?.request ?? null,
    limit: slo?.limit ?? null,
    at: step.started,
  };
  return { symptom, until: load.to, window_ms: STEP_S * MS_PER_S, added_ms: null };
}

/** SLOs of requests. What is of a metric of the script, or of the script itself, says nothing of the time of requests. */
function failedSlos({ slos, comparison }: RunSummary): Figure[] {
  return slos.flatMap(({ indicator, metric, request, limit, ok }): Figure[] => {
    if (ok || metric !== null || !isLocated(indicator)) return [];
    const usual = comparison?.metrics.find((it) => it.metric === indicator && it.request === request)?.baseline ?? null;
    return [{ kind: 'slo', metric: indicator, request, limit, usual }];
  });
}

/** Figures that can be worked out of a window, and are of requests. */
function isLocated(indicator: string): indicator is SloIndicator {
  return indicator in INDICATORS && !['threshold', 'exception_rate', 'throughput_rps'].includes(indicator);
}

function regressed({ comparison }: RunSummary): Figure[] {
  if (comparison?.verdict !== 'regressed') return [];
  return comparison.metrics.flatMap(({ metric, request, verdict, high, baseline }): Figure[] =>
    verdict === 'regressed' && high !== null && isLocated(metric)
      ? [{ kind: 'regression', metric, request, limit: high, usual: baseline }]
      : [],
  );
}

/** Worse as a whole, and in no window beyond what is usual. */
function wholeRegression({ summary: { comparison }, load }: SymptomOf): MeasuredSymptom | null {
  const worst = comparison?.metrics.find(({ verdict }) => verdict === 'regressed');
  if (comparison?.verdict !== 'regressed' || !worst) return null;
  const { metric, request } = worst;
  const symptom: Symptom = { kind: 'regression', metric, request, limit: null, at: load.from.toISOString() };
  return { symptom, until: load.to, window_ms: STEP_S * MS_PER_S, added_ms: null };
}

async function locate(
  connection: InfluxConnection,
  { run, summary, load }: SymptomOf,
  { kind, metric, request, limit, usual }: Figure,
): Promise<MeasuredSymptom | null> {
  const from_ms = Math.floor(load.from.getTime() / MS_PER_S) * MS_PER_S;
  const to_ms = Math.ceil(load.to.getTime() / MS_PER_S) * MS_PER_S;
  const length_s = (to_ms - from_ms) / MS_PER_S;
  const requests = summary.by_request.find(({ name }) => name === request)?.requests ?? summary.requests;
  const enough_s = Math.ceil((2 * samplesOfPart({ indicator: metric, limit }) * length_s) / Math.max(1, requests));
  const step_s = Math.ceil(Math.max(STEP_S, length_s / MOST_STEPS, Math.min(enough_s, length_s / 3)));
  const { kind: aggregation } = aggregationOf(metric);
  const windows = {
    testid: run.testid,
    metric: metricOf(metric, summary),
    is_trend: aggregation === 'percentile' || aggregation === 'mean',
    ...(request === null ? {} : { request }),
  };
  const read = (span: TimeSpan, step_s: number) => readSteps(connection, windows, span, step_s);
  const slo = { indicator: metric, limit };
  const stretch = worstStretch(slo, await read({ from: new Date(from_ms), to: new Date(to_ms) }, step_s));
  if (!stretch) return null;
  const timeOf = (step: number) => Math.min(to_ms, from_ms + step * step_s * MS_PER_S);
  // A window that has enough samples is long beside the seconds that a cause comes before its symptom.
  const begin: TimeSpan = {
    from: new Date(timeOf(stretch.from)),
    to: new Date(timeOf(Math.min(stretch.from + 2, stretch.to))),
  };
  const second = startOfStretch(slo, await read(begin, 1));
  const at_ms = timeOf(stretch.from) + (second ?? 0) * MS_PER_S;
  const before = stretch.before ?? usual;
  return {
    symptom: { kind, metric, request, limit, at: new Date(Math.max(load.from.getTime(), at_ms)).toISOString() },
    until: new Date(Math.min(load.to.getTime(), timeOf(stretch.to))),
    window_ms: (second === null ? step_s : 1) * MS_PER_S,
    added_ms: METRICS[metric].unit === 'ms' && before !== null ? Math.max(0, stretch.value - before) : null,
  };
}

/** Of the requests that the run makes. */
function metricOf(indicator: SloIndicator, { protocol = 'http' }: RunSummary): string {
  const metric = k6MetricOf({ indicator });
  const http = requestMetrics('http');
  if (metric === http.duration) return requestMetrics(protocol).duration;
  return metric === http.failed ? requestMetrics(protocol).failed : metric;
}
