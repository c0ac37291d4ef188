/** Stands in for `k6/metrics` in unit tests: sums by name. */
export const counted = new Map<string, number>();

export class Counter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  add(value: number): void {
    counted.set(this.name, (counted.get(this.name) ?? 0) + value);
  }
}

/** Samples of rates by name. */
export const rated = new Map<string, boolean[]>();

export class Rate {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  add(value: boolean): void {
    rated.set(this.name, [...(rated.get(this.name) ?? []), value]);
  }
}

/** Samples of trends by name. */
export const sampled = new Map<string, number[]>();

export class Trend {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  add(value: number): void {
    sampled.set(this.name, [...(sampled.get(this.name) ?? []), value]);
  }
}
