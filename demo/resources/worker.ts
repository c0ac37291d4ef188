import type { Registry } from 'prom-client';
import { Bounded } from './bounded.ts';
import { addGauges } from './metrics.ts';
import { wait } from './wait.ts';

const WORKERS = 32;
/** Jobs that may wait for each worker. Who brings one more waits until there is room. */
const JOBS_WAITING_EACH = 2;

/** Sends confirmations in the background: requests do not wait for a job, only for room in the queue. */
export class Worker {
  readonly #workers = new Bounded(WORKERS);
  /** Jobs that wait, and those that run. */
  readonly #places = new Bounded(placesOf(WORKERS));

  constructor(registry: Registry) {
    addGauges(registry, {
      clinic_worker_jobs_active: ['Jobs that run.', () => this.#workers.in_use],
      clinic_worker_jobs_max: ['Jobs that can run at a time.', () => this.#workers.size],
      clinic_worker_jobs_waiting: ['Jobs that wait for a worker.', () => this.#workers.waiting + this.#places.waiting],
    });
  }

  /** @param workers null: as many as it has without a fault */
  resize(workers: number | null): void {
    const size = workers ?? WORKERS;
    if (size === this.#workers.size) return;
    this.#workers.resize(size);
    this.#places.resize(placesOf(size));
  }

  /** @returns when the job has its place in the queue */
  async enqueue(duration_ms: number): Promise<void> {
    await new Promise<void>((placed) => {
      void this.#places.with(async () => {
        placed();
        await this.#workers.with(() => wait(duration_ms));
      });
    });
  }
}

function placesOf(workers: number): number {
  return workers * (1 + JOBS_WAITING_EACH);
}
