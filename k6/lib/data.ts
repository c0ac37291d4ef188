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

/** @param weighted pairs of item and weight; weights need not add up to anything */
export function pickWeighted<T>(weighted: readonly (readonly [T, number])[]): T {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  let left = Math.random() * total;
  for (const [item, weight] of weighted) {
    left -= weight;
    if (left < 0) return item;
  }
  const last = weighted.at(-1);
  if (!last) throw new Error('pickWeighted needs at least one item');
  return last[0];
}
