/** Picks an item by chance. @returns undefined if there are none */
export function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

const UNIQUE_LETTERS = 10;

/** A text that no other call returns: `tea-3k9x0q2m1z`, for names that an app takes once. */
export function uniqueText(prefix: string): string {
  const letters = Array.from({ length: UNIQUE_LETTERS }, () => wholeBetween(0, 35).toString(36));
  return `${prefix}-${letters.join('')}`;
}

/** Picks different items by chance, in any order; all of them if there are fewer. */
export function pickSome<T>(items: readonly T[], count: number): T[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(Math.random() * left.length), 1),
  ).flat();
}

/** Picks a whole number by chance. Both ends are included. */
export function wholeBetween(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}

/** Picks an item by chance, as often as its weight says. @param weighted pairs of item and weight; weights need not add up to anything */
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
