/** What the windows of our own output say of one metric of a run, in steps or as a whole. */
import { flux, fluxDuration, fluxExpression } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { BUCKET_FIELD, type Histogram } from '../contract/histogram.ts';
import { mainProtocol, PROTOCOL_NAMES, type ProtocolName, requestMetrics } from '../contract/k6-metrics.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import { BEFORE_START_MS } from '../contract/runs.ts';
import { STAGE_TAG } from '../contract/stages.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { histogramsBy } from './histograms.ts';

/** From `from` to before `to`, whole seconds. */
export interface TimeSpan {
  readonly from: Date;
  readonly to: Date;
}

/** A metric over all requests, or of one. */
export interface WindowsOf {
  readonly testid: string;
  readonly metric: string;
  readonly is_trend: boolean;
  readonly request?: string | undefined;
}

/** A step and what it holds, over all generators. */
export interface Step {
  readonly histogram: Histogram | null;
  /** Of a rate: samples that were not 0; of a counter: its sum. */
  readonly value: number;
  readonly count: number;
  readonly span_s: number;
}

interface Row {
  readonly _time: string;
  readonly _field: string;
  readonly _value: number;
}

const MS_PER_S = 1_000;
const USERS = 'vus';
const QUERY_TIMEOUT_MS = 60_000;
const { min_field, max_field } = HISTOGRAM;

/**
 * Steps of equal length from the start of the span; the last one is as long as what is left.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readSteps(
  connection: InfluxConnection,
  { testid, metric, is_trend, request }: WindowsOf,
  { from, to }: TimeSpan,
  step_s: number,
): Promise<Step[]> {
  const measurement = is_trend
    ? (request === undefined ? MEASUREMENT.scenario_histogram : MEASUREMENT.histogram)(metric)
    : request === undefined
      ? MEASUREMENT.scenario(metric)
      : metric;
  const named = request === undefined ? 'true' : String(flux`r.name == ${request}`);
  const points = flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${from}, stop: ${to})
    |> filter(fn: (r) => r._measurement == ${measurement} and r.testid == ${testid})
    |> filter(fn: (r) => ${fluxExpression(named)})`;
  const every = fluxDuration(`${step_s}s`);
  const offset = fluxDuration(`${(from.getTime() / MS_PER_S) % step_s}s`);
  // Steps of each series first, which storage does by itself; then those of all series.
  const stepped = (fields: string, fn: string) => flux`${points}
    |> filter(fn: (r) => ${fluxExpression(fields)})
    |> aggregateWindow(every: ${every}, offset: ${offset}, fn: ${fluxExpression(fn)}, createEmpty: false, timeSrc: "_start")
    |> group(columns: ["_time", "_field"])
    |> ${fluxExpression(fn)}()
    |> group()
    |> toFloat()
    |> keep(columns: ["_time", "_field", "_value"])`;
  const sums = is_trend ? String(flux`r._field =~ ${BUCKET_FIELD}`) : 'r._field == "value" or r._field == "count"';
  const parts = [
    stepped(sums, 'sum'),
    ...(is_trend ? [stepped(`r._field == "${min_field}"`, 'min'), stepped(`r._field == "${max_field}"`, 'max')] : []),
  ];
  const rows = await queryApi(connection, QUERY_TIMEOUT_MS).collectRows<Row>(
    parts.length > 1 ? String(flux`union(tables: [${fluxExpression(parts.join(', '))}])`) : String(parts[0]),
  );
  return assemble(rows, { from, to }, step_s);
}

function assemble(rows: readonly Row[], { from, to }: TimeSpan, step_s: number): Step[] {
  const step_ms = step_s * MS_PER_S;
  // The first step begins with the span, also where the step would begin before it.
  const place = ({ _time }: Row) => Math.max(0, Math.floor((Date.parse(_time) - from.getTime()) / step_ms));
  const histograms = histogramsBy(rows, (row) => String(place(row)));
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(`${place(row)} ${row._field}`, row._value);
  const length_ms = to.getTime() - from.getTime();
  return Array.from({ length: Math.ceil(length_ms / step_ms) }, (_, index) => ({
    histogram: histograms[String(index)] ?? null,
    value: sums.get(`${index} value`) ?? 0,
    count: sums.get(`${index} count`) ?? 0,
    span_s: Math.min(step_ms, length_ms - index * step_ms) / MS_PER_S,
  }));
}

/** Most virtual users at once in the span, of all generators; null where k6 told none. @throws as {@link readSteps} */
export async function readMostUsers(
  connection: InfluxConnection,
  testid: string,
  { from, to }: TimeSpan,
): Promise<number | null> {
  const [row] = await queryApi(connection, QUERY_TIMEOUT_MS).collectRows<{ readonly _value: number }>(
    flux`from(bucket: ${BUCKETS.live.name})
      |> range(start: ${from}, stop: ${to})
      |> filter(fn: (r) => r._measurement == ${USERS} and r.testid == ${testid} and r._field == "max")
      |> toFloat()
      |> group(columns: ["instance"])
      |> max()
      |> group()
      |> sum()`,
  );
  return row?._value ?? null;
}

/** When the windows of a run begin and end, and where its stages lie. */
export interface RunWindows {
  /** Length of a window. */
  readonly window_s: number;
  /** From the first window with a sample to the end of the last one. */
  readonly span: TimeSpan;
  /** In the order of the run. A stage of several generators is when all that reached it were in it. */
  readonly stages: readonly (TimeSpan & { readonly name: string })[];
  /** What its requests are. */
  readonly protocol: ProtocolName;
  /** Every window with a sample, over all generators. */
  readonly windows: readonly LatencyWindow[];
}

