/** How a run developed, from its live data: counts, users and the histogram of latencies in each step. */
import { flux, fluxDuration, fluxExpression } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { BUCKET_FIELD, GAMMA, type Histogram } from '../contract/histogram.ts';
import { mainProtocol, PROTOCOL_NAMES, type ProtocolName, requestMetrics } from '../contract/k6-metrics.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { OutputSpec } from '../contract/outputs.ts';
import { BEFORE_START_MS } from '../contract/runs.ts';
import { type InfluxConnection, queryApi } from './connection.ts';
import { histogramsBy } from './histograms.ts';

export interface RunStep {
  /** Seconds since the first request. */
  readonly at_s: number;
  /** How much of the step the run filled: the last one may be cut short. */
  readonly length_s: number;
  readonly requests: number;
  readonly failed: number;
  /** Most virtual users at once, of all generators; null where k6 told none. */
  readonly users: number | null;
  /** Over all requests, scenarios and generators; null without a request. */
  readonly histogram: Histogram | null;
}

export interface RunSteps {
  /** When the first step begins. */
  readonly began: Date;
  readonly step_s: number;
  readonly steps: readonly RunStep[];
}

interface Run {
  readonly testid: string;
  readonly started: Date;
  readonly ended: Date;
}

const USERS = 'vus';
const MS_PER_S = 1_000;
const AFTER_END_MS = 60_000;
/** A long run of a stock output has a point a request to read. */
const QUERY_TIMEOUT_MS = 60_000;
/** More points than this a chart cannot show. */
const MOST_STEPS = 120;
/** Fewer samples a step than this, and its p95 is but its slowest request. */
const LEAST_SAMPLES = 20;
/** Steps below this many would show no course at all. */
const LEAST_STEPS = 12;
/** Lengths that read well on a clock, in seconds. */
const STEP_LENGTHS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

const { positive_prefix, zero_field, min_field, max_field } = HISTOGRAM;

/**
 * As long as it takes for a step to hold enough samples and for the chart to hold all steps, but not so long that nothing
 * shows. @param window_s what a point holds: no step is shorter
 */
export function stepLength_s(duration_s: number, requests: number, window_s: number): number {
  const readable = duration_s / MOST_STEPS;
  const sound = (LEAST_SAMPLES * duration_s) / Math.max(1, requests);
  const wanted = Math.max(window_s, readable, Math.min(sound, duration_s / LEAST_STEPS));
  return STEP_LENGTHS_S.find((length) => length >= wanted) ?? (STEP_LENGTHS_S.at(-1) as number);
}

/**
 * Steps begin with the first request, so that none but the last is cut short.
 * @param requests how many the run made, for the length of a step
 * @returns null where the bucket holds no request of the run (any more)
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readOverTime(
  connection: InfluxConnection,
  schema: OutputSpec['schema'],
  run: Run,
  requests: number,
): Promise<RunSteps | null> {
  const api = queryApi(connection, QUERY_TIMEOUT_MS);
  const ask = (text: string) => api.collectRows<Row>(text);
  const layout = schema === 'loadstar' ? LOADSTAR : RAW;
  const made_by = await api.collectRows<{ readonly protocol: string; readonly _value: number }>(
    protocolsQuery(layout, run),
  );
  const protocol = mainProtocol((name) => made_by.find((row) => row.protocol === name)?._value ?? 0);
  const [[bounds], [window]] = await Promise.all([ask(boundsQuery(layout, run, protocol)), ask(layout.window(run))]);
  if (!bounds?.first || !bounds.last) return null;
  const window_s = window?._value ?? 0;
  const first_ms = Math.floor(Date.parse(bounds.first) / MS_PER_S) * MS_PER_S;
  const last_ms = Date.parse(bounds.last) + window_s * MS_PER_S;
  const step_s = stepLength_s((last_ms - first_ms) / MS_PER_S, requests, window_s);
  const frame: Frame = {
    run,
    protocol,
    every: String(fluxDuration(`${step_s}s`)),
    offset: String(fluxDuration(`${(first_ms / MS_PER_S) % step_s}s`)),
  };
  const [made, failed, users, histograms] = await Promise.all([
    ask(layout.made(frame)),
    ask(layout.failed(frame)),
    ask(layout.users(frame)),
    ask(layout.histograms(frame)),
  ]);
  return {
    began: new Date(first_ms),
    step_s,
    steps: assemble({ first_ms, last_ms, step_ms: step_s * MS_PER_S }, { made, failed, users, histograms }),
  };
}

interface Row {
  readonly _time: string;
  readonly _field: string;
  readonly _value: number;
  readonly first?: string;
  readonly last?: string;
}

interface Frame {
  readonly run: Run;
  /** What its requests are. */
  readonly protocol: ProtocolName;
  readonly every: string;
  readonly offset: string;
}

