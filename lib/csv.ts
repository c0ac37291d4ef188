/** How a CSV file is written: spreadsheets separate fields by what their language does not use for decimals. */

export interface CsvFormat {
  readonly delimiter: string;
  /** Line of the header, from 1. */
  readonly header_line: number;
}

const DELIMITERS = [',', ';', '\t'] as const;
/** Excel's own first line, such as `sep=;`. */
const SEP_LINE = /^sep=(.)\s*$/i;
const QUOTED = /"[^"]*"/g;
/** Comments before the header end here at the latest. */
const MOST_HEAD_LINES = 100;

/**
 * Tells the delimiter by the header, which has no decimals.
 * @param text without a byte order mark
 * @param isHeader tells a header that begins with `#` from a comment. Left out: it is a comment
 */
export function csvFormat(text: string, isHeader: (line: string) => boolean = () => false): CsvFormat {
  const lines = text.split(/\r\n|\n|\r/, MOST_HEAD_LINES);
  const named = SEP_LINE.exec(lines[0] ?? '')?.[1];
  const from = named === undefined ? 0 : 1;
  const found = lines.findIndex(
    (line, place) => place >= from && line.trim() !== '' && (!line.startsWith('#') || isHeader(line)),
  );
  const header = lines[found] ?? '';
  return { delimiter: named ?? mostFrequent(header), header_line: Math.max(found, from) + 1 };
}

function mostFrequent(header: string): string {
  const bare = header.replace(QUOTED, '');
  const count = (delimiter: string) => bare.split(delimiter).length;
  return DELIMITERS.reduce<string>((best, it) => (count(it) > count(best) ? it : best), ',');
}
