import { Counter, type Registry } from 'prom-client';
import { BoundedMap } from '../state/bounded-map.ts';

const LIFE_MS = 10_000;
const MOST_ENTRIES = 1_000;

interface Entry {
  readonly value: unknown;
  readonly expires_ms: number;
}

/**
 * What is read often and changes rarely. An entry that has expired is still served, and read again in the background:
 * so requests wait for what nobody has asked for before, and for nothing else.
 */
export class Cache {
  readonly #entries = new BoundedMap<Entry>(MOST_ENTRIES);
  readonly #hits: Counter;
  readonly #misses: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#hits = new Counter({ name: 'clinic_cache_hits_total', help: 'Reads that the cache answers.', registers });
    this.#misses = new Counter({
      name: 'clinic_cache_misses_total',
      help: 'Reads that the database answers.',
      registers,
    });
  }

  /** Fills it before anybody asks. */
  set(key: string, value: unknown): void {
    this.#entries.set(key, { value, expires_ms: Date.now() + LIFE_MS });
  }

  /** @param is_on false: reads past it */
  async read<T>(key: string, is_on: boolean, load: () => Promise<T>): Promise<T> {
    const entry = is_on ? this.#entries.get(key) : undefined;
    if (!entry) {
      this.#misses.inc();
      return await this.#load(key, load);
    }
    this.#hits.inc();
    const value = entry.value as T;
    if (Date.now() >= entry.expires_ms) {
      this.set(key, value);
      void this.#load(key, load);
    }
    return value;
  }

  async #load<T>(key: string, load: () => Promise<T>): Promise<T> {
    const value = await load();
    this.set(key, value);
    return value;
  }
}
