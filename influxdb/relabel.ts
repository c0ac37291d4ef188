/**
 * Gives records of runs, and all points beside them, another project. InfluxDB cannot change a tag: points are written again
 * with the new one, and the former ones deleted. Its predicates cannot name a tag that is absent, so a deletion takes the points
 * of equal identity that have the new tag already with it: {@link planRelabel} returns these too.
 */
import { type FluxTableMetaData, HttpError, Point } from '@influxdata/influxdb-client';
import { DeleteAPI } from '@influxdata/influxdb-client-apis';
import { BUCKETS } from '../contract/buckets.ts';
import { RUN_TAGS } from '../contract/k6-metrics.ts';
import { PORTABLE_MEASUREMENTS } from '../contract/portable-runs.ts';
import { RUN_MEASUREMENT, RUN_TAG_NAMES } from '../contract/runs.ts';
import { fromRuns, isHistogram, yieldPoints } from './all-points.ts';
import { endOfAll, type InfluxConnection, influxClient, queryApi } from './connection.ts';
import { projectPredicate } from './run-identity.ts';

/** Project of the records to change; null: records of versions that knew no projects. */
export type FormerProject = string | null;

/** Part of a history that is changed at once. */
export interface Span {
  readonly start: Date;
  /** Not part of it. */
  readonly stop: Date;
}

/** What a change of a part takes: first the deletions, then the lines. Doing all of it twice changes nothing more. */
export interface Relabel {
  readonly deletions: readonly Deletion[];
  /** Line protocol, times in milliseconds: every point that the deletions take, with its new tag. */
  readonly lines: readonly string[];
}

interface Deletion {
  readonly start: string;
  readonly stop: string;
  readonly predicate: string;
}

const TIMEOUT_MS = 60_000;
/** Histograms of more runs need not fit into memory. */
const RUNS_AT_ONCE = 50;
const LINES_AT_ONCE = 5_000;
/** As records say it (run-identity.ts). */
const WITHOUT_PROJECT = '';
/** InfluxDB's columns that are neither tag nor field. */
const OWN_COLUMNS = new Set(['result', 'table', '_start', '_stop', '_time', '_value', '_field', '_measurement']);
const IDENTITY = RUN_TAG_NAMES.filter((name) => name !== RUN_TAGS.project);
/** What InfluxDB says of points that its retention would delete in the next half hour. */
const EXPIRED = /retention/;

/** Runs whose project changes, and the parts in which they are changed, oldest first. */
export interface FoundRuns {
  readonly runs: readonly { readonly scenario: string; readonly target: string; readonly started: Date }[];
  readonly spans: readonly Span[];
}

/** @throws whatever the client throws when InfluxDB does not answer */
export async function findRelabels(connection: InfluxConnection, former: FormerProject): Promise<FoundRuns> {
  const rows = await queryApi(connection, TIMEOUT_MS).collectRows<{ _time: string; scenario: string; target: string }>(
    `${fromRuns(new Date(0), endOfAll())}
      |> filter(fn: (r) => r._measurement == "${RUN_MEASUREMENT}" and r._field == "testid")
      |> filter(fn: (r) => ${projectPredicate(former ?? WITHOUT_PROJECT)})
      |> keep(columns: ["_time", "scenario", "target"])
      |> group()
      |> sort(columns: ["_time"])`,
  );
  const runs = rows.map(({ _time, scenario, target }) => ({ scenario, target, started: new Date(_time) }));
  const first_of_each = runs.filter((_, place) => place % RUNS_AT_ONCE === 0).map(({ started }) => started);
  const spans = first_of_each.map((started, place) => ({
    // Points that belong to no record may lie before the first run.
    start: place === 0 ? new Date(0) : started,
    stop: first_of_each[place + 1] ?? endOfAll(),
  }));
  return { runs, spans: spans.filter(({ start, stop }) => start < stop) };
}

/** A point, or a field of one. */
interface Row {
  readonly project: FormerProject;
  /** Of a measurement that belongs to records, with all of their tags. */
  readonly is_ours: boolean;
  /** Of its identity without the project. */
  readonly predicate: string;
  readonly time_ms: number;
  readonly point: Point;
}