interface Layout {
  readonly bucket: string;
  /** The measurement whose points count requests. */
  requests(protocol: ProtocolName): string;
  /** A row whose `_value` is how many seconds a point stands for; none where it is a sample. */
  window(run: Run): string;
  /** Rows of `_time` (start of the step) and `_value`; of histograms `_field` too, the buckets and the extremes. */
  made(frame: Frame): string;
  failed(frame: Frame): string;
  users(frame: Frame): string;
  histograms(frame: Frame): string;
}

function from(bucket: string, { testid, started, ended }: Run, measurement: string): string {
  const start = new Date(started.getTime() - BEFORE_START_MS);
  const stop = new Date(ended.getTime() + AFTER_END_MS);
  return String(flux`from(bucket: ${bucket})
    |> range(start: ${start}, stop: ${stop})
    |> filter(fn: (r) => r._measurement == ${measurement} and r.testid == ${testid})`);
}

/** Steps of each series first, which storage does by itself; then those of all series. */
function stepped({ every, offset }: Frame, fn: string, by: readonly string[] = [], of_all = 'sum'): string {
  const keys = ['_time', ...by].map((name) => `"${name}"`).join(', ');
  return `|> aggregateWindow(every: ${every}, offset: ${offset}, fn: ${fn}, createEmpty: false, timeSrc: "_start")
    |> group(columns: [${keys}])
    |> ${of_all}()
    |> group()`;
}

/** How many requests the run made with each protocol. */
function protocolsQuery({ bucket, requests }: Layout, run: Run): string {
  const parts = PROTOCOL_NAMES.map(
    (protocol) => `${from(bucket, run, requests(protocol))}
    ${one('value')}
    |> group()
    |> sum()
    |> map(fn: (r) => ({protocol: "${protocol}", _value: float(v: r._value)}))`,
  );
  return `union(tables: [${parts.join(', ')}])`;
}

function boundsQuery({ bucket, requests }: Layout, run: Run, protocol: ProtocolName): string {
  return `points = ${from(bucket, run, requests(protocol))}
    |> filter(fn: (r) => r._field == "value")
  edge = (tables=<-) => tables |> keep(columns: ["_time"]) |> group()
  union(tables: [
      points |> first() |> edge() |> min(column: "_time") |> map(fn: (r) => ({name: "first", _value: string(v: r._time)})),
      points |> last() |> edge() |> max(column: "_time") |> map(fn: (r) => ({name: "last", _value: string(v: r._time)})),
    ])
    |> map(fn: (r) => ({r with key: "bounds"}))
    |> pivot(rowKey: ["key"], columnKey: ["name"], valueColumn: "_value")`;
}

const one = (field: string) => `|> filter(fn: (r) => r._field == "${field}")`;

