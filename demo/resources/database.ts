import { Histogram, type Registry } from 'prom-client';
import { Bounded } from './bounded.ts';
import { addGauges, SHORT_BUCKETS_S } from './metrics.ts';
import { wait } from './wait.ts';

/** As many as a small PostgreSQL lets one application have. */
const CONNECTIONS = 40;

/** What writes to a table waits for whoever writes to it. */
export type LockedTable = 'calendar' | 'stock';

const MS_PER_S = 1_000;

/** A database as its client sees it: a pool of connections, queries that take their time, and locks. */
export class Database {
  readonly #pool = new Bounded(CONNECTIONS);
  readonly #locks: Readonly<Record<LockedTable, Bounded>> = { calendar: new Bounded(1), stock: new Bounded(1) };
  readonly #query_s: Histogram;
  readonly #lock_wait_s: Histogram;

  constructor(registry: Registry) {
    addGauges(registry, {
      clinic_db_connections_in_use: ['Connections of the pool that a query holds.', () => this.#pool.in_use],
      clinic_db_connections_max: ['Connections that the pool has.', () => this.#pool.size],
      clinic_db_requests_waiting: ['Requests that wait for a connection.', () => this.#pool.waiting],
      clinic_locks_waiting: [
        'Requests that wait for a lock.',
        () => Object.values(this.#locks).reduce((sum, { waiting }) => sum + waiting, 0),
      ],
    });
    this.#query_s = new Histogram({
      name: 'clinic_db_query_duration_seconds',
      help: 'Time of a query, without waiting for its connection.',
      buckets: SHORT_BUCKETS_S,
      registers: [registry],
    });
    this.#lock_wait_s = new Histogram({
      name: 'clinic_lock_wait_seconds',
      help: 'Time that a request waits for a lock.',
      buckets: SHORT_BUCKETS_S,
      registers: [registry],
    });
  }

  /** @param connections null: as many as it has without a fault */
  resize(connections: number | null): void {
    const size = connections ?? CONNECTIONS;
    if (size !== this.#pool.size) this.#pool.resize(size);
  }

  /** Holds a connection for as long as the query takes. */
  async query(duration_ms: number): Promise<void> {
    await this.#pool.with(async () => {
      const end = this.#query_s.startTimer();
      await wait(duration_ms);
      end();
    });
  }

  /** Takes the lock of a table, and holds it for that long. */
  async lock(table: LockedTable, held_ms: number): Promise<void> {
    const begun_ms = performance.now();
    await this.#locks[table].with(async () => {
      this.#lock_wait_s.observe((performance.now() - begun_ms) / MS_PER_S);
      await wait(held_ms);
    });
  }
}
