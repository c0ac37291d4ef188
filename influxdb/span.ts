import {
  type FluxParameterLike,
  flux,
  fluxExpression,
  type ParameterizedQuery,
  type QueryApi,
} from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { type Histogram, histogramOf } from '../contract/histogram.ts';
import {
  MEASUREMENT,
  type RequestSpan,
  type ScenarioFigures,
  type Share,
  type SpanFigures,
} from '../contract/live-schema.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { type HistogramRow, mergedHistograms } from './histograms.ts';

/** Which points of a run: those of whole seconds from `from` to before `to`. */
export interface Span {
  readonly testid: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * A window can be read when there is a sign of life so long after its end: the output's grace, its tick, and the delivery
 * (bench: 1.3 s).
 */
export const READABLE_AFTER_MS = 500;

const SECOND_MS = 1_000;
const QUERY_TIMEOUT_MS = 5_000;
const RATES = ['http_req_failed', 'checks'] as const;
const COUNTERS = ['http_reqs', 'dropped_iterations', ...RATES] as const;

interface Row extends HistogramRow {
  readonly scenario?: string;
  readonly name?: string;
  readonly _measurement: string;
}

/** Reads spans of a run while it goes on, from what our own output writes in windows of a second. */
export class SpanReader {
  readonly #api: QueryApi;

  constructor(connection: InfluxConnection) {
    this.#api = queryApi(connection, QUERY_TIMEOUT_MS);
  }

  /**
   * The time of the newest sign of life. It goes the same way as the windows, after them: all windows that ended
   * {@link READABLE_AFTER_MS} before it can be read. @throws whatever the client throws when InfluxDB does not answer
   */
  async newest(testid: string, since: Date): Promise<Date | null> {
    const [row] = await this.#api.collectRows<{ _time: string }>(
      flux`from(bucket: ${BUCKETS.live.name})
        |> range(start: ${since}, stop: ${endOfAll(since)})
        |> filter(fn: (r) => r._measurement == ${MEASUREMENT.generator} and r.testid == ${testid} and r._field == "window_s")
        |> group()
        |> max(column: "_time")`,
    );
    return row ? new Date(row._time) : null;
  }

  /** @param names requests whose figures are wanted. @throws whatever the client throws when InfluxDB does not answer */
  async read(span: Span, names: readonly string[]): Promise<SpanFigures> {
    const whole = wholeSeconds(span);
    const [buckets, counts, named_buckets, named_failed, users, generator_delay_ms] = await Promise.all([
      this.#histograms(whole, MEASUREMENT.scenario_histogram('http_req_duration'), []),
      this.#sums(whole, COUNTERS.map(MEASUREMENT.scenario), []),
      this.#histograms(whole, MEASUREMENT.histogram('http_req_duration'), names),
      this.#sums(whole, ['http_req_failed'], names),
      this.#users(whole),
      this.#delay_ms(whole),
    ]);
    const scenarios = new Set([...buckets, ...counts].flatMap(({ scenario }) => (scenario ? [scenario] : [])));
    const of = (rows: readonly Row[], scenario: string) => rows.filter((row) => row.scenario === scenario);
    return {
      span_s: (whole.to.getTime() - whole.from.getTime()) / SECOND_MS,
      users,
      generator_delay_ms,
      scenarios: Object.fromEntries(
        [...scenarios].map((scenario) => [
          scenario,
          scenarioFigures(
            of(buckets, scenario),
            of(counts, scenario),
            of([...named_buckets, ...named_failed], scenario),
          ),
        ]),
      ),
    };
  }