/** A point a series and window. */
const LOADSTAR: Layout = {
  bucket: BUCKETS.live.name,
  requests: (protocol) => MEASUREMENT.scenario(requestMetrics(protocol).requests),
  window: (run) => `${from(BUCKETS.live.name, run, MEASUREMENT.generator)}
    ${one('window_s')}
    |> group()
    |> last()`,
  made: (frame) => `${from(BUCKETS.live.name, frame.run, MEASUREMENT.scenario(requestMetrics(frame.protocol).requests))}
    ${one('value')}
    ${stepped(frame, 'sum')}`,
  failed: (frame) => `${from(BUCKETS.live.name, frame.run, MEASUREMENT.scenario(requestMetrics(frame.protocol).failed))}
    ${one('value')}
    ${stepped(frame, 'sum')}`,
  users: (frame) => `${from(BUCKETS.live.name, frame.run, USERS)}
    ${one('max')}
    ${stepped(frame, 'max')}`,
  histograms: (frame) => {
    const points = from(
      BUCKETS.live.name,
      frame.run,
      MEASUREMENT.scenario_histogram(requestMetrics(frame.protocol).duration),
    );
    const extreme = (field: string) => `${points}
      ${one(field)}
      ${stepped(frame, field, ['_field'], field)}`;
    return `union(tables: [
      ${points}
        |> filter(fn: (r) => r._field =~ ${BUCKET_FIELD})
        ${stepped(frame, 'sum', ['_field'])}
        |> toFloat(),
      ${extreme(min_field)},
      ${extreme(max_field)},
    ])`;
  },
};

/** A point a sample: InfluxDB sorts them into the same buckets. */
const RAW: Layout = {
  bucket: BUCKETS.raw.name,
  requests: (protocol) => requestMetrics(protocol).requests,
  window: () => 'import "array"\narray.from(rows: [{_value: 0.0}])',
  made: (frame) => `${from(BUCKETS.raw.name, frame.run, requestMetrics(frame.protocol).requests)}
    ${one('value')}
    ${stepped(frame, 'sum')}`,
  failed: (frame) => `${from(BUCKETS.raw.name, frame.run, requestMetrics(frame.protocol).failed)}
    ${one('value')}
    ${stepped(frame, 'sum')}`,
  users: (frame) => `${from(BUCKETS.raw.name, frame.run, USERS)}
    ${one('value')}
    ${stepped(frame, 'max')}`,
  histograms: (frame) => {
    const samples = `${from(BUCKETS.raw.name, frame.run, requestMetrics(frame.protocol).duration)}
    ${one('value')}`;
    const extreme = (field: string) => `${samples}
    ${stepped(frame, field, [], field)}
    |> map(fn: (r) => ({r with _field: "${field}"}))`;
    return `import "math"
  buckets = ${samples}
    |> map(fn: (r) => ({
      _time: r._time,
      _value: 1,
      _field: if r._value > 0.0
        then "${positive_prefix}" + string(v: int(v: math.floor(x: math.log(x: r._value) / math.log(x: ${fluxExpression(String(GAMMA))}))))
        else "${zero_field}",
    }))
    |> group(columns: ["_field"])
    ${stepped(frame, 'sum', ['_field'])}
    |> toFloat()
  union(tables: [buckets, ${extreme(min_field)}, ${extreme(max_field)}])`;
  },
};

interface Bounds {
  readonly first_ms: number;
  readonly last_ms: number;
  readonly step_ms: number;
}

type Answers = Readonly<Record<'made' | 'failed' | 'users' | 'histograms', readonly Row[]>>;

function assemble({ first_ms, last_ms, step_ms }: Bounds, { made, failed, users, histograms }: Answers): RunStep[] {
  const place = ({ _time }: Row) => Math.round((Date.parse(_time) - first_ms) / step_ms);
  const valuesOf = (rows: readonly Row[]) => new Map(rows.map((row) => [place(row), row._value]));
  const [made_at, failed_at, users_at] = [valuesOf(made), valuesOf(failed), valuesOf(users)];
  const histogram_at = histogramsBy(histograms, (row) => String(place(row)));
  return Array.from({ length: Math.max(1, Math.ceil((last_ms - first_ms) / step_ms)) }, (_, index) => ({
    at_s: (index * step_ms) / MS_PER_S,
    length_s: Math.min(step_ms, Math.max(MS_PER_S, last_ms - first_ms - index * step_ms)) / MS_PER_S,
    requests: made_at.get(index) ?? 0,
    failed: failed_at.get(index) ?? 0,
    users: users_at.get(index) ?? null,
    histogram: histogram_at[String(index)] ?? null,
  }));
}
