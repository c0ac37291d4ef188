/** Queries to the team's Grafana while a run goes on: the answers become telemetry of the run. */
import { type AskedQuery, MOST_SERIES_OF_QUERY, type TelemetrySeries } from '../../contract/telemetry.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { writeTelemetry } from '../../influxdb/write-telemetry.ts';
import { LoadstarError, messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import type { GrafanaApi } from '../../stack/grafana-push/api.ts';
import { askQuery, type DataSource, findDataSource } from './ask-query.ts';

const ASK_EVERY_MS = 15_000;
/** Of each query again: many sources have a value only some time after its moment. */
const OVERLAP_MS = 60_000;
/** Sources seldom have a value more often, and each step of a query costs. */
const LEAST_STEP_S = 5;
/** Of one request, so that its answer stays small. */
const MOST_STEPS = 1_000;
const MS_PER_S = 1_000;

export interface AskedRun {
  readonly testid: string;
  readonly influx: InfluxConnection;
  readonly api: GrafanaApi;
  readonly ui: Pick<Ui, 'warn'>;
  readonly every_s: number;
}

export interface RunningQueries {
  /**
   * Ends, and asks for the whole time once more: some sources are minutes late. Never rejects.
   * @param is_whole false: somebody has stopped the run, and waits @returns series that were stored
   */
  finish(is_whole: boolean): Promise<number>;
}

/** Asks at once, and then every 15 s. What fails is a warning, once; the run goes on. */
export function startAskedQueries(queries: readonly AskedQuery[], run: AskedRun): RunningQueries {
  const step_ms = Math.max(run.every_s, LEAST_STEP_S) * MS_PER_S;
  // Ends of steps only: then an answer holds the same moments as the one before it.
  const whole = (at_ms: number) => Math.floor(at_ms / step_ms) * step_ms;
  const began_ms = whole(Date.now());
  const asked = queries.map((query) => new RunningQuery(query, run, step_ms));
  const askAll = async (from_ms: number) => {
    await Promise.all(asked.map((one) => one.ask(Math.max(began_ms, whole(from_ms)), whole(Date.now()))));
  };
  let asking: Promise<void> | null = null;
  const ask = (from_ms: number) => {
    // An answer that takes longer than the interval: the next one holds its time too.
    asking ??= askAll(from_ms).then(() => {
      asking = null;
    });
  };
  ask(began_ms);
  const timer = setInterval(() => ask(Date.now() - ASK_EVERY_MS - OVERLAP_MS), ASK_EVERY_MS);
  // What fails elsewhere ends the call.
  timer.unref();
  return {
    async finish(is_whole) {
      clearInterval(timer);
      await asking;
      if (is_whole) {
        await askAll(began_ms);
        for (const one of asked) one.warnIfEmpty();
      }
      return new Set(asked.flatMap(({ stored }) => [...stored])).size;
    },
  };
}

class RunningQuery {
  readonly stored = new Set<string>();
  readonly #query: AskedQuery;
  readonly #run: AskedRun;
  readonly #step_ms: number;
  readonly #told_apart = new Set<string>();
  readonly #warned = new Set<string>();
  #source: DataSource | null = null;

  constructor(query: AskedQuery, run: AskedRun, step_ms: number) {
    this.#query = query;
    this.#run = run;
    this.#step_ms = step_ms;
  }

  async ask(from_ms: number, to_ms: number): Promise<void> {
    const { api, influx, testid } = this.#run;
    const part_ms = MOST_STEPS * this.#step_ms;
    try {
      this.#source ??= await findDataSource(api, this.#query.data_source);
      for (let start_ms = from_ms; start_ms < to_ms; start_ms += part_ms) {
        const span = { from_ms: start_ms, to_ms: Math.min(start_ms + part_ms, to_ms), step_ms: this.#step_ms };
        const answer = await askQuery(api, this.#query, this.#source, span, this.#told_apart);
        const series = answer.series.map((one) => within(one, span));
        await writeTelemetry(influx, testid, series);
        for (const { points, instance } of series) {
          if (points.length > 0) this.stored.add(JSON.stringify([this.#query.component, this.#query.name, instance]));
        }
        if (answer.left_out > 0) {
          this.#warn(
            `more than ${MOST_SERIES_OF_QUERY} series: the others are left out; aggregate them in the query`,
            'many',
          );
        }
        if (answer.without_time > 0) this.#warn('a table without a column of time: ask for a time series', 'table');
      }
    } catch (error) {
      this.#warn(textOf(error));
    }
  }

  warnIfEmpty(): void {
    if (this.stored.size > 0 || this.#warned.size > 0) return;
    this.#warn('no value during the whole run: try it in Grafana, Explore');
  }

  /** @param key of what is said once, where the words differ each time */
  #warn(text: string, key = text): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#run.ui.warn(`telemetry: query ${this.#query.name} of ${this.#query.data_source}: ${text}`);
  }
}

/** A source may answer with more than was asked for. */
function within(series: TelemetrySeries, { from_ms, to_ms }: { from_ms: number; to_ms: number }): TelemetrySeries {
  return { ...series, points: series.points.filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms) };
}

function textOf(error: unknown): string {
  if (!(error instanceof LoadstarError)) return messageOf(error);
  return `expected ${error.message}; found ${error.found}; ${error.next}`;
}
