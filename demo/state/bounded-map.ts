/** A map that forgets its oldest entry when it is full: what users leave behind must not fill the memory of a long test. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #most: number;
  readonly #onDropped: (value: V) => void;

  /** @param onDropped sees what had to make room */
  constructor(most: number, onDropped: (value: V) => void = () => undefined) {
    this.#most = most;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#entries.has(key) && this.#entries.size >= this.#most) this.dropOldest();
    this.#entries.set(key, value);
  }

  delete(key: string): V | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  values(): V[] {
    return [...this.#entries.values()];
  }

  /** Maps keep the order of insertion. */
  dropOldest(): void {
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key);
      this.#onDropped(value);
      return;
    }
  }
}
