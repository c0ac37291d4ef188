import { CsvError, parse } from 'csv-parse/sync';
import { readBounded } from '../../../lib/bounded.ts';
import { csvFormat } from '../../../lib/csv.ts';
import { messageOf, usageError } from '../../../lib/errors.ts';

/** The numbers of one column of a CSV file. */
export interface CsvColumn {
  readonly values: readonly number[];
  /** Row of each value: 0 for the first line after the header, empty lines not counted. */
  readonly rows: readonly number[];
  /** Line of each value in the file, from 1. */
  readonly lines: readonly number[];
  /** Lines without a value in this column. */
  readonly missing_lines: readonly number[];
}

const MIB = 2 ** 20;
const MOST_BYTES = 64 * MIB;
/** A quote that is never closed would otherwise swallow the rest of the file. */
const LONGEST_RECORD = MIB;
/** Change points of this many values take about three seconds, of twice as many four times as long. */
const MOST_VALUES = 50_000;

/** What spreadsheets, R, pandas and databases write for a missing value. */
const MISSING = /^(|-|#?n\/?a|<na>|nan|null|none)$/i;
/** Neither `0x10` nor `1,000` nor `Infinity`: programs disagree on how to read them. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Only spaces that do not break lines are sure to group thousands. */
const GROUPING_SPACE = /(?<=\d)[\u00a0\u202f](?=\d{3}(\D|$))/g;
/** `1.234,5`, in a column where commas are decimals. */
const GROUPED_BY_POINTS = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/;

/**
 * Reads a file whose first line names its columns (RFC 4180, or with semicolons or tabs). Comments may stand before it.
 * @throws LoadstarError (usage) that names file, line and column
 */
export async function readCsvColumn(file: string, column: string): Promise<CsvColumn> {
  const { cells, delimiter } = parseRecords(await readText(file), file, column);
  const readNumber = numberReader(cells, delimiter);
  const values: number[] = [];
  const rows: number[] = [];
  const lines: number[] = [];
  const missing_lines: number[] = [];
  cells.forEach(({ text, line }, row) => {
    if (MISSING.test(text)) {
      missing_lines.push(line);
      return;
    }
    const value = readNumber(text);
    if (value === null) {
      const next = 'write plain numbers, without unit';
      throw usageError(`a number in column ${column}, line ${line} of ${file}`, `\`${shorten(text)}\``, next);
    }
    values.push(value);
    rows.push(row);
    lines.push(line);
  });
  if (values.length === 0) {
    const found = cells.length === 0 ? 'no row after the header' : `${cells.length} rows, none with a value`;
    throw usageError(`values in column ${column} of ${file}`, found, 'write one row per run, oldest first');
  }
  if (values.length > MOST_VALUES) {
    const next = 'pass the newest part of the history';
    throw usageError(`at most ${MOST_VALUES} values in ${file}`, String(values.length), next);
  }
  return { values, rows, lines, missing_lines };
}

/** A comma can be a decimal only where it does not separate fields. @returns a reader that gives null for what is no number */
function numberReader(cells: readonly Cell[], delimiter: string): (text: string) => number | null {
  const has_decimal_commas = delimiter !== ',' && cells.some(({ text }) => text.includes(','));
  return (text) => {
    const bare = text.replace(GROUPING_SPACE, '');
    const ungrouped = has_decimal_commas && GROUPED_BY_POINTS.test(bare) ? bare.replaceAll('.', '') : bare;
    // A point that groups nothing would be a second kind of decimal.
    if (has_decimal_commas && ungrouped.includes('.')) return null;
    const decimal = has_decimal_commas ? ungrouped.replace(',', '.') : ungrouped;
    const value = Number(decimal);
    return DECIMAL.test(decimal) && Number.isFinite(value) ? value : null;
  };
}

async function readText(file: string): Promise<string> {
  const text = await readBounded(file, MOST_BYTES, `a CSV file at ${file}`);
  if (text === null) throw usageError(`a CSV file at ${file}`, 'no such file', 'check the path');
  return text;
}

interface Cell {
  readonly text: string;
  readonly line: number;
}

function parseRecords(text: string, file: string, column: string): { cells: Cell[]; delimiter: string } {
  const { delimiter, header_line } = csvFormat(text, (line) => line.includes(column));
  let column_index = -1;
  const cells: Cell[] = [];
  const order = new OrderCheck(file);
  try {
    parse(text, {
      delimiter,
      from_line: header_line,
      skip_empty_lines: true,
      relax_quotes: true,
      max_record_size: LONGEST_RECORD,
      on_record: (record, { lines }) => {
        if (column_index < 0) {
          column_index = findColumn(record, file, column);
          order.begin(record);
        } else {
          cells.push({ text: (record[column_index] ?? '').trim(), line: lines });
          order.check(record, lines);
        }
        // null keeps the record out of the result.
        return null;
      },
    });
    if (column_index < 0) {
      const next = 'write the names of the columns into its first line';
      throw usageError(`a header line with the names of the columns in ${file}`, 'an empty file', next);
    }
    return { cells, delimiter };
  } catch (error) {
    if (error instanceof CsvError) {
      const next = 'write as many fields in each line as in the first, and close each quote';
      throw usageError(`a well-formed CSV file at ${file}`, messageOf(error), next);
    }
    throw error;
  }
}

function findColumn(header: readonly string[], file: string, column: string): number {
  const names = header.map((name) => name.trim());
  const found = names.indexOf(column);
  if (found >= 0 && names.lastIndexOf(column) === found) return found;
  if (found >= 0) throw usageError(`one column ${column} in ${file}`, 'several of that name', 'rename all but one');
  const alike = names.find((name) => name.toLowerCase() === column.toLowerCase());
  throw usageError(
    `a column ${column} in ${file}`,
    `the columns ${names.map(shorten).join(', ')}`.slice(0, MOST_NAMES),
    alike ? `--column ${JSON.stringify(alike)}` : 'name the columns in the first line',
  );
}

const TIME_NAME = /^_?(date|datetime|time|timestamp|started)$/i;
const ISO_TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/;

/** Rows in another order than that of their times would show shifts the wrong way round. */
class OrderCheck {
  readonly #file: string;
  #index = -1;
  #last = Number.NEGATIVE_INFINITY;

  constructor(file: string) {
    this.#file = file;
  }

  begin(header: readonly string[]): void {
    this.#index = header.findIndex((name) => TIME_NAME.test(name.trim()));
  }

  /** @throws LoadstarError (usage) */
  check(record: readonly string[], line: number): void {
    const text = (record[this.#index] ?? '').trim();
    const time = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(time)) return;
    if (time < this.#last) {
      const found = `${shorten(text)} in line ${line}, after a later time`;
      throw usageError(`rows of ${this.#file} in the order of their times, oldest first`, found, 'sort the rows');
    }
    this.#last = time;
  }
}

const MOST_TEXT = 40;
const MOST_NAMES = 400;

/** Control characters of a file must not reach the terminal. */
function shorten(text: string): string {
  const printable = text.replace(/\p{C}/gu, '?');
  return printable.length > MOST_TEXT ? `${printable.slice(0, MOST_TEXT)}…` : printable;
}
