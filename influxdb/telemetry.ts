/** The target's own series of runs, as Telegraf and Grafana's query API store them (contract/telemetry.ts). */
import { flux, fluxDuration, fluxExpression } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import {
  MOST_TELEMETRY_SERIES,
  TELEMETRY_KINDS,
  TELEMETRY_POINT,
  type TelemetryIdentity,
  type TelemetryKind,
  type TelemetryPoint,
  type TelemetrySeries,
  type TelemetryUnit,
} from '../contract/telemetry.ts';
import { type InfluxConnection, queryApi } from './connection.ts';

/** A run, and when it began and ended; the time around it counts too. */
export interface TelemetryOf {
  readonly testid: string;
  readonly started: Date;
  /** Of a run that goes on: now. */
  readonly ended: Date;
}

export interface Telemetry {
  /** By component, name and instance. */
  readonly series: readonly TelemetrySeries[];
  /** Series beyond the first {@link MOST_TELEMETRY_SERIES}, which were not read. */
  readonly left_out: number;
}

/** What a chart of a run can show. */
const MOST_POINTS = 600;
const QUERY_TIMEOUT_MS = 60_000;
const MS_PER_S = 1_000;
/** Telemetry begins before the load and ends after it, by at most this. */
const AROUND_MS = 3_600_000;

const { measurement, tags, fields } = TELEMETRY_POINT;
const KEPT = JSON.stringify(['_time', '_field', '_value', ...Object.values(tags).filter((tag) => tag !== tags.testid)]);

/**
 * Reads the telemetry of a run. Of windows with several samples, as in long runs, a point is their mean.
 * @param most_points of a series while the run goes on, about
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readTelemetry(
  connection: InfluxConnection,
  { testid, started, ended }: TelemetryOf,
  most_points: number = MOST_POINTS,
): Promise<Telemetry> {
  const length_s = (ended.getTime() - started.getTime()) / MS_PER_S;
  const window = fluxDuration(`${Math.max(1, Math.ceil(length_s / most_points))}s`);
  const rows = queryApi(connection, QUERY_TIMEOUT_MS).iterateRows(
    flux`from(bucket: ${BUCKETS.target.name})
      |> range(start: ${new Date(started.getTime() - AROUND_MS)}, stop: ${new Date(ended.getTime() + AROUND_MS)})
      |> filter(fn: (r) => r._measurement == ${measurement} and r.testid == ${testid})
      |> filter(fn: (r) => r._field == ${fields.value} or r._field == ${fields.limit})
      |> aggregateWindow(every: ${window}, fn: mean, createEmpty: false, timeSrc: "_start")
      |> keep(columns: ${fluxExpression(KEPT)})`,
  );
  const drafts = new Map<string, Draft>();
  const left_out = new Set<string>();
  for await (const { values, tableMeta } of rows) {
    const row = tableMeta.toObject(values) as Row;
    const key = JSON.stringify([row.component, row.series, row.kind, row.unit, row.instance]);
    const draft = drafts.get(key) ?? toDraft(row);
    if (!draft) continue;
    if (!drafts.has(key) && drafts.size >= MOST_TELEMETRY_SERIES) {
      left_out.add(key);
      continue;
    }
    drafts.set(key, draft);
    (row._field === fields.limit ? draft.limits : draft.values).set(row._time, row._value);
  }
  return { series: [...drafts.values()].map(toSeries).sort(byName), left_out: left_out.size };
}

interface Draft {
  readonly identity: TelemetryIdentity;
  /** By their time, as InfluxDB writes it. */
  readonly values: Map<string, number>;
  readonly limits: Map<string, number>;
}

type Row = Readonly<Partial<Record<keyof typeof tags, string>>> & {
  readonly _time: string;
  readonly _field: string;
  readonly _value: number;
};

/** null: a point of a kind that a later version writes. */
function toDraft({ component = '', series = '', kind = '', unit = '', instance = '' }: Row): Draft | null {
  if (!(kind in TELEMETRY_KINDS)) return null;
  const identity = { component, series, kind: kind as TelemetryKind, unit: unit as TelemetryUnit, instance };
  return { identity, values: new Map(), limits: new Map() };
}

function toSeries({ identity, values, limits }: Draft): TelemetrySeries {
  const points = [...values].map(
    ([time, value]): TelemetryPoint => ({ at_ms: Date.parse(time), value, limit: limits.get(time) ?? null }),
  );
  return { ...identity, points: points.sort((a, b) => a.at_ms - b.at_ms) };
}

function byName(a: TelemetryIdentity, b: TelemetryIdentity): number {
  return (
    a.component.localeCompare(b.component) ||
    a.series.localeCompare(b.series) ||
    a.instance.localeCompare(b.instance, 'en', { numeric: true })
  );
}
