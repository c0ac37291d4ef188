import { readFileSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { type CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { csvFormat } from '../lib/csv.ts';
import { decodeText } from '../lib/decode.ts';
import { LoadstarError, messageOf, usageError } from '../lib/errors.ts';
import { parseJson } from '../lib/json.ts';
import type { Config } from './load-config.ts';

export type User = Readonly<Record<string, string>>;

const USERS = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))).min(1);

const MIB = 2 ** 20;
/** A million accounts. Each virtual user holds all of them in memory. */
const MOST_BYTES = 64 * MIB;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the accounts of the configuration. Messages never repeat a value, because values are passwords.
 * @throws LoadstarError (usage) naming file or variable
 */
export function readUsers(config: Config['users'], directory: string, env: Variables): readonly User[] | null {
  if (!config) return null;
  const { file, env: variable, columns = [] } = config;
  const where = variable ? `the variable ${variable} (\`users.env\`)` : resolve(directory, file ?? '');
  const users = variable ? parseJsonUsers(env[variable], where) : readUsersFile(where);
  requireColumns(users, columns, where);
  return users;
}

function readUsersFile(file: string): User[] {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES)
      throw usageError(
        `${file} of at most ${MOST_BYTES / MIB} MiB`,
        `${Math.ceil(size / MIB)} MiB`,
        'keep fewer users in it: virtual users share them',
      );
    text = decodeText(readFileSync(file));
  } catch (error) {
    if (error instanceof LoadstarError) throw error;
    throw usageError('`users.file` of the configuration to be readable', messageOf(error), `check ${file}`);
  }
  return extname(file) === '.json' ? parseJsonUsers(text, file) : parseCsvUsers(text, file);
}

function requireColumns(users: readonly User[], columns: readonly string[], where: string): void {
  const incomplete = users.flatMap((user, place) => {
    const missing = columns.filter((name) => !user[name]);
    return missing.length > 0 ? [{ number: place + 1, missing }] : [];
  });
  const [first] = incomplete;
  if (!first) return;
  const names = first.missing.map((name) => `\`${name}\``).join(', ');
  throw usageError(
    `${where} to have a value for ${names} of each user, as \`users.columns\` asks for`,
    incomplete.length === users.length
      ? 'no user has one'
      : `user ${first.number} has none; ${incomplete.length} of ${users.length} users lack a value`,
    'correct the column names or values, or `users.columns` in loadstar.config.ts',
  );
}

/** Exported for the fuzz tests. */
export function parseJsonUsers(text: string | undefined, where: string): User[] {
  const expected = `${where} to be a JSON array of users`;
  const next = 'for example [{"email":"user1@example.com","password":"…"}]';
  if (!text) throw usageError(expected, 'nothing', next);
  const value = parseJson(text);
  if (value === undefined) throw usageError(expected, 'text that is no JSON', next);
  const result = USERS.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw usageError(expected, `${issue?.message ?? 'something else'} (at [${issue?.path.join('][')}])`, next);
}

export function parseCsvUsers(text: string, file: string): User[] {
  const next = 'write column names in the first line, such as email,password, then one line per user';
  const { delimiter, header_line: from_line } = csvFormat(text);
  let rows: User[];
  try {
    const columns = (names: string[]) => distinctNames(names, file, next);
    rows = parse(text, { columns, delimiter, from_line, skip_empty_lines: true, trim: true });
  } catch (error) {
    if (error instanceof LoadstarError) throw error;
    // The message of the parser may repeat a line of the file.
    const { code, lines } = error as CsvError & { lines?: number };
    throw usageError(`${file} to be a CSV file`, `${code ?? 'an error'} in line ${lines ?? '?'}`, next);
  }
  if (rows.length === 0) throw usageError(`${file} to hold users`, 'none', next);
  return rows;
}

/** Of two columns of one name a user would have the last alone. A name may be a value, if the header is missing. */
function distinctNames(names: readonly string[], file: string, next: string): string[] {
  const again = names.findIndex((name, place) => names.indexOf(name) !== place);
  if (again >= 0)
    throw usageError(`${file} to name each column once`, `column ${again + 1} has the name of another`, next);
  const empty = names.indexOf('');
  if (empty >= 0) throw usageError(`${file} to name each column`, `none for column ${empty + 1}`, next);
  return [...names];
}
