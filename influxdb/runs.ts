import { flux, type Point } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { type MetricValues, metricValues, type TrendMetric } from '../contract/metrics.ts';
import type { AbRun, AbVerdict, GeneratorEffects, PlateauResult } from '../contract/results.ts';
import {
  type ComparisonVerdict,
  RUN_DETAIL,
  RUN_MEASUREMENT,
  type RunId,
  type RunStatus,
  shiftField,
} from '../contract/runs.ts';
import type { Slo } from '../contract/slo.ts';
import { plateauResults } from '../contract/summary-schema.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { type Row, reading, requireKnownRecords } from './row.ts';
import { identified, kindPredicate, NO_BRANCH, projectPredicate, type RunIdentity } from './run-identity.ts';
import { endPoints, type RunEnd, type RunStart, sloStartPoint, startPoint } from './run-points.ts';
import { writeRecords } from './write-records.ts';

/** A run as the record tells it. */
export interface RunRecord extends MetricValues {
  readonly testid: RunId;
  /** Empty for a record from before records had this tag. */
  readonly project: string;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly started: string;
  readonly status: RunStatus;
  readonly duration_s: number | null;
  readonly planned_end: string | null;
  readonly verdict: string | null;
  /** What the profile breakpoint found: requests a second, and users; null where it found none, and for other profiles. */
  readonly capacity_rps: number | null;
  readonly capacity_users: number | null;
  /** Whether every sample arrived; null while it runs. */
  readonly completeness: string | null;
  readonly generator_saturated: boolean;
  /** How much the generator's own delay can have moved the figures; null where that is unknown. */
  readonly generator_effects: GeneratorEffects | null;
  /** Its stages with constant load, without their warm-up; empty where the record has none. */
  readonly plateaus: readonly PlateauResult[];
  /** What its history says of it; null where it was not judged. */
  readonly comparison: ComparisonVerdict | null;
  /** Whatever must be equal for runs to be comparable. */
  readonly configuration: string | null;
  /** Kind of the machine that made the load; null: unknown, or any will do. */
  readonly machine: string | null;
  /** The run that this one repeats. */
  readonly confirms: RunId | null;
  /** Which side of `loadstar ab` it was; null: of none. */
  readonly ab_run: AbRun | null;
  /** What `loadstar ab` found; of its head alone. */
  readonly ab_verdict: AbVerdict | null;
  /** Where the level of the history has shifted at this run: by how much, a fraction. */
  readonly shifts: Readonly<Partial<Record<TrendMetric, number>>>;
}

/** A change of load that the profile plans. */
export interface PlannedStage {
  readonly at: Date;
  readonly text: string;
}

/** What a run is planned to do. */
export interface RunPlanned {
  readonly slos?: readonly Slo[];
  readonly stages?: readonly PlannedStage[];
}

/** What the record knew when the run began, and how far it has come. */
export interface BegunRun {
  readonly run: RunStart;
  readonly status: RunStatus;
  /** Somebody has been told of its end. */
  readonly notified: boolean;
}

/** Runs that began in the same millisecond. */
const MOST_AT_ONCE = 100;

/** Of the starts of runs. */
interface Range {
  readonly from?: Date;
  readonly before?: Date;
}

/** Writes and reads the records of runs, in the bucket `k6_runs`. */
export class RunStore {
  readonly #connection: InfluxConnection;

  constructor(connection: InfluxConnection) {
    this.#connection = connection;
  }

