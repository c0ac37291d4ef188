/** Reads input of unknown size and depth within limits. */
import { open } from 'node:fs/promises';
import { decodeText } from './decode.ts';
import { messageOf, usageError } from './errors.ts';

const MIB = 2 ** 20;

/**
 * Reads a text file that somebody else wrote. A pipe or a device is refused, because it has no size.
 * @param expected what the file should be, for messages
 * @returns null if there is no such file
 * @throws LoadstarError (usage) if the file is too large or cannot be read
 */
export async function readBounded(file: string, most_bytes: number, expected: string): Promise<string | null> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw usageError(expected, messageOf(error), `make it readable: chmod u+r ${file}`);
  });
  if (!handle) return null;
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw usageError(expected, `${file}, which is no file`, 'name a regular file');
    if (found.size > most_bytes) {
      throw usageError(
        `${expected} of at most ${most_bytes / MIB} MiB`,
        `${file} has ${Math.ceil(found.size / MIB)} MiB`,
        'name a smaller file, or shorten this one',
      );
    }
    return decodeText(await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** Reads the beginning of a response body, at most this many bytes. */
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

/** More than ten times the depth of any real document. */
export const MOST_LEVELS = 500;

/**
 * Refuses a value that contains itself, as an alias of YAML can, or that is nested too deep for recursive code.
 * Node.js may end without a message when the stack overflows while it compiles a regular expression.
 * @throws LoadstarError (usage)
 */
export function requireShallow(value: unknown, expected: string): void {
  if (!isShallow(value, MOST_LEVELS)) throw tooDeep(expected);
}

export function isShallow(value: unknown, most_levels: number): boolean {
  // Each object once per level: an object that contains itself twice would double on each level.
  let level = new Set<object>(isObject(value) ? [value] : []);
  for (let levels = 0; level.size > 0; levels += 1) {
    if (levels > most_levels) return false;
    level = new Set([...level].flatMap((one) => Object.values(one).filter(isObject)));
  }
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function tooDeep(expected: string): Error {
  return usageError(
    `${expected} of at most ${MOST_LEVELS} levels`,
    'deeper nesting',
    'check what has written it: no real document is that deep',
  );
}
