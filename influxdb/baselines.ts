import { flux, type Point } from '@influxdata/influxdb-client';
import type { PinnedBaseline } from '../contract/baselines.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { RUN_DETAIL, RUN_TAG_NAMES, type RunTagName } from '../contract/runs.ts';
import { endOfAll, type InfluxConnection, queryApi } from './connection.ts';
import { identified, NO_BRANCH, projectPredicate, type RunIdentity } from './run-identity.ts';
import { writeRecords } from './write-records.ts';

/** Fields must not be empty either. */
const NO_REASON = 'no reason given';

/** What a pinned baseline belongs to. */
export type BaselineKind = Pick<PinnedBaseline, RunTagName>;

/**
 * Pinned baselines, in the bucket `k6_runs` beside the record of their run: so they are shared by all who use that
 * InfluxDB, and move with the run. Of one kind of run the newest that is not cleared counts.
 */
export class BaselineStore {
  readonly #connection: InfluxConnection;

  constructor(connection: InfluxConnection) {
    this.#connection = connection;
  }

  async set(pinned: PinnedBaseline): Promise<void> {
    const point = identified(RUN_DETAIL.baseline, identityOf(pinned))
      .stringField('testid', pinned.testid)
      .stringField('set_at', pinned.set_at)
      .stringField('who', pinned.who)
      // Pinned before with a reason: another takes its place.
      .stringField('why', pinned.why ?? NO_REASON)
      .booleanField('cleared', false);
    await this.#write([point]);
  }

  /** The baseline rolls again. Those that were pinned before do not come back. */
  async clear(pinned: readonly PinnedBaseline[]): Promise<void> {
    await this.#write(
      pinned.map((one) => identified(RUN_DETAIL.baseline, identityOf(one)).booleanField('cleared', true)),
    );
  }

  /** All that are not cleared, the newest first: of each kind the first counts. @param project null: of all projects */
  async list(project: string | null): Promise<PinnedBaseline[]> {
    const api = queryApi(this.#connection);
    const rows = await api.collectRows<Row>(
      flux`from(bucket: ${BUCKETS.runs.name})
        |> range(start: 0, stop: ${endOfAll()})
        |> filter(fn: (r) => r._measurement == ${RUN_DETAIL.baseline} and ${projectPredicate(project)})
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group()
        |> sort(columns: ["set_at"], desc: true)`,
    );
    return rows.filter((row) => row.cleared !== true && row.testid).map(toPinned);
  }

  /** The one that counts for a kind of run; null where its baseline rolls. */
  async current(kind: BaselineKind): Promise<PinnedBaseline | null> {
    return currentOf(await this.list(kind.project), kind);
  }

  async #write(points: readonly Point[]): Promise<void> {
    if (points.length === 0) return;
    await writeRecords(this.#connection, points);
  }
}

/** @param newest_first as {@link BaselineStore.list} gives them */
export function currentOf(newest_first: readonly PinnedBaseline[], kind: BaselineKind): PinnedBaseline | null {
  return newest_first.find((pinned) => isOfKind(pinned, kind)) ?? null;
}

export function isOfKind(pinned: BaselineKind, kind: BaselineKind): boolean {
  return RUN_TAG_NAMES.every((name) => pinned[name] === kind[name]);
}

function identityOf({ started, ...kind }: PinnedBaseline): RunIdentity {
  return { ...kind, started: new Date(started) };
}

interface Row {
  readonly _time: string;
  readonly testid: string;
  readonly project?: string;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string;
  readonly set_at: string;
  readonly who: string;
  readonly why: string;
  readonly cleared: boolean;
}

function toPinned({
  _time,
  testid,
  project = '',
  scenario,
  profile,
  target,
  branch,
  set_at,
  who,
  why,
}: Row): PinnedBaseline {
  return {
    testid,
    project,
    scenario,
    profile,
    target,
    branch: branch === NO_BRANCH ? null : branch,
    started: new Date(_time).toISOString(),
    set_at,
    who,
    why: !why || why === NO_REASON ? null : why,
  };
}