  /** At the start: from here on the live dashboard and the watchdog alert find the run, its SLOs and its stages. */
  async begin(run: RunStart, { slos = [], stages = [] }: RunPlanned = {}): Promise<void> {
    await this.#write([
      withHeartbeat(startPoint(run), run.started).stringField('status', 'running'),
      ...slos.map((slo) => sloStartPoint(run, slo)),
      ...stages.map((stage) => stagePoint(run, stage)),
    ]);
  }

  /** While it runs: a record whose heartbeat stops belongs to a run that died. */
  async writeHeartbeat(run: RunStart, now: Date): Promise<void> {
    await this.#write([withHeartbeat(startPoint(run), now)]);
  }

  /** A change of load that no plan could know. */
  async markStage(run: RunStart, stage: PlannedStage): Promise<void> {
    await this.#write([stagePoint(run, stage)]);
  }

  /** As soon as somebody stops it: what the stop itself does to the figures is no alarm. */
  async interrupt(run: RunStart): Promise<void> {
    await this.#write([startPoint(run).stringField('status', 'interrupted' satisfies RunStatus)]);
  }

  /** At the end, however it ended. */
  async end(run: RunStart, end: RunEnd): Promise<void> {
    await this.#write(endPoints(run, end));
  }

  /** Whether somebody has been told of the run's end: where not, the alert on regressions does. */
  async markNotified(run: RunIdentity, notified: boolean): Promise<void> {
    await this.#write([identified(RUN_MEASUREMENT, run).booleanField('notified', notified)]);
  }

  /** Where the level of a history has shifted; 0 takes a mark back. */
  async markShifts(
    metric: TrendMetric,
    marks: readonly { readonly run: RunIdentity; readonly shift: number }[],
  ): Promise<void> {
    await this.#write(
      marks.map(({ run, shift }) => identified(RUN_MEASUREMENT, run).floatField(shiftField(metric), shift)),
    );
  }

  /** Newest first. @param limit at most so many; @param project null: of all projects */
  async list(limit: number, project: string | null): Promise<RunRecord[]> {
    return await this.#read(
      flux`r._measurement == ${RUN_MEASUREMENT} and ${projectPredicate(project)}`.toString(),
      limit,
    );
  }

  /** The ids of all runs of all projects. */
  async ids(): Promise<RunId[]> {
    const rows = await this.#rows<{ _value: string }>(
      flux`from(bucket: ${BUCKETS.runs.name})
        |> range(start: 0, stop: ${endOfAll()})
        |> filter(fn: (r) => r._measurement == ${RUN_MEASUREMENT} and r._field == "testid")
        |> keep(columns: ["_value"])`.toString(),
    );
    return rows.map((row) => row._value);
  }

  /**
   * Earlier runs of the same project, scenario, profile and target, newest first.
   * @param branch of these runs; it need not be the run's own
   */
  async history(run: Omit<RunIdentity, 'branch'>, branch: string | null, limit: number): Promise<RunRecord[]> {
    const same = flux`r._measurement == ${RUN_MEASUREMENT} and ${kindPredicate({ ...run, branch })}`;
    return await this.#read(same.toString(), limit, { before: run.started });
  }

  /** The records of these ids, of whatever project, in their order; null for an id that InfluxDB does not know. */
  async find(ids: readonly RunId[]): Promise<(RunRecord | null)[]> {
    const found = await this.#rows<{ _time: string; _value: string }>(
      flux`from(bucket: ${BUCKETS.runs.name})
        |> range(start: 0, stop: ${endOfAll()})
        |> filter(fn: (r) => r._measurement == ${RUN_MEASUREMENT} and r._field == "testid")
        |> filter(fn: (r) => contains(value: r._value, set: ${[...ids]}))
        |> group()
        |> keep(columns: ["_time", "_value"])`.toString(),
    );
    const is_run = `r._measurement == "${RUN_MEASUREMENT}"`;
    const at = async (time: string) => {
      const from = new Date(time);
      return await this.#read(is_run, ids.length + 1, { from, before: new Date(from.getTime() + 1) });
    };
    const records = (await Promise.all([...new Set(found.map(({ _time }) => _time))].map(at))).flat();
    return ids.map((id) => records.find(({ testid }) => testid === id) ?? null);
  }

  /** null where nobody has written its start. */
  async begun(testid: RunId): Promise<BegunRun | null> {
    const [record] = await this.find([testid]);
    if (!record) return null;
    const at = new Date(record.started);
    const range = { from: at, before: new Date(at.getTime() + 1) };
    const rows = await this.#readRows(`r._measurement == "${RUN_MEASUREMENT}"`, MOST_AT_ONCE, range);
    const row = rows.find((one) => one.testid === testid);
    return row ? toBegun(row) : null;
  }

  /** Newest first. @param range of their starts */
  async #read(predicate: string, limit: number, range: Range = {}): Promise<RunRecord[]> {
    return (await this.#readRows(predicate, limit, range)).map(toRecord);
  }

  async #readRows(
    predicate: string,
    limit: number,
    { from = new Date(0), before = endOfAll() }: Range,
  ): Promise<Row[]> {
    const rows = await this.#rows<Row>(
      `from(bucket: "${BUCKETS.runs.name}")
        |> range(start: ${from.toISOString()}, stop: ${before.toISOString()})
        |> filter(fn: (r) => ${predicate})
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group()
        |> sort(columns: ["_time"], desc: true)
        |> limit(n: ${limit})`,
    );
    requireKnownRecords(rows);
    return rows;
  }

  async #rows<T>(query: string): Promise<T[]> {
    return await queryApi(this.#connection).collectRows<T>(query);
  }

  async #write(points: readonly Point[]): Promise<void> {
    if (points.length === 0) return;
    await writeRecords(this.#connection, points);
  }
}