/** @throws whatever the client throws when InfluxDB does not answer */
export async function planRelabel(
  connection: InfluxConnection,
  { start, stop }: Span,
  former: FormerProject,
  project: string,
): Promise<Relabel> {
  const query = yieldPoints(fromRuns(start, stop));
  const rows = await queryApi(connection, TIMEOUT_MS).collectRows<Row>(query, toRow);
  const isChosen = (row: Row) => row.is_ours && row.project === former;
  const chosen = rows.filter(isChosen);
  const ranges = new Map<string, { first: number; last: number }>();
  for (const { predicate, time_ms } of chosen) {
    const { first, last } = ranges.get(predicate) ?? { first: time_ms, last: time_ms };
    ranges.set(predicate, { first: Math.min(first, time_ms), last: Math.max(last, time_ms) });
  }
  const isTaken = ({ predicate, time_ms }: Row) => {
    const range = ranges.get(predicate);
    return range !== undefined && time_ms >= range.first && time_ms <= range.last;
  };
  const taken = rows.filter((row) => !isChosen(row) && isTaken(row));
  for (const { point } of chosen) point.tag(RUN_TAGS.project, project);
  return {
    deletions: [...ranges].map(([predicate, { first, last }]) => ({
      start: new Date(first).toISOString(),
      // One nanosecond more: it takes the last point, whether or not the end is part of it, and none of the next millisecond.
      stop: new Date(last).toISOString().replace('Z', '000001Z'),
      predicate,
    })),
    // Of a point with both tags an older version wrote the one without meanwhile: it is the newer one.
    lines: [...taken, ...chosen].flatMap(({ point }) => point.toLineProtocol({ convertTime: String }) ?? []),
  };
}

/** @throws whatever the client throws when InfluxDB does not answer, or refuses a point; then all of it has to be done again */
export async function applyRelabel(connection: InfluxConnection, { deletions, lines }: Relabel): Promise<void> {
  const client = influxClient(connection, TIMEOUT_MS);
  const api = new DeleteAPI(client);
  const place = { org: connection.org, bucket: BUCKETS.runs.name };
  for (const body of deletions) await api.postDelete({ ...place, body });
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    // A batch of its own each: the client reports the failure only of what it is told to flush.
    const options = { batchSize: LINES_AT_ONCE + 1, maxRetries: 0 };
    const writer = client.getWriteApi(connection.org, BUCKETS.runs.name, 'ms', options);
    writer.writeRecords(lines.slice(from, from + LINES_AT_ONCE));
    await writer.close().catch((error: unknown) => {
      if (!(error instanceof HttpError && EXPIRED.test(error.message))) throw error;
    });
  }
}

/** As InfluxDB's predicates write it. */
function equals(tag: string, value: string): string {
  return `${tag}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function toRow(values: string[], meta: FluxTableMetaData): Row {
  const measurement = String(meta.get(values, '_measurement'));
  const point = new Point(measurement);
  const is_histogram = isHistogram(values, meta);
  const time_ms = new Date(String(meta.get(values, '_time'))).getTime();
  point.timestamp(String(time_ms));
  const tags = new Map<string, string>();
  for (const { label, dataType, index } of meta.columns) {
    const text = values[index];
    if (OWN_COLUMNS.has(label) || !text) continue;
    if (is_histogram && (dataType === 'long' || dataType === 'double')) addField(point, label, dataType, text);
    else tags.set(label, text);
  }
  for (const [name, value] of tags) point.tag(name, value);
  if (!is_histogram) {
    const { dataType, index } = meta.column('_value');
    addField(point, String(meta.get(values, '_field')), dataType, values[index] ?? '');
  }
  return {
    project: tags.get(RUN_TAGS.project) ?? null,
    is_ours: PORTABLE_MEASUREMENTS.includes(measurement) && IDENTITY.every((name) => tags.has(name)),
    predicate: IDENTITY.map((name) => equals(name, tags.get(name) ?? '')).join(' AND '),
    time_ms,
    point,
  };
}

function addField(point: Point, name: string, type: string, text: string): void {
  if (type === 'long') point.intField(name, text);
  else if (type === 'double') point.floatField(name, text);
  else if (type === 'boolean') point.booleanField(name, text === 'true');
  // InfluxDB answers in CSV, whose writer makes \r\n of every line break in a text.
  else point.stringField(name, text.replaceAll('\r\n', '\n'));
}
