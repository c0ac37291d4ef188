/** Reading what somebody else wrote, and not more of it than fits. */
import { open } from 'node:fs/promises';
import { usageError } from './errors.ts';

const MIB = 2 ** 20;

/**
 * The text of a file. Of a pipe or a device, which have no size, no more is read either.
 * @param expected what the file should be, for messages
 * @returns null where there is no such file
 * @throws LoadstarError (usage) for one that is larger, or no file
 */
export async function readBounded(file: string, most_bytes: number, expected: string): Promise<string | null> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!handle) return null;
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw usageError(expected, `${file}, which is no file`);
    if (found.size > most_bytes) {
      throw usageError(`${expected} of at most ${most_bytes / MIB} MiB`, `${Math.ceil(found.size / MIB)} MiB`);
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** The beginning of an answer, of at most so many bytes; the rest is not waited for. */
export async function readUpTo(body: AsyncIterable<Buffer | Uint8Array>, most_bytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(Buffer.from(part));
    length += part.length;
    // Leaving the loop closes the stream.
    if (length >= most_bytes) break;
  }
  return Buffer.concat(parts).subarray(0, most_bytes).toString('utf8');
}

/** No document of ours, and no API that people describe, is a tenth as deep. */
export const MOST_LEVELS = 500;

/**
 * Refuses what lies in itself, as an alias of YAML can, or is nested so deep that whoever walks through it by calling themselves runs out of stack: Node.js may then end
 * without a word, when it has to compile a regular expression just there.
 * @throws LoadstarError (usage)
 */
export function requireShallow(value: unknown, expected: string): void {
  // Each object once a level: what is in itself twice would be twice as much on each.
  let level = new Set<object>(isObject(value) ? [value] : []);
  for (let levels = 0; level.size > 0; levels += 1) {
    if (levels > MOST_LEVELS) throw tooDeep(expected);
    level = new Set([...level].flatMap((one) => Object.values(one).filter(isObject)));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The same for YAML before anybody parses it: brackets that are open at once, and how far a line is indented. */
export function requireShallowYaml(text: string, expected: string): void {
  let open = 0;
  let column = 0;
  let is_indent = true;
  for (const character of text) {
    if (character === '\n') {
      column = 0;
      is_indent = true;
    } else if (is_indent && INDENT.includes(character)) column += 1;
    else is_indent = false;
    if (character === '[' || character === '{') open += 1;
    else if (character === ']' || character === '}') open = Math.max(0, open - 1);
    if (open > MOST_LEVELS || column > MOST_LEVELS * 2) throw tooDeep(expected);
  }
}

/** `- - - x` is three lists, one in the other; a tag or an anchor may stand between. */
const INDENT = ' \t-?:';

function tooDeep(expected: string): Error {
  return usageError(`${expected} of at most ${MOST_LEVELS} levels`, 'something nested deeper');
}
