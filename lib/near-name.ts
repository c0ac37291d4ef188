/**
 * How many single mistakes make one text of the other: a letter that is missing, too much, wrong, or swapped with its
 * neighbour (optimal string alignment, https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance).
 */
export function countMistakes(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const is_same = a[i - 1] === b[j - 1];
      const is_swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = [(row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (is_same ? 0 : 1)];
      next.push(Math.min(...steps, is_swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Of a shorter name, two mistakes leave too little. */
const SHORT = 4;

/** @returns the known name with the fewest mistakes, upper and lower case apart; null if each has more than `most` */
export function nearestName(name: string, known: readonly string[], most: number): string | null {
  const upper = name.toUpperCase();
  const close = known.filter((it) => Math.abs(it.length - name.length) <= most);
  const counted = close.map((it) => ({ it, mistakes: countMistakes(upper, it.toUpperCase()) }));
  const [best] = counted.filter(({ mistakes }) => mistakes <= most).sort((x, y) => x.mistakes - y.mistakes);
  return best?.it ?? null;
}

/** What a message says to do where a name is not known: the nearest one first, if any is near. */
export function chooseText(name: string, known: readonly string[]): string {
  const near = nearestName(name, known, name.length < SHORT ? 1 : 2);
  return `${near ? `did you mean \`${near}\`? ` : ''}use one of: ${known.join(', ')}`;
}
