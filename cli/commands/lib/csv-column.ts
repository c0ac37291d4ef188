import { CsvError, parse } from 'csv-parse/sync';
import { readBounded } from '../../../lib/bounded.ts';
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

/** Spreadsheets, R and pandas write these for a missing value. */
const MISSING = new Set(['', 'NA', 'NaN', 'nan', 'null']);
/** Neither `0x10` nor `1,000` nor `Infinity`: programs disagree on how to read them. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads a file whose first line names its columns (RFC 4180: commas, `"` around fields that need it).
 * @throws LoadstarError (usage) that names file, line and column
 */
export async function readCsvColumn(file: string, column: string): Promise<CsvColumn> {
  const records = parseRecords(await readText(file), file, column);
  const values: number[] = [];
  const rows: number[] = [];
  const lines: number[] = [];
  const missing_lines: number[] = [];
  records.forEach(({ text, line }, row) => {
    if (MISSING.has(text)) {
      missing_lines.push(line);
      return;
    }
    const value = Number(text);
    if (!DECIMAL.test(text) || !Number.isFinite(value)) {
      throw usageError(`a number in column ${column}, line ${line} of ${file}`, `\`${shorten(text)}\``);
    }
    values.push(value);
    rows.push(row);
    lines.push(line);
  });
  if (values.length > MOST_VALUES) {
    const next = 'pass the newest part of the history';
    throw usageError(`at most ${MOST_VALUES} values in ${file}`, String(values.length), next);
  }
  return { values, rows, lines, missing_lines };
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

function parseRecords(text: string, file: string, column: string): Cell[] {
  let column_index = -1;
  const cells: Cell[] = [];
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_RECORD,
      on_record: (record, { lines }) => {
        if (column_index < 0) column_index = findColumn(record, file, column);
        else cells.push({ text: (record[column_index] ?? '').trim(), line: lines });
        // null keeps the record out of the result.
        return null;
      },
    });
    if (column_index < 0) throw usageError(`a header line with the names of the columns in ${file}`, 'an empty file');
    return cells;
  } catch (error) {
    if (error instanceof CsvError) throw usageError(`a well-formed CSV file at ${file}`, messageOf(error));
    throw error;
  }
}

function findColumn(header: readonly string[], file: string, column: string): number {
  const names = header.map((name) => name.trim());
  const found = names.indexOf(column);
  if (found >= 0 && names.lastIndexOf(column) === found) return found;
  if (found >= 0) throw usageError(`one column ${column} in ${file}`, 'several of that name');
  throw usageError(
    `a column ${column} in ${file}`,
    `the columns ${names.map(shorten).join(', ')}`.slice(0, MOST_NAMES),
  );
}

const MOST_TEXT = 40;
const MOST_NAMES = 400;

/** Control characters of a file must not reach the terminal. */
function shorten(text: string): string {
  const printable = text.replace(/\p{C}/gu, '?');
  return printable.length > MOST_TEXT ? `${printable.slice(0, MOST_TEXT)}…` : printable;
}