function stagePoint(run: RunStart, { at, text }: PlannedStage): Point {
  return identified(RUN_DETAIL.stage, run).timestamp(at).stringField('testid', run.testid).stringField('text', text);
}

function withHeartbeat(point: Point, now: Date): Point {
  return point.stringField('heartbeat', now.toISOString());
}

function toBegun(row: Row): BegunRun {
  const { text, maybeText } = reading(row);
  const record = toRecord(row);
  const started = new Date(record.started);
  return {
    status: record.status,
    notified: row.notified === true,
    run: {
      testid: record.testid,
      project: record.project,
      scenario: record.scenario,
      profile: record.profile,
      target: record.target,
      branch: record.branch,
      started,
      planned_end: new Date(record.planned_end ?? started),
      app_version: maybeText('version'),
      app_commit: maybeText('commit'),
      engine: text('engine'),
      outputs: text('output').split(',').filter(Boolean),
      configuration: record.configuration,
      machine: record.machine,
      confirms: record.confirms,
      ab_run: record.ab_run,
    },
  };
}

function abRun(side: string | null, other: string | null): AbRun | null {
  return other !== null && (side === 'base' || side === 'head') ? { side, other } : null;
}

/** Records of earlier versions have none, and an imported one may hold any text. */
function storedPlateaus(text: string): PlateauResult[] {
  if (text === '') return [];
  try {
    return plateauResults.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}

function toRecord(row: Row): RunRecord {
  const { text, maybeText, number, shifts, generator_effects } = reading(row);
  return {
    testid: text('testid'),
    project: text('project'),
    scenario: text('scenario'),
    profile: text('profile'),
    target: text('target'),
    branch: row.branch === NO_BRANCH ? null : maybeText('branch'),
    started: text('started'),
    status: text('status') as RunStatus,
    ...metricValues(number),
    duration_s: number('duration_s'),
    planned_end: maybeText('planned_end'),
    verdict: maybeText('verdict'),
    capacity_rps: number('capacity_rps'),
    capacity_users: number('capacity_users'),
    completeness: maybeText('completeness'),
    generator_saturated: row.generator_saturated === true,
    generator_effects,
    plateaus: storedPlateaus(text('plateaus')),
    comparison: maybeText('comparison') as ComparisonVerdict | null,
    configuration: maybeText('configuration'),
    machine: maybeText('machine'),
    confirms: maybeText('confirms'),
    ab_run: abRun(maybeText('ab_side'), maybeText('ab_other')),
    ab_verdict: maybeText('ab_verdict') as AbVerdict | null,
    shifts: Object.fromEntries(shifts),
  };
}
