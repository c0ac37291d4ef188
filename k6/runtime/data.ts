import { DEMO } from '../../contract/demo.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** A user for each virtual user; they share when there are more virtual users than accounts. @param vu k6's __VU, from 1 */
export function userFor(vu: number): Credentials {
  const { count, domain, password } = DEMO.users;
  const index = ((vu - 1 + count) % count) + 1;
  return { email: `user${index}@${domain}`, password };
}

export function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

/** Some different ones, in any order; all where there are fewer. */
export function pickSome<T>(items: readonly T[], count: number): T[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(Math.random() * left.length), 1),
  ).flat();
}

/** Both ends included. */
export function wholeBetween(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}

/** @param weighted pairs of item and weight; weights need not add up to anything */
export function pickWeighted<T>(weighted: readonly (readonly [T, number])[]): T {
  return itemAt(weighted, Math.random());
}

/** The item at a place among all weights side by side. @param place 0 to 1 */
export function itemAt<T>(weighted: readonly (readonly [T, number])[], place: number): T {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  let left = place * total;
  for (const [item, weight] of weighted) {
    left -= weight;
    if (left < 0) return item;
  }
  const last = weighted.at(-1);
  if (!last) throw new Error('expected at least one item to pick');
  return last[0];
}
