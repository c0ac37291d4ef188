import { readFileSync } from 'node:fs';

const END = '<!-- GENERATED: end -->';

/**
 * A page that is written by hand except for one generated part, which stands between two comments.
 * @param source what the part is generated from, as its first comment names it
 * @throws Error if the page lacks the comments
 */
export function withGeneratedPart(page: string, source: string, part: string): string {
  const begin_mark = `<!-- GENERATED from ${source} by \`make generate\`: begin -->`;
  const text = readFileSync(page, 'utf8');
  const begin = text.indexOf(begin_mark);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`expected \`${begin_mark}\` and \`${END}\` in ${page}`);
  return `${text.slice(0, begin + begin_mark.length)}\n\n${part.trim()}\n\n${text.slice(end)}`;
}
