import { flux, fluxExpression, type ParameterizedQuery } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { RUN_DETAIL } from '../contract/runs.ts';
import { type InfluxConnection, queryApi } from './connection.ts';
import { histogramsBy } from './histograms.ts';
import { type Row, reading } from './row.ts';
import type { RunHistograms } from './run-detail.ts';
import { kindPredicate, NO_BRANCH } from './run-identity.ts';
import { type RequestFigures, requestFigures } from './run-points.ts';
import type { RunRecord } from './runs.ts';

/** What goes with the record of a run. */
export interface RunFiguresOf {
  readonly requests: readonly RequestFigures[];
  /** By request name, and under '' over all; empty where they were not asked for. */
  readonly histograms: RunHistograms;
}

const TIMEOUT_MS = 60_000;

/**
 * Figures of the requests of runs, and their histograms, which are a hundred times as large.
 * @param runs of one project, scenario, profile and target; @param with_histograms those whose histograms are wanted too
 * @returns by testid
 */
export async function readRunFigures(
  connection: InfluxConnection,
  runs: readonly RunRecord[],
  with_histograms: readonly RunRecord[] = runs,
): Promise<Map<string, RunFiguresOf>> {
  const [requests, buckets] = await Promise.all([
    readRows<RequestRow>(connection, RUN_DETAIL.request, runs, pivoted),
    readRows<BucketRow>(connection, RUN_DETAIL.histogram, with_histograms, (points) => points),
  ]);
  const requests_of = groupBy(requests, keyOfRow);
  const buckets_of = groupBy(buckets, keyOfRow);
  return new Map(
    runs.map((run) => {
      const key = keyOf(run.branch ?? NO_BRANCH, run.started);
      const figures = {
        requests: (requests_of.get(key) ?? []).map(figuresOf),
        histograms: histogramsBy(buckets_of.get(key) ?? [], ({ name = '' }) => name),
      };
      return [run.testid, figures] as const;
    }),
  );
}

interface RowOfRun {
  readonly _time: string;
  readonly branch: string;
  readonly name?: string;
}

type RequestRow = RowOfRun & Row;

interface BucketRow extends RowOfRun {
  readonly _field: string;
  readonly _value: number;
}

function pivoted(points: ParameterizedQuery): ParameterizedQuery {
  return flux`${points} |> pivot(rowKey: ["_time", "branch", "name"], columnKey: ["_field"], valueColumn: "_value")`;
}

/** Points have the tags and the time of their record: so runs are found by those alone. */
async function readRows<T>(
  connection: InfluxConnection,
  measurement: string,
  runs: readonly RunRecord[],
  shape: (points: ParameterizedQuery) => ParameterizedQuery,
): Promise<T[]> {
  const [first] = runs;
  if (!first) return [];
  const times = runs.map(({ started }) => Date.parse(started));
  const stop = new Date(Math.max(...times) + 1);
  const branches = [...new Set(runs.map(({ branch }) => branch))];
  const is_of_runs = branches.map((branch) => `(${kindPredicate({ ...first, branch })})`).join(' or ');
  const points = flux`from(bucket: ${BUCKETS.runs.name})
    |> range(start: ${new Date(Math.min(...times))}, stop: ${stop})
    |> filter(fn: (r) => r._measurement == ${measurement})
    |> filter(fn: (r) => ${fluxExpression(is_of_runs)})
    |> toFloat()
    |> group()
    |> keep(columns: ["_time", "branch", "name", "_field", "_value"])`;
  const api = queryApi(connection, TIMEOUT_MS);
  return await api.collectRows<T>(String(shape(points)));
}

function keyOf(branch: string, time: string): string {
  return `${branch} ${new Date(time).toISOString()}`;
}

function keyOfRow({ branch, _time }: RowOfRun): string {
  return keyOf(branch, _time);
}

/** The figures of the request that a point is of. */
export function figuresOf(row: Row): RequestFigures {
  const { text, number, generator_effects } = reading(row);
  const figures = requestFigures(text('name'), (metric) => number(metric) ?? 0);
  return generator_effects ? { ...figures, generator_effects } : figures;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
