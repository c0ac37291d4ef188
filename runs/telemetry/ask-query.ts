/** Asks Grafana's query API one query of the team (https://grafana.com/docs/grafana/latest/developers/http_api/data_source/). */

import type { AskedQuery } from '../../contract/telemetry.ts';
import { messageOf, unusableError } from '../../lib/errors.ts';
import type { GrafanaApi, Json } from '../../stack/grafana-push/api.ts';
import { queryAnswer, type ReadFrames, readFrames } from './read-frames.ts';

export interface DataSource {
  readonly uid: string;
  readonly type: string;
}

export interface AskedSpan {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly step_ms: number;
}

const REF_ID = 'A';
const FIRST_ERROR = 400;
const LONGEST_REASON = 300;

/** A text as the query model of a type of data source; all without a list here need the model itself. */
const MODEL_OF_TEXT: Readonly<Record<string, (text: string) => Json>> = {
  prometheus: (expr) => ({ expr, range: true, instant: false, format: 'time_series' }),
  loki: (expr) => ({ expr, queryType: 'range' }),
  // Flux reads `query` alone, InfluxQL all of it.
  influxdb: (query) => ({ query, rawQuery: true, resultFormat: 'time_series' }),
  graphite: (target) => ({ target }),
  postgres: sql,
  'grafana-postgresql-datasource': sql,
  mysql: sql,
  mssql: sql,
};

function sql(text: string): Json {
  return { rawSql: text, rawQuery: true, format: 'time_series' };
}

/** Finds a data source by its uid or its name. @throws LoadstarError (unusable) */
export async function findDataSource(api: GrafanaApi, named: string): Promise<DataSource> {
  const name = encodeURIComponent(named);
  const found =
    (await api.get<DataSource>(`/api/datasources/uid/${name}`)) ??
    (await api.get<DataSource>(`/api/datasources/name/${name}`));
  if (typeof found?.uid === 'string' && typeof found.type === 'string') return found;
  throw unusableError(
    `a data source named ${named} in Grafana`,
    'none that the token may query',
    'check `data_source` against Connections → Data sources, and the permissions of the token',
  );
}

/**
 * Asks for the values in a span.
 * @throws LoadstarError (unusable) if Grafana does not answer, or the query fails
 */
export async function askQuery(
  api: GrafanaApi,
  query: AskedQuery,
  { uid, type }: DataSource,
  { from_ms, to_ms, step_ms }: AskedSpan,
  told_apart: Set<string>,
): Promise<ReadFrames> {
  const model = {
    ...modelOf(query, type),
    refId: REF_ID,
    datasource: { uid, type },
    intervalMs: step_ms,
    maxDataPoints: Math.ceil((to_ms - from_ms) / step_ms) + 1,
  };
  const { status, body } = await api.query({ from: String(from_ms), to: String(to_ms), queries: [model] });
  const answer = queryAnswer.safeParse(body);
  const result = answer.data?.results[REF_ID];
  const error = result?.error ?? (status >= FIRST_ERROR ? `status ${status}` : null);
  if (error !== null) {
    throw unusableError('the query to succeed', error.slice(0, LONGEST_REASON), 'try it in Grafana: Explore');
  }
  if (!answer.success || !result) {
    throw unusableError('frames of values', messageOf(answer.error ?? 'no result'), 'check the version of Grafana');
  }
  return readFrames(query, result.frames ?? [], told_apart);
}

function modelOf({ query }: AskedQuery, type: string): Json {
  if (typeof query !== 'string') return query;
  const model = MODEL_OF_TEXT[type];
  if (model) return model(query);
  throw unusableError(
    `a text of a data source that takes one (${Object.keys(MODEL_OF_TEXT).join(', ')})`,
    `a data source of type ${type}`,
    'set `query` to the model of the query, as Grafana shows it: Explore → Query inspector → Query',
  );
}
