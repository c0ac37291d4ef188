import { type FluxTableMetaData, flux, Point } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import {
  PORTABLE_MEASUREMENTS,
  type PortableDetail,
  type PortableFields,
  type PortableRun,
} from '../contract/portable-runs.ts';
import { RUN_DETAIL, RUN_MEASUREMENT, RUN_TAG_NAMES } from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, influxClient, queryApi } from './connection.ts';
import { NO_BRANCH } from './run-points.ts';

/** Which runs are wanted; null: all. */
export interface RunFilter {
  readonly scenarios: readonly string[] | null;
  readonly since: Date | null;
}

const TIMEOUT_MS = 60_000;
/** InfluxDB's columns that are neither tag nor field. */
const OWN_COLUMNS = new Set(['result', 'table', '_start', '_stop', '_time', '_value', '_field', '_measurement']);
const IDENTITY = new Set<string>(RUN_TAG_NAMES);

/** Which records there are, and until when points of theirs may lie. */
interface Found {
  readonly testid: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly started: Date;
  readonly last: Date;
}

/**
 * The runs with everything that belongs to them, oldest first, one at a time: a history need not fit into memory.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function* exportRuns(connection: InfluxConnection, filter: RunFilter): AsyncGenerator<PortableRun> {
  for (const found of await findRuns(connection, filter)) yield await readRun(connection, found);
}

async function findRuns(connection: InfluxConnection, { scenarios, since }: RunFilter): Promise<Found[]> {
  const rows = await queryApi(connection, TIMEOUT_MS).collectRows<Record<string, string>>(
    flux`from(bucket: ${BUCKETS.runs.name})
      |> range(start: ${since ?? new Date(0)}, stop: ${endOfAll()})
      |> filter(fn: (r) => r._measurement == ${RUN_MEASUREMENT} and (r._field == "testid" or r._field == "planned_end"))
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()
      |> sort(columns: ["_time"])`,
  );
  return rows.flatMap((row) => {
    const { testid, _time = '', planned_end = _time } = row;
    if (!testid || (scenarios && !scenarios.includes(row.scenario ?? ''))) return [];
    const started = new Date(_time);
    const tags = Object.fromEntries(RUN_TAG_NAMES.map((name) => [name, row[name] ?? '']));
    return [{ testid, tags, started, last: new Date(Math.max(started.getTime(), Date.parse(planned_end))) }];
  });
}

/** A field of a point, with its type as InfluxDB has it. */
interface Cell {
  readonly key: string;
  readonly measurement: string;
  readonly at: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly field: string;
  readonly type: string;
  readonly value: unknown;
}

async function readRun(connection: InfluxConnection, found: Found): Promise<PortableRun> {
  const { scenario = '', profile = '', target = '', branch = '' } = found.tags;
  const stop = new Date(found.last.getTime() + 1);
  const points_of_run = flux`from(bucket: ${BUCKETS.runs.name})
    |> range(start: ${found.started}, stop: ${stop})
    |> filter(fn: (r) => r.scenario == ${scenario} and r.profile == ${profile} and r.target == ${target} and r.branch == ${branch})`;
  // A table a field and series is what InfluxDB answers by itself, and what costs it most; all buckets are integers, so
  // that those can be one table.
  const cells = await queryApi(connection, TIMEOUT_MS).collectRows<Cell>(
    flux`${points_of_run}
      |> filter(fn: (r) => r._measurement == ${RUN_DETAIL.histogram})
      |> filter(fn: (r) => r._time == ${found.started})
      |> group()
      |> yield(name: "histograms")
    ${points_of_run}
      |> filter(fn: (r) => r._measurement != ${RUN_DETAIL.histogram})
      |> filter(fn: (r) => r._measurement == ${RUN_DETAIL.stage} or r._time == ${found.started})
      |> yield(name: "others")`,
    toCell,
  );
  const started = found.started.toISOString();
  const points = pointsOf(cells.filter(({ measurement }) => PORTABLE_MEASUREMENTS.includes(measurement)));
  const record = points.find(({ measurement }) => measurement === RUN_MEASUREMENT);
  const details = points
    .filter((point) => point !== record)
    // Another run of the same tags may have been on its way: its stages lie among these.
    .filter(({ measurement, fields }) => measurement !== RUN_DETAIL.stage || fields.text?.testid === found.testid)
    .map(({ at, ...detail }) => (at === started ? detail : { ...detail, at }));
  return {
    testid: found.testid,
    scenario,
    profile,
    target,
    branch: branch === NO_BRANCH ? null : branch,
    started,
    record: record?.fields ?? {},
    details,
  };
}

