import { type FluxTableColumn, type FluxTableMetaData, flux, type Point } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import {
  PORTABLE_MEASUREMENTS,
  type PortableDetail,
  type PortableFields,
  type PortableRun,
} from '../contract/portable-runs.ts';
import { RUN_DETAIL, RUN_MEASUREMENT, RUN_TAG_NAMES } from '../contract/runs.ts';
import { fromRuns, isHistogram, yieldPoints } from './all-points.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { identified, NO_BRANCH, projectPredicate } from './run-identity.ts';
import { writeRecords } from './write-records.ts';

/** Which runs are wanted; null: all. */
export interface RunFilter {
  readonly project: string | null;
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

/** InfluxDB takes as long for one run as for so many; histograms of more need not fit into memory. */
const RUNS_AT_ONCE = 50;
/** Histograms have hundreds of fields: so many points stay below InfluxDB's limit of a request. */
const POINTS_AT_ONCE = 1_000;

/**
 * The runs with everything that belongs to them, oldest first, some at a time: a history need not fit into memory.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function* exportRuns(connection: InfluxConnection, filter: RunFilter): AsyncGenerator<PortableRun> {
  const found = await findRuns(connection, filter);
  for (let from = 0; from < found.length; from += RUNS_AT_ONCE) {
    yield* await readRuns(connection, found.slice(from, from + RUNS_AT_ONCE), filter);
  }
}

async function findRuns(connection: InfluxConnection, { project, scenarios, since }: RunFilter): Promise<Found[]> {
  const rows = await queryApi(connection, TIMEOUT_MS).collectRows<Record<string, string>>(
    flux`from(bucket: ${BUCKETS.runs.name})
      |> range(start: ${since ?? new Date(0)}, stop: ${endOfAll()})
      |> filter(fn: (r) => r._measurement == ${RUN_MEASUREMENT} and (r._field == "testid" or r._field == "planned_end") and ${projectPredicate(project)})
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
  /** Of the kind of run that it belongs to. */
  readonly kind: string;
  readonly key: string;
  readonly measurement: string;
  readonly at: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly field: string;
  readonly type: string;
  readonly value: unknown;
}

/** All points in the time of these runs, in one answer; points of runs in between that are not wanted are left out here. */
async function readRuns(
  connection: InfluxConnection,
  runs: readonly Found[],
  filter: RunFilter,
): Promise<PortableRun[]> {
  const start = new Date(Math.min(...runs.map(({ started }) => started.getTime())));
  const stop = new Date(Math.max(...runs.map(({ last }) => last.getTime())) + 1);
  const cells = (
    await queryApi(connection, TIMEOUT_MS).collectRows<Cell[]>(pointsQuery(start, stop, filter), toCells)
  ).flat();
  // Stages are at times of their own; all else is at the time of its run.
  const of_runs = grouped(cells, placeOf);
  return runs.map((run) => {
    const kind = kindOf(run.tags);
    const own = of_runs.get(`${kind} ${run.started.toISOString()}`) ?? [];
    return portableRun(run, [...own, ...(of_runs.get(`${kind} ${RUN_DETAIL.stage}`) ?? [])]);
  });
}

function placeOf({ kind, measurement, at }: Cell): string {
  return `${kind} ${measurement === RUN_DETAIL.stage ? measurement : at}`;
}

function pointsQuery(start: Date, stop: Date, { project, scenarios }: RunFilter): string {
  const is_wanted = scenarios === null ? 'true' : scenarios.map((name) => flux`r.scenario == ${name}`).join(' or ');
  return yieldPoints(`${fromRuns(start, stop)}
  |> filter(fn: (r) => ${projectPredicate(project)} and (${is_wanted || 'false'}))`);
}

function portableRun({ testid, tags, started: at_start }: Found, cells: readonly Cell[]): PortableRun {
  const { project = '', scenario = '', profile = '', target = '', branch = '' } = tags;
  const started = at_start.toISOString();
  const points = pointsOf(cells.filter(({ measurement }) => PORTABLE_MEASUREMENTS.includes(measurement)));
  const record = points.find(({ measurement }) => measurement === RUN_MEASUREMENT);
  const details = points
    .filter((point) => point !== record)
    // Another run of the same tags may have been on its way: its stages lie among these.
    .filter(({ measurement, fields }) => measurement !== RUN_DETAIL.stage || fields.text?.testid === testid)
    .map(({ at, ...detail }) => (at === started ? detail : { ...detail, at }));
  return {
    testid,
    ...(project === '' ? {} : { project }),
    scenario,
    profile,
    target,
    branch: branch === NO_BRANCH ? null : branch,
    started,
    record: record?.fields ?? {},
    details,
  };
}

