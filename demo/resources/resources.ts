import { Registry } from 'prom-client';
import { Cache } from './cache.ts';
import { Database } from './database.ts';
import { MemoryPressure } from './memory-pressure.ts';
import { processMetrics } from './metrics.ts';
import { Payments } from './payments.ts';
import { Worker } from './worker.ts';

/** What faults leave of what all requests share. null: all of it, and for memory: no pressure. */
export interface SharedLimits {
  readonly pool: number | null;
  readonly workers: number | null;
  readonly memory_mib: number | null;
}

/** What requests need beside CPU time, each with its metrics. */
export class Resources {
  readonly #process = processMetrics();
  readonly #registry = new Registry();
  readonly database = new Database(this.#registry);
  readonly worker = new Worker(this.#registry);
  readonly cache = new Cache(this.#registry);
  readonly payments = new Payments(this.#registry);
  readonly memory = new MemoryPressure();

  limit({ pool, workers, memory_mib }: SharedLimits): void {
    this.database.resize(pool);
    this.worker.resize(workers);
    this.memory.resize(memory_mib ?? 0);
  }

  get content_type(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. */
  async metrics(): Promise<string> {
    return await Registry.merge([this.#process, this.#registry]).metrics();
  }
}