function toCell(values: string[], meta: FluxTableMetaData): Cell {
  const tags: Record<string, string> = {};
  for (const { label } of meta.columns) {
    const value = values[meta.column(label).index];
    if (!OWN_COLUMNS.has(label) && !IDENTITY.has(label) && value) tags[label] = value;
  }
  const measurement = String(meta.get(values, '_measurement'));
  // InfluxDB answers in CSV, whose writer makes \r\n of every line break in a text (Go's encoding/csv with UseCRLF).
  const value: unknown = meta.get(values, '_value');
  const at = new Date(String(meta.get(values, '_time'))).toISOString();
  return {
    key: JSON.stringify([measurement, at, Object.entries(tags).sort()]),
    measurement,
    at,
    tags,
    field: String(meta.get(values, '_field')),
    type: meta.column('_value').dataType,
    value: typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value,
  };
}

type DetailAt = PortableDetail & { readonly at: string };

/** In one order, whatever InfluxDB's is: the same history has to give the same bytes. */
function pointsOf(cells: readonly Cell[]): DetailAt[] {
  const points = new Map<string, DetailAt>();
  const sorted = [...cells].sort((a, b) => order(a.key, b.key) || order(a.field, b.field));
  for (const { key, measurement, at, tags, field, type, value } of sorted) {
    const point = points.get(key) ?? {
      measurement,
      at,
      ...(Object.keys(tags).length > 0 ? { tags } : {}),
      fields: {},
    };
    points.set(key, point);
    addField(point.fields, field, type, value);
  }
  return [...points.values()];
}

/** By code unit: a locale's order differs between machines. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const GROUP = { string: 'text', double: 'float', long: 'integer', boolean: 'boolean' } as const;

function addField(fields: PortableFields, name: string, type: string, value: unknown): void {
  if (!Object.hasOwn(GROUP, type)) {
    throw new Error(`unreachable: nothing of ours writes a field of the type ${type} (${name})`);
  }
  const group = GROUP[type as keyof typeof GROUP];
  Object.assign(fields, { [group]: Object.assign(fields[group] ?? {}, { [name]: value }) });
}

/**
 * Writes runs as they were exported. A point that is there already keeps the fields that the file does not have, and takes
 * those that it has: so the same file twice changes nothing.
 * @throws whatever the client throws when InfluxDB does not answer, or refuses a point
 */
export async function importRuns(
  connection: InfluxConnection,
  runs: AsyncIterable<PortableRun> | Iterable<PortableRun>,
): Promise<void> {
  const client = influxClient(connection, TIMEOUT_MS);
  const writer = client.getWriteApi(connection.org, BUCKETS.runs.name, 'ms', { maxRetries: 3 });
  try {
    for await (const run of runs) {
      writer.writePoints(portablePoints(run));
      await writer.flush(true);
    }
  } finally {
    await writer.close();
  }
}

function portablePoints(run: PortableRun): Point[] {
  const record: PortableDetail = { measurement: RUN_MEASUREMENT, fields: run.record };
  return [record, ...run.details].flatMap(({ measurement, at = run.started, tags = {}, fields }) => {
    const point = new Point(measurement)
      .tag('scenario', run.scenario)
      .tag('profile', run.profile)
      .tag('target', run.target)
      .tag('branch', run.branch ?? NO_BRANCH)
      .timestamp(new Date(at));
    for (const [name, value] of Object.entries(tags)) point.tag(name, value);
    for (const [name, value] of Object.entries(fields.text ?? {})) point.stringField(name, value);
    for (const [name, value] of Object.entries(fields.float ?? {})) point.floatField(name, value);
    for (const [name, value] of Object.entries(fields.integer ?? {})) point.intField(name, value);
    for (const [name, value] of Object.entries(fields.boolean ?? {})) point.booleanField(name, value);
    return [point];
  });
}
