import Table from 'cli-table3';

const NONE = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
] as const;
const INNER = ['left-mid', 'mid', 'mid-mid', 'right', 'right-mid'] as const;
const NO_BORDERS = Object.fromEntries([...NONE, ...INNER].map((name) => [name, '']));

/**
 * A table without borders, for a terminal or a pipe.
 * @param text_columns how many columns from the left are text; the others are figures, to the right.
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  text_columns: number,
): string {
  const table = new Table({
    chars: { ...NO_BORDERS, left: ' ', middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: [...head],
    colAligns: head.map((_, index) => (index < text_columns ? 'left' : 'right')),
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
