/** What generators of a run say of themselves: that they live, and at their end what they have sent. */
import { flux, fluxExpression } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import type { MetricType } from '../contract/k6-metrics.ts';
import { MEASUREMENT } from '../contract/live-schema.ts';
import type { OutputReport, RefusedHost } from '../contract/output-report.ts';
import type { GeneratorDelay } from '../contract/results.ts';
import { type InfluxConnection, queryApi } from './connection.ts';
import { type Row, reading } from './row.ts';

/** A generator that has written something. */
export interface GeneratorLife {
  /** Its `instance` tag. */
  readonly instance: string;
  /** Its first and its last sign of life: there is one a second. */
  readonly first: Date;
  readonly last: Date;
  /** When its first iteration began; null before that. */
  readonly load_began: Date | null;
}

/** Which generators of a run live: what can be asked again and again. */
export interface Signs {
  readonly lives: readonly Pick<GeneratorLife, 'instance' | 'last'>[];
  /** Names of those that have come to their end. */
  readonly ended: readonly string[];
}

/** What a generator alone has seen of requests, by its own count. */
export interface GeneratorFigures {
  readonly requests: number;
  readonly failed: number;
  readonly p95_ms: number;
  readonly peak_machine_cpu: number;
}

/** What a generator has sent of a metric, by its own count. */
export interface SentTotals {
  readonly type: MetricType;
  readonly received: number;
  /** Those among them that are no numbers, which InfluxDB cannot store. */
  readonly dropped: number;
  /** Of a rate, how many were not zero. */
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** The end of a generator. */
export interface GeneratorEnd {
  readonly instance: string;
  readonly ended: Date;
  readonly k6_version: string | null;
  /** What ended its load before the plan, such as a signal; null: nothing. */
  readonly stopped: string | null;
  readonly report: OutputReport;
  readonly sent: ReadonlyMap<string, SentTotals>;
}

/** They are few and small points; but an InfluxDB may be busy with the last of a run. */
const QUERY_TIMEOUT_MS = 60_000;

/**
 * @param since no sign of the run is older
 * @returns those that have been seen, by their names
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readLives(connection: InfluxConnection, testid: string, since: Date): Promise<GeneratorLife[]> {
  const edge = async (call: 'first' | 'last', field = 'window_s') => {
    const rows = await api(connection).collectRows<{ instance?: string; _time: string; _value: number }>(
      flux`from(bucket: ${BUCKETS.live.name})
        |> range(start: ${since})
        |> filter(fn: (r) => r._measurement == ${MEASUREMENT.generator} and r.testid == ${testid} and r._field == ${field})
        |> ${fluxExpression(`${call}()`)}
        |> keep(columns: ["_time", "_value", "instance"])`,
    );
    return rows.map(({ instance = '', _time, _value }) => ({ instance, at: new Date(_time), value: _value }));
  };
  const [firsts, lasts, began] = await Promise.all([edge('first'), edge('last'), edge('last', 'load_began_ms')]);
  const names = [...new Set(firsts.map(({ instance }) => instance))].sort();
  // Two processes of one name may differ in other tags, and then are two series.
  const times = (edges: typeof firsts, name: string) =>
    edges.flatMap(({ instance, at }) => (instance === name ? [at.getTime()] : []));
  return names.map((instance) => {
    const began_ms = began.flatMap((it) => (it.instance === instance ? [it.value] : []));
    return {
      instance,
      first: new Date(Math.min(...times(firsts, instance))),
      last: new Date(Math.max(...times(lasts, instance))),
      load_began: began_ms.length > 0 ? new Date(Math.min(...began_ms)) : null,
    };
  });
}

/**
 * @param since no sign of the run is older
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readSigns(connection: InfluxConnection, testid: string, since: Date): Promise<Signs> {
  const newest = async (measurement: string, field: string) =>
    await api(connection).collectRows<{ instance?: string; _time: string }>(
      flux`from(bucket: ${BUCKETS.live.name})
        |> range(start: ${since})
        |> filter(fn: (r) => r._measurement == ${measurement} and r.testid == ${testid} and r._field == ${field})
        |> group(columns: ["instance"])
        |> last()
        |> keep(columns: ["_time", "instance"])`,
    );
  const [signs, ends] = await Promise.all([
    newest(MEASUREMENT.generator, 'window_s'),
    newest(MEASUREMENT.end, 'points'),
  ]);
  return {
    lives: signs.map(({ instance = '', _time }) => ({ instance, last: new Date(_time) })),
    ended: ends.map(({ instance = '' }) => instance),
  };
}

/**
 * @param since no sign of the run is older
 * @returns what generators have seen so far, by their names; what is not known is left out
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readGeneratorFigures(
  connection: InfluxConnection,
  testid: string,
  since: Date,
): Promise<Map<string, Partial<GeneratorFigures>>> {
  const figures = new Map<string, Partial<GeneratorFigures>>();
  const read = async (name: keyof GeneratorFigures, field: string, call: 'last' | 'max') => {
    const rows = await api(connection).collectRows<{ instance?: string; _value: number }>(
      flux`from(bucket: ${BUCKETS.live.name})
        |> range(start: ${since})
        |> filter(fn: (r) => r._measurement == ${MEASUREMENT.generator} and r.testid == ${testid} and r._field == ${field})
        |> group(columns: ["instance"])
        |> ${fluxExpression(`${call}()`)}
        |> keep(columns: ["_value", "instance"])`,
    );
    for (const { instance = '', _value } of rows) figures.set(instance, { ...figures.get(instance), [name]: _value });
  };
  await Promise.all([
    read('requests', 'requests', 'last'),
    read('failed', 'failed', 'last'),
    read('p95_ms', 'run_p95_ms', 'last'),
    read('peak_machine_cpu', 'machine_cpu_ratio', 'max'),
  ]);
  return figures;
}

/**
 * One for each process that came to its end, also where two of them had the same name.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readEnds(connection: InfluxConnection, testid: string, since: Date): Promise<GeneratorEnd[]> {
  const rows = async (measurement: string) =>
    pivoted(
      await api(connection).collectRows<FieldRow>(
        flux`from(bucket: ${BUCKETS.live.name})
          |> range(start: ${since})
          |> filter(fn: (r) => r._measurement == ${measurement} and r.testid == ${testid})
          |> keep(columns: ["_time", "_field", "_value", "instance", "metric"])`,
      ),
    );
  const [ends, sent] = await Promise.all([rows(MEASUREMENT.end), rows(MEASUREMENT.sent)]);
  return ends.map((end) =>
    toEnd(
      end,
      sent.filter((row) => row.instance === end.instance && row._time === end._time),
    ),
  );
}

interface FieldRow {
  readonly _time: string;
  readonly _field: string;
  readonly _value: string | number | boolean;
  readonly instance?: string;
  readonly metric?: string;
}

/** A row a point. Not in Flux, whose `pivot` takes no fields of several types. */
function pivoted(fields: readonly FieldRow[]): Row[] {
  const points = new Map<string, Record<string, string | number | boolean>>();
  for (const { _time, _field, _value, instance = '', metric = '' } of fields) {
    const key = JSON.stringify([_time, instance, metric]);
    const point = points.get(key) ?? { _time, instance, metric };
    point[_field] = _value;
    points.set(key, point);
  }
  return [...points.values()];
}

function api(connection: InfluxConnection) {
  return queryApi(connection, QUERY_TIMEOUT_MS);
}

function toEnd(row: Row, rows_of_metrics: readonly Row[]): GeneratorEnd {
  const { text, maybeText } = reading(row);
  const sent = new Map(rows_of_metrics.map((metric) => [reading(metric).text('metric'), toSent(metric)]));
  return {
    instance: text('instance'),
    ended: new Date(text('_time')),
    k6_version: maybeText('k6_version'),
    stopped: maybeText('stopped'),
    report: toReport(row, sent),
    sent,
  };
}

function toSent(row: Row): SentTotals {
  const { text, number } = reading(row);
  return {
    type: text('type') as MetricType,
    received: number('received') ?? 0,
    dropped: number('dropped') ?? 0,
    sum: number('sum') ?? 0,
    min: number('min') ?? 0,
    max: number('max') ?? 0,
  };
}

function toReport(row: Row, sent: ReadonlyMap<string, SentTotals>): OutputReport {
  const { maybeText } = reading(row);
  const number = (name: string) => reading(row).number(name) ?? 0;
  const overflow = maybeText('overflow');
  const refusal = maybeText('refusal');
  const no_answer_s = number('no_answer_s');
  const refused_hosts = maybeText('refused_hosts');
  const failures = maybeText('failures');
  const delayed = maybeText('delayed');
  const cpu_model = maybeText('cpu_model');
  const [from, to] = [maybeText('load_from'), maybeText('load_to')];
  return {
    samples: Object.fromEntries([...sent].map(([name, { received }]) => [name, received])),
    dropped: Object.fromEntries([...sent].flatMap(([name, { dropped }]) => (dropped > 0 ? [[name, dropped]] : []))),
    points: number('points'),
    bytes: number('bytes'),
    sent_bytes: number('sent_bytes'),
    series: number('series'),
    spooled_batches: 0,
    rejected_batches: number('rejected_batches'),
    lost_points: number('lost_points'),
    ...(from && to ? { load: { from, to } } : {}),
    ...(refusal ? { refusal } : {}),
    ...(no_answer_s > 0 ? { no_answer_s } : {}),
    ...(refused_hosts ? { refused_hosts: JSON.parse(refused_hosts) as RefusedHost[] } : {}),
    failures: failures ? (JSON.parse(failures) as OutputReport['failures']) : null,
    overflow: overflow ? (JSON.parse(overflow) as OutputReport['overflow']) : null,
    generator: {
      seconds: number('seconds'),
      peak_machine_cpu: number('peak_machine_cpu'),
      peak_resident_bytes: number('peak_resident_bytes'),
      ...(delayed ? { delayed: JSON.parse(delayed) as GeneratorDelay } : {}),
    },
    machine: cpu_model ? { cpu_model, cores: number('cores'), memory_bytes: number('memory_bytes') } : null,
  };
}