export interface LatencyWindow {
  readonly at: Date;
  /** Over all requests, or iterations where the scenario makes no request. */
  readonly mean_ms: number;
}

interface StageRow {
  readonly _time: string;
  readonly _measurement: string;
  readonly _field: 'sum' | 'count';
  readonly _value: number;
  readonly instance?: string;
  readonly scenario?: string;
  readonly stage?: string;
}

/** What tells how slow a second was: requests, or iterations where there are none. */
const ITERATIONS = MEASUREMENT.scenario('iteration_duration');

function durationsOf(protocol: ProtocolName): string {
  return MEASUREMENT.scenario(requestMetrics(protocol).duration);
}

/** @returns null where the bucket holds no window of the run. @throws whatever the client throws when InfluxDB does not answer */
export async function readRunWindows(
  connection: InfluxConnection,
  testid: string,
  started: Date,
): Promise<RunWindows | null> {
  const api = queryApi(connection, QUERY_TIMEOUT_MS);
  const of_run = flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${new Date(started.getTime() - BEFORE_START_MS)}, stop: ${endOfAll()})
    |> filter(fn: (r) => r.testid == ${testid})`;
  const signals = [...PROTOCOL_NAMES.map(durationsOf), ITERATIONS].map((name) => `r._measurement == "${name}"`);
  const [all, [length]] = await Promise.all([
    api.collectRows<StageRow>(
      flux`${of_run}
        |> filter(fn: (r) => ${fluxExpression(signals.join(' or '))})
        |> filter(fn: (r) => r._field == "sum" or r._field == "count")
        |> toFloat()
        |> keep(columns: ["_time", "_measurement", "_field", "_value", "instance", "scenario", ${STAGE_TAG}])`,
    ),
    api.collectRows<{ readonly _value: number }>(
      flux`${of_run}
        |> filter(fn: (r) => r._measurement == ${MEASUREMENT.generator} and r._field == "window_s")
        |> group()
        |> last()`,
    ),
  ]);
  const protocol = mainProtocol((name) => samplesOf(all, durationsOf(name)));
  const requests = all.filter(({ _measurement }) => _measurement === durationsOf(protocol));
  const rows = requests.length > 0 ? requests : all.filter(({ _measurement }) => _measurement === ITERATIONS);
  if (rows.length === 0) return null;
  const window_s = length?._value ?? 1;
  const times_ms = rows.map(({ _time }) => Date.parse(_time));
  const end = (last_ms: number) => new Date(last_ms + window_s * MS_PER_S);
  return {
    protocol,
    window_s,
    span: { from: new Date(smallest(times_ms)), to: end(-smallest(times_ms.map((it) => -it))) },
    stages: stagesOf(rows, window_s),
    windows: latencyWindows(rows),
  };
}

function samplesOf(rows: readonly StageRow[], measurement: string): number {
  return rows.reduce(
    (sum, row) => sum + (row._measurement === measurement && row._field === 'count' ? row._value : 0),
    0,
  );
}

/** A long run has more windows than a call takes arguments. */
function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function stagesOf(rows: readonly StageRow[], window_s: number): RunWindows['stages'] {
  // Merged windows name no generator. Those that generators wrote while no merger answered lie between them: they are of all.
  const is_merged = rows.some(({ instance }) => !instance);
  const seen = new Map<string, Map<string, { first: number; last: number }>>();
  const shared = is_merged ? windowsOfSeveralStages(rows) : new Set();
  for (const { _time, stage, scenario, instance = '' } of rows) {
    if (!stage || shared.has(`${scenario} ${_time}`)) continue;
    const at = Date.parse(_time);
    const of_stage = seen.get(stage) ?? new Map<string, { first: number; last: number }>();
    const who = is_merged ? '' : instance;
    const { first, last } = of_stage.get(who) ?? { first: at, last: at };
    of_stage.set(who, { first: Math.min(first, at), last: Math.max(last, at) });
    seen.set(stage, of_stage);
  }
  return [...seen]
    .map(([name, of_stage]) => {
      const spans = [...of_stage.values()];
      const from = new Date(Math.max(...spans.map(({ first }) => first)));
      const to = new Date(Math.min(...spans.map(({ last }) => last)) + window_s * MS_PER_S);
      return { name, from, to };
    })
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from.getTime() - b.from.getTime());
}

/** Of merged generators, those in which not all are in one stage. */
function windowsOfSeveralStages(rows: readonly StageRow[]): Set<string> {
  const first = new Map<string, string>();
  const shared = new Set<string>();
  for (const { _time, stage = '', scenario } of rows) {
    const window = `${scenario} ${_time}`;
    if ((first.get(window) ?? stage) !== stage) shared.add(window);
    first.set(window, stage);
  }
  return shared;
}

function latencyWindows(rows: readonly StageRow[]): LatencyWindow[] {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { _time, _field, _value } of rows) {
    const at = sums.get(_time) ?? { sum: 0, count: 0 };
    at[_field] += _value;
    sums.set(_time, at);
  }
  return [...sums]
    .map(([time, { sum, count }]) => ({ at: new Date(time), mean_ms: sum / count }))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
