/** So many users of a resource at a time; the others wait in line. The number may change while it is used. */
export class Bounded {
  #size: number;
  #in_use = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  get in_use(): number {
    return this.#in_use;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Who uses one keeps it: a smaller number counts when they are given back. */
  resize(size: number): void {
    this.#size = size;
    this.#admit();
  }

  /** Does something while it has one of them. */
  async with<T>(work: () => Promise<T>): Promise<T> {
    if (this.#in_use < this.#size) this.#in_use += 1;
    else await new Promise<void>((admitted) => this.#waiting.push(admitted));
    try {
      return await work();
    } finally {
      this.#in_use -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#in_use < this.#size) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#in_use += 1;
      next();
    }
  }
}
