/** Grafana's answer to a query as series (https://grafana.com/developers/dataplane/): wide, several, or long frames. */
import { z } from 'zod';
import {
  type AskedQuery,
  MOST_SERIES_OF_QUERY,
  type TelemetryPoint,
  type TelemetrySeries,
} from '../../contract/telemetry.ts';

const field = z.object({
  name: z.string().default(''),
  type: z.string().default(''),
  labels: z.record(z.string(), z.string()).nullish(),
});

export const queryAnswer = z.object({
  results: z.record(
    z.string(),
    z.object({
      error: z.string().optional(),
      frames: z
        .array(
          z.object({
            schema: z.object({ fields: z.array(field).default([]) }).default({ fields: [] }),
            data: z.object({ values: z.array(z.array(z.unknown())).default([]) }).default({ values: [] }),
          }),
        )
        .nullish(),
    }),
  ),
});

type Frame = NonNullable<z.output<typeof queryAnswer>['results'][string]['frames']>[number];

export interface ReadFrames {
  readonly series: readonly TelemetrySeries[];
  /** Series beyond the first {@link MOST_SERIES_OF_QUERY}. */
  readonly left_out: number;
  /** Frames with values and no column of time: a table is no series. */
  readonly without_time: number;
}

/** InfluxDB keeps every value of a tag in memory. */
const LONGEST_INSTANCE = 200;
/** Name of the column, beside the labels; of Prometheus it is one of them. */
const COLUMN = '__name__';

interface Draft {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: TelemetryPoint[];
}

/**
 * Frames as series. What is no number (null, NaN, infinite) is a gap.
 * @param told_apart labels that tell the series of this query apart; grows, so that an instance keeps its name during a run
 */
export function readFrames(query: AskedQuery, frames: readonly Frame[], told_apart: Set<string>): ReadFrames {
  const drafts = new Map<string, Draft>();
  let without_time = 0;
  for (const frame of frames) if (!readFrame(query, frame, drafts)) without_time += 1;
  const found = [...drafts.values()];
  const names = new Set(found.flatMap(({ labels }) => Object.keys(labels)));
  for (const name of names) if (new Set(found.map(({ labels }) => labels[name])).size > 1) told_apart.add(name);
  const { component, kind, unit, name } = query;
  const series = found.slice(0, MOST_SERIES_OF_QUERY).map(
    ({ labels, points }): TelemetrySeries => ({
      component,
      series: name,
      kind,
      unit,
      instance: instanceOf(labels, told_apart),
      points: points.sort((a, b) => a.at_ms - b.at_ms),
    }),
  );
  return { series, left_out: found.length - series.length, without_time };
}

function instanceOf(labels: Readonly<Record<string, string>>, told_apart: ReadonlySet<string>): string {
  const values = [...told_apart].sort().flatMap((name) => labels[name] || []);
  return values.join(' ').slice(0, LONGEST_INSTANCE);
}

/** @returns whether it is a series, or empty */
function readFrame({ factor = 1, limit }: AskedQuery, frame: Frame, drafts: Map<string, Draft>): boolean {
  const columns = frame.schema.fields.map((of, place) => ({ ...of, values: frame.data.values[place] ?? [] }));
  const times = columns.find(({ type }) => type === 'time')?.values;
  if (!times) return columns.every(({ values }) => values.length === 0);
  const texts = columns.filter(({ type }) => type === 'string');
  for (const { name, labels, values } of columns.filter(({ type }) => type === 'number')) {
    for (const [row, value] of values.entries()) {
      const at_ms = times[row];
      if (typeof value !== 'number' || typeof at_ms !== 'number' || !Number.isFinite(value * factor)) continue;
      const in_row = texts.map((text) => [text.name, String(text.values[row] ?? '')] as const);
      const of = { ...labels, ...Object.fromEntries(in_row), [COLUMN]: name };
      const key = JSON.stringify(of);
      const draft: Draft = drafts.get(key) ?? { labels: of, points: [] };
      drafts.set(key, draft);
      draft.points.push({ at_ms: Math.round(at_ms), value: value * factor, limit: limit ?? null });
    }
  }
  return true;
}