function kindOf(tags: Readonly<Record<string, string>>): string {
  return JSON.stringify(RUN_TAG_NAMES.map((name) => tags[name] ?? ''));
}

/** A row of a field, or of all buckets of a histogram. */
function toCells(values: string[], meta: FluxTableMetaData): Cell[] {
  const is_histogram = isHistogram(values, meta);
  const tags: Record<string, string> = {};
  const identity: Record<string, string> = {};
  // Looked up by its name, each column of hundreds would be searched for among all of them.
  const fields: FluxTableColumn[] = [];
  for (const column of meta.columns) {
    const { label, dataType, index } = column;
    const value = values[index];
    if (IDENTITY.has(label)) identity[label] = value ?? '';
    else if (OWN_COLUMNS.has(label) || !value) continue;
    else if (is_histogram && (dataType === 'long' || dataType === 'double')) fields.push(column);
    else tags[label] = value;
  }
  const measurement = String(meta.get(values, '_measurement'));
  const at = new Date(String(meta.get(values, '_time'))).toISOString();
  const point = {
    kind: kindOf(identity),
    key: JSON.stringify([measurement, at, Object.entries(tags).sort()]),
    measurement,
    at,
    tags,
  };
  const cell = (field: string, column: FluxTableColumn): Cell => ({
    ...point,
    field,
    type: column.dataType,
    value: withoutReturns(column.get(values)),
  });
  if (is_histogram) return fields.map((column) => cell(column.label, column));
  return [cell(String(meta.get(values, '_field')), meta.column('_value'))];
}

/** InfluxDB answers in CSV, whose writer makes \r\n of every line break in a text (Go's encoding/csv with UseCRLF). */
function withoutReturns(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value;
}

function grouped(cells: readonly Cell[], keyOf: (cell: Cell) => string): Map<string, Cell[]> {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const group = groups.get(key);
    if (group) group.push(cell);
    else groups.set(key, [cell]);
  }
  return groups;
}

type DetailAt = PortableDetail & { readonly at: string };

/** In one order, whatever InfluxDB's is: the same history has to give the same bytes. */
function pointsOf(cells: readonly Cell[]): DetailAt[] {
  const by_key = grouped(cells, ({ key }) => key);
  return [...by_key].sort(([a], [b]) => order(a, b)).flatMap(([, of_key]) => pointOf(of_key));
}

function pointOf(cells: Cell[]): DetailAt[] {
  const [first] = cells;
  if (!first) return [];
  const { measurement, at, tags } = first;
  const fields: PortableFields = {};
  for (const { field, type, value } of cells.sort((a, b) => order(a.field, b.field)))
    addField(fields, field, type, value);
  return [{ measurement, at, ...(Object.keys(tags).length > 0 ? { tags } : {}), fields }];
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
 * Writes runs as they were exported, with the project that they have. A point that is there already keeps the fields that the file does not have, and takes
 * those that it has: so the same file twice changes nothing.
 * @param project of runs from a file of a time when runs had none
 * @throws whatever the client throws when InfluxDB does not answer, or refuses a point
 */
export async function importRuns(
  connection: InfluxConnection,
  runs: AsyncIterable<PortableRun> | Iterable<PortableRun>,
  project: string,
): Promise<void> {
  let waiting: Point[] = [];
  const write = async () => {
    if (waiting.length > 0) await writeRecords(connection, waiting, TIMEOUT_MS);
    waiting = [];
  };
  for await (const run of runs) {
    waiting.push(...portablePoints({ project, ...run }));
    if (waiting.length >= POINTS_AT_ONCE) await write();
  }
  await write();
}

function portablePoints(run: PortableRun & { readonly project: string }): Point[] {
  const record: PortableDetail = { measurement: RUN_MEASUREMENT, fields: run.record };
  return [record, ...run.details].flatMap(({ measurement, at = run.started, tags = {}, fields }) => {
    const point = identified(measurement, { ...run, started: new Date(at) });
    for (const [name, value] of Object.entries(tags)) point.tag(name, value);
    for (const [name, value] of Object.entries(fields.text ?? {})) point.stringField(name, value);
    for (const [name, value] of Object.entries(fields.float ?? {})) point.floatField(name, value);
    for (const [name, value] of Object.entries(fields.integer ?? {})) point.intField(name, value);
    for (const [name, value] of Object.entries(fields.boolean ?? {})) point.booleanField(name, value);
    return [point];
  });
}