  /** All requests of a span, by their name. @throws whatever the client throws when InfluxDB does not answer */
  async readRequests(span: Span): Promise<Record<string, RequestSpan>> {
    const whole = wholeSeconds(span);
    const of = flux`${points(whole)} |> filter(fn: (r) => r._measurement == ${MEASUREMENT.histogram('http_req_duration')})`;
    const [buckets, failed] = await Promise.all([
      this.#api.collectRows<Row>(String(mergedHistograms(of, ['name', '_measurement']))),
      this.#api.collectRows<Row>(
        String(flux`${points(whole)}
          |> filter(fn: (r) => r._measurement == "http_req_failed" and (r._field == "value" or r._field == "count"))
          |> group(columns: ["name", "_measurement", "_field"])
          |> sum()`),
      ),
    ]);
    const rows = [...buckets, ...failed];
    const names = new Set(rows.flatMap(({ name }) => (name ? [name] : [])));
    return Object.fromEntries([...names].map((name) => [name, requestSpan(rows.filter((row) => row.name === name))]));
  }

  /** By scenario; with names, of those requests and by name too. */
  async #histograms(span: Span, measurement: string, names: readonly string[]): Promise<Row[]> {
    const by_name = names.length > 0;
    if (!by_name && measurement !== MEASUREMENT.scenario_histogram('http_req_duration')) return [];
    const of = flux`${points(span)}
      |> filter(fn: (r) => r._measurement == ${measurement})
      |> filter(fn: (r) => ${by_name ? anyOf('name', names) : fluxExpression('true')})`;
    const by = ['scenario', '_measurement', ...(by_name ? ['name'] : [])];
    return await this.#api.collectRows<Row>(String(mergedHistograms(of, by)));
  }

  /** Sums of all fields, by scenario; with names, of those requests and by name too. */
  async #sums(span: Span, measurements: readonly string[], names: readonly string[]): Promise<Row[]> {
    const by_name = names.length > 0;
    if (!by_name && measurements.every((it) => !it.includes('.scenario'))) return [];
    const columns = ['scenario', '_measurement', '_field', ...(by_name ? ['name'] : [])];
    return await this.#api.collectRows<Row>(
      String(flux`${points(span)}
        |> filter(fn: (r) => ${anyOf('_measurement', measurements)})
        |> filter(fn: (r) => ${by_name ? anyOf('name', names) : fluxExpression('true')})
        |> filter(fn: (r) => r._field == "value" or r._field == "count")
        |> group(columns: ${fluxExpression(JSON.stringify(columns))})
        |> sum()`),
    );
  }

  /** Of several generators together. */
  async #users(span: Span): Promise<number> {
    const rows = await this.#api.collectRows<Row>(
      flux`${points(span)}
        |> filter(fn: (r) => r._measurement == "vus" and r._field == "value")
        |> group(columns: ["instance"])
        |> mean()`,
    );
    return rows.reduce((sum, { _value }) => sum + _value, 0);
  }

  /** Of several generators the worst. */
  async #delay_ms(span: Span): Promise<number> {
    const rows = await this.#api.collectRows<Row>(
      flux`${points(span)}
        |> filter(fn: (r) => r._measurement == ${MEASUREMENT.generator} and r._field == "scheduling_p99_ms")
        |> group(columns: ["instance"])
        |> median()`,
    );
    return Math.max(0, ...rows.map(({ _value }) => _value));
  }
}

/** Not `contains()`: storage cannot look that up in its index. */
function anyOf(column: string, values: readonly string[]): FluxParameterLike {
  return fluxExpression(values.map((value) => String(flux`r.${fluxExpression(column)} == ${value}`)).join(' or '));
}

function points({ testid, from, to }: Span): ParameterizedQuery {
  return flux`from(bucket: ${BUCKETS.live.name})
    |> range(start: ${from}, stop: ${to})
    |> filter(fn: (r) => r.testid == ${testid})`;
}

/** Seconds at the edges are of two steps, and so of none. */
export function wholeSeconds({ testid, from, to }: Span): Span {
  const first_ms = Math.ceil(from.getTime() / SECOND_MS) * SECOND_MS;
  const last_ms = Math.floor(to.getTime() / SECOND_MS) * SECOND_MS;
  return { testid, from: new Date(first_ms), to: new Date(Math.max(first_ms, last_ms)) };
}

function field(rows: readonly Row[], measurement: string, name: 'value' | 'count'): number {
  return rows.find((row) => row._measurement === measurement && row._field === name)?._value ?? 0;
}

function share(rows: readonly Row[], measurement: string): Share {
  return { value: field(rows, measurement, 'value'), count: field(rows, measurement, 'count') };
}

function requestSpan(rows: readonly Row[]): RequestSpan {
  return {
    latency: histogram(rows.filter((row) => row._measurement === MEASUREMENT.histogram('http_req_duration'))),
    rates: { http_req_failed: share(rows, 'http_req_failed') },
  };
}

function scenarioFigures(buckets: readonly Row[], counts: readonly Row[], named: readonly Row[]): ScenarioFigures {
  const names = new Set(named.flatMap(({ name }) => (name ? [name] : [])));
  return {
    requests: field(counts, MEASUREMENT.scenario('http_reqs'), 'value'),
    dropped_iterations: field(counts, MEASUREMENT.scenario('dropped_iterations'), 'value'),
    all: {
      latency: histogram(buckets),
      rates: Object.fromEntries(RATES.map((metric) => [metric, share(counts, MEASUREMENT.scenario(metric))])),
    },
    named: Object.fromEntries([...names].map((name) => [name, requestSpan(named.filter((row) => row.name === name))])),
  };
}

function histogram(rows: readonly Row[]): Histogram | null {
  return histogramOf(rows.map(({ _field, _value }) => [_field, _value]));
}
