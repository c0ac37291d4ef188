import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { COMMAND } from '../../contract/package-name.ts';
import {
  PORTABLE,
  type PortableHeader,
  type PortableRun,
  portableHeader,
  portableRun,
} from '../../contract/portable-runs.ts';
import { messageOf, usageError } from '../../lib/errors.ts';
import { findProblem } from '../../lib/schema-problem.ts';

const EXPORT = 'write one: loadstar runs export --out FILE';
const EXPORTED = 'a file that `loadstar runs export` wrote';
/** Room for what a message quotes of a file that somebody else wrote. */
const QUOTED = 60;

/** The lines of the file, without their ends. */
export async function* portableLines(runs: AsyncIterable<PortableRun>): AsyncGenerator<string> {
  yield JSON.stringify({ format: PORTABLE.format, version: PORTABLE.version } satisfies PortableHeader);
  for await (const run of runs) yield JSON.stringify(run);
}

/** Writes a file whole or not at all. @returns how many lines */
export async function writeLines(file: string, lines: AsyncIterable<string>): Promise<number> {
  const draft = `${file}.part`;
  let count = 0;
  try {
    const handle = await open(draft, 'w');
    try {
      for await (const line of lines) {
        await handle.write(`${line}\n`);
        count += 1;
      }
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    return count;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * The runs of a file, each checked against contract/portable-runs.ts, one at a time.
 * @throws LoadstarError (usage) naming the line, what was expected and what was found
 */
export async function* readPortable(file: string): AsyncGenerator<PortableRun> {
  await requireFile(file);
  const seen = new Set<string>();
  let line_number = 0;
  for await (const line of boundedLines(file)) {
    line_number += 1;
    const value = parsed(line, line_number);
    if (line_number === 1) requireHeader(value);
    else {
      const run = runOf(value, line_number);
      const key = `${run.started} ${run.testid}`;
      if (seen.has(key)) throw lineError(line_number, 'each run once', `${quoted(run.testid)} a second time`);
      if (seen.size >= PORTABLE.most_runs) {
        throw lineError(line_number, `at most ${PORTABLE.most_runs} runs in a file`, 'more');
      }
      seen.add(key);
      yield run;
    }
  }
  if (line_number === 0) throw usageError(EXPORTED, `${file} is empty`, EXPORT);
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    throw usageError(`${EXPORTED}`, messageOf(error), 'give its path: loadstar runs import FILE');
  });
  if (!found.isFile()) throw usageError(EXPORTED, `${file} is no file`, EXPORT);
}

/** Lines without their ends; one that is longer than any of ours is refused before it fills the memory. */
async function* boundedLines(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  const take = () => {
    const line = Buffer.concat(parts, length);
    parts = [];
    length = 0;
    try {
      return decoder.decode(line);
    } catch {
      throw lineError(number, 'UTF-8', 'bytes that are none');
    }
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, end));
      length += end - from;
      yield take();
      number += 1;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > PORTABLE.most_line_bytes) {
      throw lineError(number, `at most ${PORTABLE.most_line_bytes} bytes in a line`, 'more');
    }
  }
  if (length > 0) yield take();
}

const NEWLINE = '\n'.charCodeAt(0);

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (number === 1) throw notOurs(`a first line that is no JSON: ${quoted(line)}`);
    throw lineError(number, 'a run as JSON', messageOf(error));
  }
}

function requireHeader(value: unknown): void {
  const { data } = portableHeader.safeParse(value);
  if (!data) throw notOurs(`a first line that says otherwise: ${quoted(JSON.stringify(value))}`);
  if (data.version >= 1 && data.version <= PORTABLE.version) return;
  const newer = data.version > PORTABLE.version;
  throw usageError(
    `version ${PORTABLE.version} of the format ${PORTABLE.format}`,
    `version ${data.version}`,
    newer
      ? `upgrade (\`${COMMAND} upgrade --check\` names the command), then import again`
      : 'export it again with the Loadstar that you have',
  );
}

function runOf(value: unknown, number: number): PortableRun {
  const { error } = portableRun.safeParse(value);
  if (error) {
    const { expected, found } = findProblem(error, value);
    throw lineError(number, expected, found);
  }
  // Not zod's copy: the order of the fields is part of the file.
  const run = value as PortableRun;
  if (run.record.text?.testid !== run.testid) {
    throw lineError(
      number,
      `a record of run ${quoted(run.testid)}`,
      `one of ${quoted(run.record.text?.testid ?? 'none')}`,
    );
  }
  for (const time of [run.started, ...run.details.flatMap(({ at }) => (at === undefined ? [] : [at]))]) {
    // A pattern lets 30 February pass.
    if (Number.isNaN(Date.parse(time)) || new Date(time).toISOString() !== time) {
      throw lineError(number, 'times that exist', quoted(time));
    }
  }
  return run;
}

function notOurs(found: string) {
  return usageError(EXPORTED, found, 'loadstar runs export --out FILE');
}

function lineError(number: number, expected: string, found: string) {
  return usageError(`${expected}, in line ${number}`, found, 'nothing was imported: mend or export the file again');
}

/** Control characters of a file that somebody else wrote must not reach a terminal. */
function quoted(text: string): string {
  const short = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return JSON.stringify(short);
}
